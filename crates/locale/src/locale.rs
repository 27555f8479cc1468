//! Locale: translates messages, and describes its language.

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
    catalogue::{Catalogue, MessageKey},
    names,
};

/// The number of messages without translation that are logged per locale. The limit bounds memory
/// and log size when a program translates user input.
const MAX_LOGGED: usize = 1024;

/// A language, optionally of a territory, and its translations; returned by
/// [`Translations::get`](crate::Translations::get). Cheap to clone.
///
/// A message without translation is returned unchanged, and logged once at debug level.
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
    data: Arc<LocaleData>,
    // Whether the locale of a request was used; `None` for other locales.
    used: Option<Arc<AtomicBool>>,
}

/// The part of a locale that all requests share.
struct LocaleData {
    code: String,
    /// The locale's own catalogue, then those of its parents.
    catalogues: Vec<Arc<Catalogue>>,
    logged: Mutex<HashSet<u64>>,
}

impl Locale {
    pub(crate) fn new(code: &str, catalogues: Vec<Arc<Catalogue>>) -> Self {
        Self {
            data: Arc::new(LocaleData {
                code: code.to_owned(),
                catalogues,
                logged: Mutex::default(),
            }),
            used: None,
        }
    }

    /// Returns this locale with a flag that is set on first use of the locale or a clone of it.
    pub(crate) fn with_usage_flag(self) -> (Self, Arc<AtomicBool>) {
        let used = Arc::new(AtomicBool::new(false));
        let locale = Self {
            used: Some(Arc::clone(&used)),
            ..self
        };
        (locale, used)
    }

    /// Returns the code in Tornado's form, which is also the name of a catalogue's directory: `fr`
    /// or `fr_CA`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.data().code
    }

    /// Returns the BCP 47 language tag for `<html lang="…">`: `fr-CA`. A codeset or modifier, as in
    /// `sr@latin`, is omitted.
    #[must_use]
    pub fn language_tag(&self) -> String {
        let code = self.code();
        let end = code.find(['.', '@']).unwrap_or(code.len());
        code[..end].replace('_', "-")
    }

    /// Returns the name of the language in that language, for a list of languages: `Français
    /// (Canada)`. Locales that Tornado's list does not contain return their [`code`](Self::code).
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

    /// Translates a message, like Tornado's `translate` and gettext's `_`.
    #[must_use]
    pub fn translate<'a>(&'a self, message: &'a str) -> &'a str {
        let key = MessageKey {
            context: None,
            message,
            plural: None,
        };
        self.find(key).unwrap_or(message)
    }

    /// Translates a message in the plural form for `count`, like gettext's `ngettext`. Without
    /// translation, returns `message` for 1 and `plural` for all other counts.
    #[must_use]
    pub fn translate_plural<'a>(
        &'a self,
        message: &'a str,
        plural: &'a str,
        count: u64,
    ) -> &'a str {
        let key = MessageKey {
            context: None,
            message,
            plural: Some((plural, count)),
        };
        let untranslated = if count == 1 { message } else { plural };
        self.find(key).unwrap_or(untranslated)
    }

    /// Translates a message whose meaning depends on a context: `pgettext("law", "right")`.
    ///
    /// Tornado's CSV has no contexts; with it, this is [`translate`](Self::translate).
    #[must_use]
    pub fn pgettext<'a>(&'a self, context: &str, message: &'a str) -> &'a str {
        let key = MessageKey {
            context: Some(context),
            message,
            plural: None,
        };
        self.find(key).unwrap_or(message)
    }

    /// Translates a message with a context in the plural form for `count`, like gettext's
    /// `npgettext`. Without translation in this context, falls back to
    /// [`translate_plural`](Self::translate_plural), as Tornado does.
    #[must_use]
    pub fn pgettext_plural<'a>(
        &'a self,
        context: &str,
        message: &'a str,
        plural: &'a str,
        count: u64,
    ) -> &'a str {
        let key = MessageKey {
            context: Some(context),
            message,
            plural: Some((plural, count)),
        };
        self.find(key)
            .unwrap_or_else(|| self.translate_plural(message, plural, count))
    }

    fn find(&self, key: MessageKey<'_>) -> Option<&str> {
        let data = self.data();
        let found = data
            .catalogues
            .iter()
            .find_map(|catalogue| catalogue.find(key));
        if found.is_none() {
            data.log_missing(key);
        }
        found
    }

    fn data(&self) -> &LocaleData {
        if let Some(used) = &self.used {
            used.store(true, Relaxed);
        }
        &self.data
    }
}

impl LocaleData {
    fn log_missing(&self, key: MessageKey<'_>) {
        // A locale without catalogues is the one in which the messages are written.
        if self.catalogues.is_empty() || !tracing::enabled!(Level::DEBUG) {
            return;
        }
        let hash = BuildHasherDefault::<DefaultHasher>::new().hash_one((key.context, key.message));
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() < MAX_LOGGED && logged.insert(hash) {
            drop(logged);
            let short = |text: &str| text.chars().take(100).collect::<String>();
            tracing::debug!(
                locale = self.code,
                text = ?short(key.message),
                context = ?key.context.map(short),
                "no translation"
            );
        }
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Locale").field(&self.data.code).finish()
    }
}
