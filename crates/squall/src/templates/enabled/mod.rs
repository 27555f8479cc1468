//! The template settings, and the functions of every template.

mod page;

pub use self::page::Page;

#[cfg(feature = "autoreload")]
use std::path::Path;
use std::{fmt::Display, path::PathBuf};

#[cfg(feature = "auth")]
use serde::Serialize;
#[cfg(feature = "auth")]
use squall_templates::minijinja::value::Serde;
use squall_templates::{
    Templates, Value, html,
    minijinja::{self, ErrorKind, value::Rest},
};

use crate::{Application, Result, Urls, routes::handler_types::HandlerTypes};

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings(Option<Templates>);

/// Renders templates, if the application has any.
pub(crate) struct Engine(Option<Templates>);

/// A user as a value for templates.
#[derive(Clone)]
pub(crate) struct UserValue(Value);

impl Settings {
    /// Returns the folder of the templates, if there is one.
    #[cfg(feature = "autoreload")]
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.0.as_ref().map(Templates::folder)
    }

    /// Checks that there are templates if a handler renders one.
    pub(crate) fn check_handler(&self, types: &HandlerTypes) -> Result<(), String> {
        let page = std::any::type_name::<Page>();
        if self.0.is_none() && types.arguments().any(|argument| argument == page) {
            let handler = types.handler;
            return Err(format!(
                "the handler {handler} extracts Page, but template_path(…) is not set"
            ));
        }
        Ok(())
    }

    /// Adds the functions. Compiles all templates, except in debug mode, where an error of a
    /// half-written template is shown on the debug page.
    pub(crate) fn build(self, urls: &Urls, debug: bool) -> Result<Engine> {
        let Some(templates) = self.0 else {
            return Ok(Engine(None));
        };
        let mut templates = with_urls(templates, urls);
        if debug {
            templates = templates.auto_reload(true);
        } else {
            templates.check()?;
        }
        Ok(Engine(Some(templates)))
    }
}

#[cfg(feature = "auth")]
impl UserValue {
    pub(crate) fn new(user: &impl Serialize) -> Self {
        Self(Value::from(Serde(user)))
    }
}

/// Adds the functions that every template has.
fn with_urls(mut templates: Templates, urls: &Urls) -> Templates {
    if let Some(static_url) = urls.static_url_function() {
        templates = templates.function("static_url", move |name: &str| url(static_url(name)));
    }
    let routes = urls.clone();
    templates.function("reverse_url", move |name: &str, params: Rest<Value>| {
        let params = params.iter().map(|param| param as &dyn Display);
        routes
            .reverse_url(name, params)
            .map(url)
            .map_err(|error| minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string()))
    })
}

/// Marks a URL without special characters as safe, because minijinja escapes slashes as well.
fn url(url: String) -> Value {
    if url.contains(['"', '\'', '<', '>', '&']) {
        url.into()
    } else {
        html(url)
    }
}

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
