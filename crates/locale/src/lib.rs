//! A site in several languages, as Tornado's `tornado.locale` makes it: catalogues of translations, and the locale of
//! each request.
//!
//! ```
//! use std::convert::Infallible;
//! use http::{Request, Response};
//! use squall_locale::{Locale, Translations};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // From files: `Translations::load_gettext("locale", "messages")?`.
//! let translations = Translations::new().csv("fr", b"Home,Accueil")?;
//!
//! let service = ServiceBuilder::new().layer(translations.layer()).service(service_fn(
//!     async |request: Request<()>| {
//!         let locale: &Locale = request.extensions().get().expect("the layer puts it there");
//!         Ok::<_, Infallible>(Response::new(locale.translate("Home").to_owned()))
//!     },
//! ));
//!
//! let request = Request::builder().header("accept-language", "fr-CH, fr;q=0.9").body(())?;
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.body(), "Accueil");
//! assert_eq!(response.headers()["content-language"], "fr");
//! assert_eq!(response.headers()["vary"], "accept-language");
//! # Ok(())
//! # }
//! ```
//!
//! # From a template to a translation
//!
//! Templates say `{{ _("Home") }}`. [Babel](https://babel.pocoo.org) finds these messages, and Weblate, Poedit or an editor
//! fills in their translations. It is a Python program: `pip install "jinja2[i18n]"` gets it, and what it needs
//! to read minijinja's templates, which are Jinja's. A file `babel.cfg` says where they are:
//!
//! ```ini
//! [jinja2: templates/**.html]
//! ```
//!
//! ```console
//! $ pybabel extract -F babel.cfg -o messages.pot .        # finds the messages
//! $ pybabel init -i messages.pot -d locale -l fr          # begins a language: locale/fr/LC_MESSAGES/messages.po
//! $ pybabel compile -d locale                             # makes messages.mo of messages.po
//! $ pybabel update -i messages.pot -d locale              # later: adds messages to all languages
//! ```
//!
//! `_`, `gettext`, `ngettext`, `pgettext` and `npgettext` are found. Babel does not read Rust: for messages in handlers there is
//! GNU xgettext, from version 0.24 on. [`Translations::load_gettext`] reads what is compiled, by any of these tools.
//!
//! # How it differs from Tornado
//!
//! - Translations are a value, not a global.
//! - A catalogue that cannot be used is an error, where Tornado logs it and goes on without. Catalogues are in UTF-8.
//! - Codes of more than two parts, such as `zh-Hant-TW`, are shortened until there is a locale for them. Tornado passes
//!   over them.
//! - A site whose default is `en_US` answers `en-GB, fr` in English. Tornado answers in French.
//! - What `fr_CA` does not translate, `fr` does, in CSV too.
//! - An empty translation is none.
//!
//! # What it does not do
//!
//! It formats no dates, numbers or lists, as Tornado's `format_date` does for English and little else: ICU is
//! the library for that. It puts no values into messages: templates say `{{ _("Hello %(name)s")|format(name=name) }}`. It
//! knows no files but those that are loaded at the start.
#![forbid(unsafe_code)]

mod accept_language;
mod catalogue;
mod csv;
mod error;
mod layer;
mod load;
mod locale;
mod mo;
mod names;
mod plural;
mod translations;

pub use crate::{
    accept_language::accept_language,
    error::{CatalogueError, LoadError, PluralProblem},
    layer::{LocaleLayer, LocaleService, ResponseFuture},
    locale::Locale,
    translations::Translations,
};
