//! The template settings.
//!
//! `engine.rs` adds the functions of every template, `page.rs` renders with the values of a request.

mod engine;
mod page;
mod setters;

pub(crate) use self::engine::{Engine, UserValue};
pub use self::page::Page;

use std::{any::type_name, path::Path};

use squall_templates::Templates;

use crate::{Result, Urls, routes::handler_types::HandlerTypes};

/// Settings as given.
#[derive(Default)]
pub(crate) struct Settings(Option<Templates>);

impl Settings {
    /// Returns the folder of the templates, if there is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.0.as_ref().map(Templates::folder)
    }

    /// Checks that there are templates if a handler renders one.
    pub(crate) fn check_handler(&self, types: &HandlerTypes) -> Result<(), String> {
        let page = type_name::<Page>();
        if self.0.is_none() && types.arguments().any(|argument| argument == page) {
            let handler = types.handler;
            return Err(format!(
                "the handler {handler} extracts Page, but template_path(…) is not set"
            ));
        }
        Ok(())
    }

    /// Compiles all templates, except in debug mode, where an error of a half-written template is
    /// shown on the debug page.
    pub(crate) fn build(self, urls: &Urls, debug: bool) -> Result<Engine> {
        Engine::new(self.0, urls, debug)
    }
}
