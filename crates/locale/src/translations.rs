//! Translations: all catalogues of an application, and the lookup of the closest locale.

use std::{
    collections::{BTreeMap, HashMap},
    fmt, iter,
    sync::Arc,
};

use crate::{catalogue::Catalogue, csv::Csv, error::CatalogueError, locale::Locale, mo::Mo};

/// Longer codes are not looked up: RFC 5646, section 4.4.1, recommends buffers of 35 bytes.
const MAX_CODE: usize = 35;

/// The translations of an application. Cheap to clone.
///
/// ```
/// use squall_locale::Translations;
///
/// let translations = Translations::new().csv("fr", b"Home,Accueil")?;
/// assert_eq!(translations.get(["pt", "fr-CA", "en"]).translate("Home"), "Accueil");
/// assert_eq!(translations.get(["pt"]).code(), "en_US");
/// # Ok::<(), squall_locale::CatalogueError>(())
/// ```
#[derive(Clone)]
#[must_use = "translations do nothing until `get` or `layer`"]
pub struct Translations {
    state: Arc<TranslationsState>,
}

#[derive(Clone)]
struct TranslationsState {
    catalogues: BTreeMap<String, Arc<Catalogue>>,
    default_locale: String,
    /// By key. Always contains the default locale, also under the keys of its parents that are not
    /// locales of their own.
    locales: HashMap<String, Locale>,
}

impl Translations {
    /// Creates translations without a catalogue: messages are returned unchanged.
    pub fn new() -> Self {
        Self::link(BTreeMap::new(), "en_US".to_owned())
    }

    /// Adds a compiled gettext catalogue, for example one in the binary
    /// (`include_bytes!("fr.mo")`). It replaces an earlier catalogue of this locale.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are not a complete `.mo` file in UTF-8 with valid plural
    /// forms.
    pub fn mo(self, code: &str, bytes: &[u8]) -> Result<Self, CatalogueError> {
        Ok(self.catalogue(code, Catalogue::Mo(Mo::parse(bytes)?)))
    }

    /// Adds translations in Tornado's CSV format. They replace an earlier catalogue of this locale.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are neither UTF-8 nor UTF-16 with a byte order mark.
    pub fn csv(self, code: &str, bytes: &[u8]) -> Result<Self, CatalogueError> {
        Ok(self.catalogue(code, Catalogue::Csv(Csv::parse(code, bytes)?)))
    }

    /// Sets the locale in which the messages are written, which is also the fallback for clients
    /// without a supported language. It needs no catalogue. Default: `en_US`, as in Tornado.
    pub fn default_locale(self, code: &str) -> Self {
        Self::link(Arc::unwrap_or_clone(self.state).catalogues, code.to_owned())
    }

    /// Returns all locales, including the default one, sorted by code.
    #[must_use]
    pub fn supported_locales(&self) -> Vec<Locale> {
        let mut locales: Vec<_> = self.state.locales.values().cloned().collect();
        locales.sort_by(|a, b| a.code().cmp(b.code()));
        locales.dedup_by(|a, b| a.code() == b.code());
        locales
    }

    /// Returns the locale for the first code that matches one, or the default locale, like
    /// Tornado's `get_closest`. Codes are looked up as in RFC 4647, section 3.4: `fr-CA` matches
    /// `fr_CA`, or else `fr`. Any variant of the default locale's language matches the default
    /// locale, so that `en-GB, fr;q=0.5` does not select French.
    ///
    /// Pass the codes in order of precedence. They may be untrusted input:
    ///
    /// ```
    /// use http::HeaderMap;
    /// use squall_locale::{Locale, Translations, accept_language};
    ///
    /// fn locale(all: &Translations, cookie: Option<&str>, headers: &HeaderMap) -> Locale {
    ///     all.get(cookie.into_iter().chain(accept_language(headers)))
    /// }
    /// # let locale = locale(&Translations::new(), Some("xx"), &HeaderMap::new());
    /// # assert_eq!(locale.code(), "en_US");
    /// ```
    pub fn get<C: AsRef<str>>(&self, codes: impl IntoIterator<Item = C>) -> Locale {
        let locales = &self.state.locales;
        codes
            .into_iter()
            .find_map(|code| {
                let code = code.as_ref();
                let key = (code.len() <= MAX_CODE).then(|| key(code))?;
                ancestry(&key).find_map(|key| locales.get(key))
            })
            .unwrap_or_else(|| &locales[&key(&self.state.default_locale)])
            .clone()
    }

    fn catalogue(self, code: &str, catalogue: Catalogue) -> Self {
        let mut state = Arc::unwrap_or_clone(self.state);
        state
            .catalogues
            .insert(code.to_owned(), Arc::new(catalogue));
        Self::link(state.catalogues, state.default_locale)
    }

    /// Builds the locales: each with its own catalogue and those of its parents.
    fn link(catalogues: BTreeMap<String, Arc<Catalogue>>, default_locale: String) -> Self {
        let by_key: HashMap<String, &Arc<Catalogue>> = catalogues
            .iter()
            .map(|(code, catalogue)| (key(code), catalogue))
            .collect();
        let mut locales: HashMap<String, Locale> = iter::once(&default_locale)
            .chain(catalogues.keys())
            .map(|code| {
                let key = key(code);
                let mut chain = Vec::new();
                if by_key.contains_key(&key) {
                    chain
                        .extend(ancestry(&key).filter_map(|key| by_key.get(key).copied().cloned()));
                }
                (key, Locale::new(code, chain))
            })
            .collect();
        let default_key = key(&default_locale);
        let default = locales[&default_key].clone();
        for key in ancestry(&default_key) {
            locales
                .entry(key.to_owned())
                .or_insert_with(|| default.clone());
        }
        Self {
            state: Arc::new(TranslationsState {
                catalogues,
                default_locale,
                locales,
            }),
        }
    }
}

impl Default for Translations {
    /// See [`new`](Translations::new).
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Translations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Translations")
            .field("default_locale", &self.state.default_locale)
            .field("catalogues", &self.state.catalogues.keys())
            .finish()
    }
}

/// Normalizes a code: `fr-CA` and `FR_ca` are equal.
fn key(code: &str) -> String {
    let mut key = code.replace('-', "_");
    key.make_ascii_lowercase();
    key
}

/// Iterates over the key and its parents, removing one subtag at a time.
fn ancestry(key: &str) -> impl Iterator<Item = &str> {
    iter::successors(Some(key), |key| Some(key.rsplit_once('_')?.0))
}
