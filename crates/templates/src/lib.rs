//! Templates for a web site, by [minijinja]: a folder of files in Jinja's language, with what Tornado puts into
//! templates.
//!
//! ```
//! use squall_templates::{Templates, Value, html, minijinja::context};
//!
//! # let folder = testkit::temp_dir();
//! # std::fs::write(folder.path().join("home.html"), r#"<title>{{ _("Home") }}</title>
//! # <img src="{{ static_url("logo.png") }}">
//! # <p>{{ greeting }}, {{ current_user }}</p>{{ xsrf_form_html() }}"#)?;
//! # let path = folder.path();
//! // In the folder `path`, the file `home.html`:
//! //     <title>{{ _("Home") }}</title>
//! //     <img src="{{ static_url("logo.png") }}">
//! //     <p>{{ greeting }}, {{ current_user }}</p>{{ xsrf_form_html() }}
//! let templates = Templates::new(path)
//!     .function("static_url", |name: &str| html(format!("/static/{name}?v=aae54")));
//! // Before the program begins to serve, so that a mistake shows then:
//! templates.check()?;
//!
//! // What belongs to one request is looked up when a template names it.
//! let request = |name: &str| match name {
//!     "_" => Some(Value::from_function(|message: &str| message.replace("Home", "Accueil"))),
//!     "current_user" => Some(Value::from("<Ada>")),
//!     "xsrf_form_html" => Some(Value::from_function(|| html("<input type=hidden>"))),
//!     _ => None,
//! };
//! let page = templates.render_for("home.html", request, context! { greeting => "Bonjour" })?;
//! assert_eq!(page, r#"<title>Accueil</title>
//! <img src="/static/logo.png?v=aae54">
//! <p>Bonjour, &lt;Ada&gt;</p><input type=hidden>"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is safe without being asked for
//!
//! - **Values are escaped.** In every file but `.txt`, values become HTML text that is safe between tags and in quoted
//!   attributes; in `.json`, `.js` and `.yaml` they become JSON. What is HTML already is marked by [`html`], or by the
//!   filter `safe`. Inside of `<script>` write `{{ value|tojson }}`; a URL that a user chose may still be `javascript:…`.
//! - **Names stay in the folder.** `..`, absolute names, names with a leading dot and links that lead out of it
//!   find nothing. All the same, a template's name is the program's choice: never make it of what a user sends.
//! - **A name that is not there is an error,** as in Tornado, and does not become an empty text.
//!   `{% if user is defined %}` and the filter `default` are for those that may be absent.
//! - **Rendering ends.** Templates that include each other in circles and loops that go on are stopped.
//!
//! # Cached, or reloaded
//!
//! Each file is read and compiled once. With [`auto_reload`](Templates::auto_reload), which is for debugging, a file that has
//! changed is read again when it is next rendered.
//!
//! # What it does not do
//!
//! It knows no static files, routes, cookies or languages: their functions are given to it, and [`translation`]
//! only says what gettext calls them. It does not run Tornado's templates: `{% end %}`, `{% module %}` and Python
//! expressions are not Jinja's. Names in `extends` and `include` begin at the folder, not beside the file.
#![forbid(unsafe_code)]

mod error;
mod loader;
mod request_values;
mod templates;
mod translate;

pub use minijinja::{self, Value};

pub use crate::{
    error::{ConfigError, TemplateError},
    templates::Templates,
    translate::{Translate, translation},
};

/// A text that is HTML already, so that templates do not escape it.
///
/// Whatever in it came from a user must have been escaped before.
#[must_use]
pub fn html(text: impl Into<String>) -> Value {
    Value::from_safe_string(text.into())
}
