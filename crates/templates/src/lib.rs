//! Minijinja templates for web sites: a folder of files in Jinja's syntax, with the functions of
//! Tornado's templates.
//!
//! ```
//! use squall_templates::{Templates, Value, context, html};
//!
//! # let folder = tempfile::tempdir()?;
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
//! // Before the server starts, so that template errors stop it:
//! templates.check()?;
//!
//! // Values of a request are computed when a template uses their name.
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
//! # Safe defaults
//!
//! - **Values are escaped.** In all files but `.txt`, values become HTML text that is safe between
//!   tags and in quoted attributes; in `.json`, `.js` and `.yaml` they become JSON. Mark a value
//!   that is already HTML with [`html`] or the filter `safe`. Inside `<script>`, use `{{
//!   value|tojson }}`. A URL from a user can still be `javascript:…`.
//! - **Links are links to the web.** `{{ linkify(text) }}` escapes a text, and makes links of its
//!   `http://` and `https://` URLs only.
//! - **Names cannot leave the folder.** `..`, absolute names, names with a leading dot and symbolic
//!   links out of the folder are not found. Even so, never build a template's name from user input.
//! - **An undefined name is an error,** as in Tornado, not an empty string. Use `{% if user is
//!   defined %}` or the filter `default` for optional names.
//! - **Rendering terminates.** Recursive includes and endless loops are stopped.
//!
//! # Caching and reloading
//!
//! Each file is read and compiled once. With [`auto_reload`](Templates::auto_reload), for debug
//! mode, a file that has changed is read again at the next render.
//!
//! # Limits
//!
//! This crate provides no static files, routes, cookies or languages: pass their functions to it.
//! [`translation`] only provides the names of gettext's functions. It does not render Tornado's
//! templates: `{% end %}`, `{% module %}` and Python expressions are not part of Jinja. Names in
//! `extends` and `include` are relative to the folder, not to the file.
#![forbid(unsafe_code)]

mod context;
mod error;
mod linkify;
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

/// Used by [`context!`].
#[doc(hidden)]
pub mod __context {
    pub use crate::context::{ContextValue, map, merge, value};
}

/// Marks a text as HTML, so that templates do not escape it.
///
/// Escape all user input in it beforehand.
#[must_use]
pub fn html(text: impl Into<String>) -> Value {
    Value::from_safe_string(text.into())
}
