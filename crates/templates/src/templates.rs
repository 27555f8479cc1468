//! `Templates`: a folder of templates, its configuration, and rendering.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use minijinja::{
    AutoEscape, Environment, UndefinedBehavior, Value, default_auto_escape_callback,
    functions::Function,
    value::{FunctionArgs, FunctionResult, Serde, ValueKind, merge_maps},
};
use serde::Serialize;

use crate::{ConfigError, TemplateError, linkify::linkify, loader, request_values::RequestValues};

/// The number of errors that `check` returns.
const MAX_ERRORS: usize = 10;

/// The templates of a folder. Cheap to clone; clones share the compiled templates.
#[derive(Clone)]
#[must_use = "templates do nothing until `render`"]
pub struct Templates {
    folder: PathBuf,
    environment: Arc<Environment<'static>>,
}

impl Templates {
    /// Creates the templates of this folder, Tornado's `template_path`. Files are read on first
    /// use.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let mut environment = Environment::new();
        let path = folder.clone();
        environment.set_loader(move |name| loader::load(&path, name));
        environment.set_auto_escape_callback(auto_escape);
        environment.set_auto_reload(false);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(1_000_000));
        // Adds the source to errors. It has no cost without an error.
        environment.set_debug(true);
        environment.add_function("linkify", linkify);
        Self {
            folder,
            environment: Arc::new(environment),
        }
    }

    /// Adds a function that all templates can call, such as `static_url` or `reverse_url`. Its
    /// arguments and its result are of any type that minijinja converts; a text is escaped unless
    /// it is [`html`](crate::html). Default: minijinja's built-in functions.
    ///
    /// ```
    /// use squall_templates::{Templates, minijinja::{Error, ErrorKind, value::Rest}};
    ///
    /// let templates = Templates::new("templates").function(
    ///     "reverse_url",
    ///     |name: &str, parts: Rest<String>| match name {
    ///         "user" => Ok(format!("/users/{}", parts.join("/"))),
    ///         _ => {
    ///             let message = format!("no route is named {name:?}");
    ///             Err(Error::new(ErrorKind::InvalidOperation, message))
    ///         }
    ///     },
    /// );
    /// ```
    pub fn function<F, R, A>(self, name: &'static str, function: F) -> Self
    where
        F: Function<R, A>,
        R: FunctionResult,
        A: for<'a> FunctionArgs<'a>,
    {
        self.environment(|environment| environment.add_function(name, function))
    }

    /// Whether changed files are read again, and deleted files are no longer found; every render
    /// then checks its files. For debug mode; the inverse of Tornado's `compiled_template_cache`.
    /// Default: `false`.
    pub fn auto_reload(self, enabled: bool) -> Self {
        self.environment(|environment| environment.set_auto_reload(enabled))
    }

    /// Sets the limit of a render, in steps; `None` is no limit. A step is roughly one value, call
    /// or piece of text, and at most about 64 bytes of output. Default: 1,000,000, which is about
    /// 0.1 seconds or 64 MB.
    pub fn fuel(self, fuel: Option<u64>) -> Self {
        self.environment(|environment| environment.set_fuel(fuel))
    }

    /// Configures minijinja's environment, such as filters or whitespace handling. This can
    /// override the settings of this crate. Default: minijinja's settings, except for the safe
    /// defaults of the crate's documentation.
    ///
    /// ```
    /// use squall_templates::Templates;
    ///
    /// let templates = Templates::new("templates").environment(|environment| {
    ///     environment.add_filter("shout", |text: &str| text.to_uppercase());
    /// });
    /// ```
    pub fn environment(mut self, change: impl FnOnce(&mut Environment<'static>)) -> Self {
        change(Arc::make_mut(&mut self.environment));
        self
    }

    /// Reads and compiles all files of the folder, so that renders find them cached. Skips hidden
    /// files, backups of editors (`a.html~`, `.bak`, `.orig`, `.rej`, `.swp`, `.tmp`, `#a.html#`)
    /// and binary files.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be read, or a file is not a valid template in UTF-8.
    pub fn check(&self) -> Result<(), ConfigError> {
        let names = loader::names(&self.folder)
            .map_err(|(path, source)| ConfigError::Folder { path, source })?;
        let compile = |name: &String| {
            let result = self.environment.get_template(name);
            result
                .err()
                .map(|error| TemplateError::new(name, &self.folder, error))
        };
        let errors: Vec<_> = names.iter().filter_map(compile).take(MAX_ERRORS).collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(ConfigError::Templates { errors })
        }
    }

    /// Renders a template with the values of a map, a serializable struct, or `()`.
    ///
    /// Never build `name` from user input.
    ///
    /// # Errors
    ///
    /// Returns an error if the template, or one that it uses, is missing or invalid.
    pub fn render(&self, name: &str, context: impl Serialize) -> Result<String, TemplateError> {
        self.render_value(name, Value::from(Serde(context)))
    }

    /// Renders a template with values of one request, such as `current_user`, `xsrf_form_html` or
    /// `_`. The function `request` is called when a template uses a name, once per name and render;
    /// it returns `None` for unknown names. `context` takes precedence over `request`, and
    /// `request` over the [`function`](Self::function)s.
    ///
    /// # Errors
    ///
    /// See [`render`](Self::render).
    pub fn render_for(
        &self,
        name: &str,
        request: impl Fn(&str) -> Option<Value> + Send + Sync + 'static,
        context: impl Serialize,
    ) -> Result<String, TemplateError> {
        let request = Value::from_object(RequestValues::new(request));
        let context = Value::from(Serde(context));
        let context = match context.kind() {
            // Serialization failed. Inside a merged map, minijinja would not report this.
            ValueKind::Invalid => context,
            // `()` has no names, and each look-up would search it first.
            ValueKind::None => request,
            _ => merge_maps([request, context]),
        };
        self.render_value(name, context)
    }

    fn render_value(&self, name: &str, context: Value) -> Result<String, TemplateError> {
        let template = self.environment.get_template(name);
        template
            .and_then(|template| template.render(context))
            .map_err(|error| TemplateError::new(name, &self.folder, error))
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// minijinja escapes only files with the extension of HTML or JSON. Escaping is the safe default
/// for all others except plain text, such as mails.
fn auto_escape(name: &str) -> AutoEscape {
    let stem = [".j2", ".jinja", ".jinja2"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending));
    match default_auto_escape_callback(name) {
        AutoEscape::None if !stem.unwrap_or(name).ends_with(".txt") => AutoEscape::Html,
        escape => escape,
    }
}
