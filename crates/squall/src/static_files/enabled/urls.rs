//! `FileUrls`: URLs of the application's static files.

use squall_static::StaticUrls;

/// The URLs of the application's static files, if it has any.
#[derive(Clone, Default)]
pub(crate) struct FileUrls(pub(super) Option<StaticUrls>);

impl FileUrls {
    /// Returns the URL of a file, with the version of its content.
    pub(super) fn url(&self, name: &str) -> String {
        match &self.0 {
            Some(files) => files.url(name),
            None => {
                tracing::warn!(name, "static_url without a static_path");
                format!("/static/{name}")
            }
        }
    }

    /// Returns the templates' function `static_url`.
    #[cfg(feature = "templates")]
    pub(crate) fn template_function(&self) -> Option<impl Fn(&str) -> String + use<>> {
        let files = self.clone();
        Some(move |name: &str| files.url(name))
    }
}
