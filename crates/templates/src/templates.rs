//! A folder of templates, and how they are rendered.

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

use crate::{ConfigError, TemplateError, loader, request_values::RequestValues};

/// So many errors are told at once.
const MAX_ERRORS: usize = 10;

/// The templates in a folder. Clones are cheap and share what is compiled.
#[derive(Clone)]
#[must_use = "templates do nothing until `render`"]
pub struct Templates {
    folder: PathBuf,
    environment: Arc<Environment<'static>>,
}

impl Templates {
    /// The templates in this folder, Tornado's `template_path`. Nothing is read yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let mut environment = Environment::new();
        let path = folder.clone();
        environment.set_loader(move |name| loader::load(&path, name));
        environment.set_auto_escape_callback(auto_escape);
        environment.set_auto_reload(false);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(1_000_000));
        // The source goes with errors. It costs nothing until there is one.
        environment.set_debug(true);
        Self {
            folder,
            environment: Arc::new(environment),
        }
    }

    /// A function that all templates can call, such as `static_url` or `reverse_url`. Its arguments and result are of
    /// any type that minijinja converts; a text is escaped unless it is [`html`](crate::html).
    ///
    /// ```
    /// use squall_templates::{Templates, minijinja::{Error, ErrorKind, value::Rest}};
    ///
    /// let templates = Templates::new("templates").function(
    ///     "reverse_url",
    ///     |name: &str, parts: Rest<String>| match name {
    ///         "user" => Ok(format!("/users/{}", parts.join("/"))),
    ///         _ => Err(Error::new(ErrorKind::InvalidOperation, format!("no route is named {name:?}"))),
    ///     },
    /// );
    /// ```
    ///
    /// Defaults to the functions of minijinja.
    pub fn function<F, R, A>(self, name: &'static str, function: F) -> Self
    where
        F: Function<R, A>,
        R: FunctionResult,
        A: for<'a> FunctionArgs<'a>,
    {
        self.environment(|environment| environment.add_function(name, function))
    }

    /// Whether files that have changed are read again, and those that are gone are not found any more. For debugging:
    /// every render then looks at its files. Tornado's `compiled_template_cache`, turned round.
    ///
    /// Defaults to off.
    pub fn auto_reload(self, auto_reload: bool) -> Self {
        self.environment(|environment| environment.set_auto_reload(auto_reload))
    }

    /// How many steps a render may take, and about how many times 64 bytes it may make, before it is stopped; `None`
    /// is no limit. A step is roughly one value, call or piece of text.
    ///
    /// Defaults to 1,000,000, which stop after a tenth of a second or with 64 MB.
    pub fn fuel(self, fuel: Option<u64>) -> Self {
        self.environment(|environment| environment.set_fuel(fuel))
    }

    /// Changes anything else of the engine, such as its filters or its treatment of white space. What this crate has
    /// set, it can unset.
    ///
    /// ```
    /// use squall_templates::Templates;
    ///
    /// let templates = Templates::new("templates")
    ///     .environment(|environment| environment.add_filter("shout", |text: &str| text.to_uppercase()));
    /// ```
    ///
    /// Defaults to minijinja's settings, but for those that the start of this documentation names.
    pub fn environment(mut self, change: impl FnOnce(&mut Environment<'static>)) -> Self {
        change(Arc::make_mut(&mut self.environment));
        self
    }

    /// Reads and compiles every file of the folder, so that rendering finds them ready. Names with a leading dot are
    /// left out.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read, or a file in it is not a template in UTF-8.
    pub fn check(&self) -> Result<(), ConfigError> {
        let names = loader::names(&self.folder)
            .map_err(|(path, source)| ConfigError::Folder { path, source })?;
        let compile = |name: &String| {
            let result = self.environment.get_template(name);
            result.err().map(|error| TemplateError::new(name, error))
        };
        let errors: Vec<_> = names.iter().filter_map(compile).take(MAX_ERRORS).collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(ConfigError::Templates { errors })
        }
    }

    /// Renders the template of this name with these values: a map, a struct that can be serialized, or `()`.
    ///
    /// Never make the name of what a user sends.
    ///
    /// # Errors
    ///
    /// When there is no such template, or it or one that it needs is wrong.
    pub fn render(&self, name: &str, context: impl Serialize) -> Result<String, TemplateError> {
        self.render_value(name, Value::from(Serde(context)))
    }

    /// [`render`](Self::render)s with values that belong to one request, such as `current_user`, `xsrf_form_html` or
    /// `_`. The function is asked for a name when a template says it, once for each render; for names that it
    /// does not know it answers `None`. The context goes before it, and it goes before the
    /// [`function`](Self::function)s of all requests.
    ///
    /// # Errors
    ///
    /// As for [`render`](Self::render).
    pub fn render_for(
        &self,
        name: &str,
        request: impl Fn(&str) -> Option<Value> + Send + Sync + 'static,
        context: impl Serialize,
    ) -> Result<String, TemplateError> {
        let request = Value::from_object(RequestValues::new(request));
        let context = Value::from(Serde(context));
        let context = match context.kind() {
            // It could not be serialized, which the engine would not see inside of another value.
            ValueKind::Invalid => context,
            _ => merge_maps([request, context]),
        };
        self.render_value(name, context)
    }

    fn render_value(&self, name: &str, context: Value) -> Result<String, TemplateError> {
        let template = self.environment.get_template(name);
        template
            .and_then(|template| template.render(context))
            .map_err(|error| TemplateError::new(name, error))
    }

    /// The folder.
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

/// minijinja escapes in files whose names it knows to be HTML or JSON. A page in another file would be open to
/// whatever its values bring, so that only plain text is left alone, as in mails.
fn auto_escape(name: &str) -> AutoEscape {
    let stem = [".j2", ".jinja", ".jinja2"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending));
    match default_auto_escape_callback(name) {
        AutoEscape::None if !stem.unwrap_or(name).ends_with(".txt") => AutoEscape::Html,
        escape => escape,
    }
}
