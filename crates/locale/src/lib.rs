//! Translations and locales, compatible with `tornado.locale`: message catalogues, and the locale
//! of each request.
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
//! Templates mark messages with `{{ _("Home") }}`. [Babel](https://babel.pocoo.org) extracts them,
//! and translators fill in the translations with Weblate, Poedit or an editor. Babel is a Python
//! program: `pip install "jinja2[i18n]"` installs it with the extractor for minijinja's templates,
//! whose syntax is that of Jinja. A file `babel.cfg` lists the templates:
//!
//! ```ini
//! [jinja2: templates/**.html]
//! ```
//!
//! ```console
//! $ pybabel extract -F babel.cfg -o messages.pot .  # extracts the messages
//! $ pybabel init -i messages.pot -d locale -l fr    # creates locale/fr/LC_MESSAGES/messages.po
//! $ pybabel compile -d locale                       # compiles messages.po to messages.mo
//! $ pybabel update -i messages.pot -d locale        # later: adds new messages to all languages
//! ```
//!
//! Babel extracts `_`, `gettext`, `ngettext`, `pgettext` and `npgettext`. It does not read Rust:
//! for messages in handlers, use GNU xgettext 0.24 or later. [`Translations::load_gettext`] reads
//! the compiled catalogues of all these tools.
//!
//! # Differences from Tornado
//!
//! - Translations are a value, not a global.
//! - An invalid catalogue is an error; Tornado logs it and continues. Catalogues must be UTF-8.
//! - Codes of more than two parts, such as `zh-Hant-TW`, are shortened until a locale matches.
//!   Tornado ignores them.
//! - A site whose default is `en_US` responds to `en-GB, fr` in English. Tornado responds in
//!   French.
//! - A message without translation in `fr_CA` falls back to `fr`, in CSV too.
//! - An empty translation counts as missing.
//!
//! # Limits
//!
//! This crate does not format dates, numbers or lists; use ICU for this. Tornado's `format_date`
//! covers English and little else. It does not substitute values in messages: use `{{ _("Hello
//! %(name)s")|format(name=name) }}` in templates. Catalogues are read once; changed files need a
//! restart.
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
