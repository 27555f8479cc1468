//! `Application::template_path` and `templates`.

use std::path::PathBuf;

use squall_templates::Templates;

use crate::Application;

impl<S: Clone + Send + Sync + 'static> Application<S> {
    /// Sets the folder of the templates that [`Page`](crate::Page) renders (Tornado's
    /// `template_path`). They are compiled when the application is built, and in [debug
    /// mode](Self::debug) again after a change.
    ///
    /// Default: no templates.
    pub fn template_path(self, path: impl Into<PathBuf>) -> Self {
        self.templates(Templates::new(path))
    }

    /// As [`template_path`](Self::template_path), with functions, filters and settings.
    ///
    /// Default: no templates.
    pub fn templates(mut self, templates: Templates) -> Self {
        self.settings.templates.0 = Some(templates);
        self
    }
}
