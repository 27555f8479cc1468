//! A locale: finds the translation of a message, and says what else a page needs to know of its language.

use std::{
    collections::HashSet,
    fmt,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tracing::Level;

use crate::{
    catalogue::{Catalogue, Wanted},
    names,
};

/// So many messages without translation are logged for each locale. Where a program translates what its users
/// write, these can fill neither the memory nor the disk.
const MAX_LOGGED: usize = 1024;

/// A language, perhaps of a territory, and its translations; made by
/// [`Translations::get`](crate::Translations::get). Clones are cheap.
///
/// A message without translation is itself. That is logged at debug level, once for each message.
///
/// ```
/// use squall_locale::Translations;
///
/// let translations = Translations::new().csv(
///     "es",
///     b"Sign out,Cerrar sesi\xc3\xb3n\n\
///       %(count)d book,%(count)d libro,singular\n\
///       %(count)d books,%(count)d libros,plural\n",
/// )?;
/// let locale = translations.get(["es-MX"]);
/// assert_eq!(locale.translate("Sign out"), "Cerrar sesión");
/// assert_eq!(locale.translate_plural("%(count)d book", "%(count)d books", 2), "%(count)d libros");
/// assert_eq!(locale.translate("Sign in"), "Sign in");
/// # Ok::<(), squall_locale::CatalogueError>(())
/// ```
#[derive(Clone)]
pub struct Locale {
    known: Arc<Known>,
    // Of the locale of a request: whether anybody has asked it.
    asked: Option<Arc<AtomicBool>>,
}

/// What the locales of all requests share.
struct Known {
    code: String,
    /// Its own, then those of the languages that it is a variant of.
    catalogues: Vec<Arc<Catalogue>>,
    logged: Mutex<HashSet<u64>>,
}

impl Locale {
    pub(crate) fn new(code: &str, catalogues: Vec<Arc<Catalogue>>) -> Self {
        Self {
            known: Arc::new(Known {
                code: code.to_owned(),
                catalogues,
                logged: Mutex::default(),
            }),
            asked: None,
        }
    }

    /// This locale, and a flag that is set as soon as anybody asks it, or a clone of it, for anything.
    pub(crate) fn watched(self) -> (Self, Arc<AtomicBool>) {
        let asked = Arc::new(AtomicBool::new(false));
        let locale = Self {
            asked: Some(Arc::clone(&asked)),
            ..self
        };
        (locale, asked)
    }

    /// The code as Tornado writes it, and the directory of a catalogue: `fr` or `fr_CA`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.known().code
    }

    /// The language tag of BCP 47 for `<html lang="…">`: `fr-CA`. A codeset or modifier, as in `sr@latin`, is left out.
    #[must_use]
    pub fn language_tag(&self) -> String {
        let code = self.code();
        let end = code.find(['.', '@']).unwrap_or(code.len());
        code[..end].replace('_', "-")
    }

    /// What the language is called by those who speak it, for a list to choose from: `Français (Canada)`. Tornado's
    /// names are known; another locale is called by its [`code`](Self::code).
    #[must_use]
    pub fn name(&self) -> &str {
        names::name(self.code()).unwrap_or(self.code())
    }

    /// Whether the language is written from right to left, for `<html dir="rtl">`.
    #[must_use]
    pub fn is_rtl(&self) -> bool {
        let language = self.code().split(['_', '-', '@', '.']).next();
        let languages = ["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];
        language.is_some_and(|language| languages.contains(&language))
    }

    /// The translation of a message: Tornado's `translate`, gettext's `_`.
    #[must_use]
    pub fn translate<'a>(&'a self, message: &'a str) -> &'a str {
        let wanted = Wanted {
            context: None,
            message,
            plural: None,
        };
        self.find(wanted).unwrap_or(message)
    }

    /// The translation of a message in the form that this count takes: gettext's `ngettext`. Without translation it
    /// is the message for 1, and `plural` for every other count.
    #[must_use]
    pub fn translate_plural<'a>(
        &'a self,
        message: &'a str,
        plural: &'a str,
        count: u64,
    ) -> &'a str {
        let wanted = Wanted {
            context: None,
            message,
            plural: Some((plural, count)),
        };
        let untranslated = if count == 1 { message } else { plural };
        self.find(wanted).unwrap_or(untranslated)
    }

    /// The translation of a message that means different things in different places: `pgettext("law", "right")`.
    ///
    /// Tornado's CSV has no contexts: there it is [`translate`](Self::translate).
    #[must_use]
    pub fn pgettext<'a>(&'a self, context: &str, message: &'a str) -> &'a str {
        let wanted = Wanted {
            context: Some(context),
            message,
            plural: None,
        };
        self.find(wanted).unwrap_or(message)
    }

    /// [`pgettext`](Self::pgettext) in the form that this count takes: gettext's `npgettext`. Without translation in
    /// this context it is [`translate_plural`](Self::translate_plural), as in Tornado.
    #[must_use]
    pub fn pgettext_plural<'a>(
        &'a self,
        context: &str,
        message: &'a str,
        plural: &'a str,
        count: u64,
    ) -> &'a str {
        let wanted = Wanted {
            context: Some(context),
            message,
            plural: Some((plural, count)),
        };
        self.find(wanted)
            .unwrap_or_else(|| self.translate_plural(message, plural, count))
    }

    fn find(&self, wanted: Wanted<'_>) -> Option<&str> {
        let known = self.known();
        let found = known
            .catalogues
            .iter()
            .find_map(|catalogue| catalogue.find(wanted));
        if found.is_none() {
            known.log(wanted);
        }
        found
    }

    fn known(&self) -> &Known {
        if let Some(asked) = &self.asked {
            asked.store(true, Relaxed);
        }
        &self.known
    }
}

impl Known {
    fn log(&self, wanted: Wanted<'_>) {
        // A locale without catalogues is that of the messages themselves.
        if self.catalogues.is_empty() || !tracing::enabled!(Level::DEBUG) {
            return;
        }
        let hash =
            BuildHasherDefault::<DefaultHasher>::new().hash_one((wanted.context, wanted.message));
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() < MAX_LOGGED && logged.insert(hash) {
            drop(logged);
            let short = |text: &str| text.chars().take(100).collect::<String>();
            tracing::debug!(
                locale = self.code,
                text = ?short(wanted.message),
                context = ?wanted.context.map(short),
                "no translation"
            );
        }
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Locale").field(&self.known.code).finish()
    }
}
