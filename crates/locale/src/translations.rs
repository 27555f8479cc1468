//! All translations of an application, and which of its locales is closest to what somebody asks for.

use std::{
    collections::{BTreeMap, HashMap},
    fmt, iter,
    sync::Arc,
};

use crate::{CatalogueError, Locale, LocaleLayer, catalogue::Catalogue, csv::Csv, mo::Mo};

/// Longer codes are not looked for: RFC 5646, section 4.4.1, asks for room for 35 bytes.
const MAX_CODE: usize = 35;

/// The translations of an application. Clones are cheap and share them.
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
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    catalogues: BTreeMap<String, Arc<Catalogue>>,
    default_locale: String,
    /// By key; the default locale is always among them, and by its language alone too, unless that is another locale.
    locales: HashMap<String, Locale>,
}

impl Translations {
    /// No translations: every message is itself.
    pub fn new() -> Self {
        Self::link(BTreeMap::new(), "en_US".to_owned())
    }

    /// Adds a catalogue in gettext's compiled form, perhaps one that is part of the program
    /// (`include_bytes!("fr.mo")`). It takes the place of an earlier one of this locale.
    ///
    /// # Errors
    ///
    /// When the bytes are not a whole `.mo` file in UTF-8 with a rule for plurals that can be computed.
    pub fn mo(self, code: &str, bytes: &[u8]) -> Result<Self, CatalogueError> {
        Ok(self.catalogue(code, Catalogue::Mo(Mo::parse(bytes)?)))
    }

    /// Adds translations in Tornado's CSV format. They take the place of earlier ones of this locale.
    ///
    /// # Errors
    ///
    /// When the bytes are not in UTF-8 or, after a byte order mark, in UTF-16.
    pub fn csv(self, code: &str, bytes: &[u8]) -> Result<Self, CatalogueError> {
        Ok(self.catalogue(code, Catalogue::Csv(Csv::parse(code, bytes)?)))
    }

    /// The locale of the messages themselves, and of whoever asks for none that there is. It needs no translations.
    ///
    /// Defaults to `en_US`, as in Tornado.
    pub fn default_locale(self, code: &str) -> Self {
        Self::link(
            Arc::unwrap_or_clone(self.shared).catalogues,
            code.to_owned(),
        )
    }

    /// The locales that there are, the default one included, sorted by code.
    #[must_use]
    pub fn supported_locales(&self) -> Vec<Locale> {
        let mut locales: Vec<_> = self.shared.locales.values().cloned().collect();
        locales.sort_by(|a, b| a.code().cmp(b.code()));
        locales.dedup_by(|a, b| a.code() == b.code());
        locales
    }

    /// The closest locale to the first of these codes that there is one for, or the default locale: Tornado's
    /// `get_closest`. Each code is looked up as RFC 4647, section 3.4, says: `fr-CA` finds `fr_CA`, or else `fr`. The
    /// default locale is found by any variant of its language, so that `en-GB, fr;q=0.5` is not answered in French.
    ///
    /// The order of the codes is the order of whom you believe. Codes may come from anybody:
    ///
    /// ```
    /// use http::HeaderMap;
    /// use squall_locale::{Locale, Translations, accept_language};
    ///
    /// fn locale(all: &Translations, user: Option<&str>, cookie: Option<&str>, headers: &HeaderMap) -> Locale {
    ///     all.get(user.into_iter().chain(cookie).chain(accept_language(headers)))
    /// }
    /// # assert_eq!(locale(&Translations::new(), None, Some("xx"), &HeaderMap::new()).code(), "en_US");
    /// ```
    pub fn get<C: AsRef<str>>(&self, codes: impl IntoIterator<Item = C>) -> Locale {
        let locales = &self.shared.locales;
        codes
            .into_iter()
            .find_map(|code| {
                let code = code.as_ref();
                let key = (code.len() <= MAX_CODE).then(|| key(code))?;
                ancestry(&key).find_map(|key| locales.get(key))
            })
            .unwrap_or(&locales[&key(&self.shared.default_locale)])
            .clone()
    }

    /// A layer that puts the [`Locale`] of each request into its extensions.
    #[must_use]
    pub fn layer(self) -> LocaleLayer {
        LocaleLayer::new(self)
    }

    fn catalogue(self, code: &str, catalogue: Catalogue) -> Self {
        let mut shared = Arc::unwrap_or_clone(self.shared);
        shared
            .catalogues
            .insert(code.to_owned(), Arc::new(catalogue));
        Self::link(shared.catalogues, shared.default_locale)
    }

    /// Gives each locale its own catalogue and those that it falls back to.
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
            shared: Arc::new(Shared {
                catalogues,
                default_locale,
                locales,
            }),
        }
    }
}

impl Default for Translations {
    /// [`new`](Translations::new).
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Translations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Translations")
            .field("default_locale", &self.shared.default_locale)
            .field("catalogues", &self.shared.catalogues.keys())
            .finish()
    }
}

/// What a code is known by: `fr-CA` and `FR_ca` are the same.
fn key(code: &str) -> String {
    code.replace('-', "_").to_ascii_lowercase()
}

/// The key, and what is left of it as subtags are taken from its end.
fn ancestry(key: &str) -> impl Iterator<Item = &str> {
    iter::successors(Some(key), |key| Some(key.rsplit_once('_')?.0))
}
