//! Loading translations from files; the only file access of this crate.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    error::{CatalogueError, LoadError},
    translations::Translations,
};

impl Translations {
    /// Loads gettext's tree of compiled catalogues, `{directory}/{locale}/LC_MESSAGES/{domain}.mo`,
    /// like Tornado's `load_gettext_translations`.
    ///
    /// A locale without a catalogue of this domain is ignored with a warning in the log.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory or a catalogue cannot be read or is invalid. Tornado
    /// continues without it.
    pub fn load_gettext(directory: impl AsRef<Path>, domain: &str) -> Result<Self, LoadError> {
        let directory = directory.as_ref();
        let mut translations = Self::new();
        for locale in entries(directory)? {
            let messages = locale.join("LC_MESSAGES");
            let path = messages.join(format!("{domain}.mo"));
            match fs::read(&path) {
                Ok(bytes) => {
                    let added = translations.mo(&name(&locale), &bytes);
                    translations = added.map_err(at(&path))?;
                }
                Err(error) if is_absent(&error) && !messages.is_dir() => {}
                Err(error) if is_absent(&error) => {
                    tracing::warn!(
                        locale = name(&locale),
                        ?path,
                        "ignored a locale without a catalogue"
                    );
                }
                Err(source) => return Err(LoadError::Io { path, source }),
            }
        }
        Ok(translations.loaded(directory))
    }

    /// Loads Tornado's CSV files, `{directory}/{locale}.csv`, like Tornado's `load_translations`.
    ///
    /// A row has a message, its translation, and optionally `plural`, `singular` or `unknown`.
    /// Files are UTF-8, or UTF-16 with a byte order mark. A row with another third column is
    /// ignored with a warning in the log.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory or a file cannot be read, or has another encoding.
    pub fn load_csv(directory: impl AsRef<Path>) -> Result<Self, LoadError> {
        let directory = directory.as_ref();
        let mut translations = Self::new();
        for path in entries(directory)? {
            if path.extension().is_none_or(|extension| extension != "csv") {
                continue;
            }
            let bytes = fs::read(&path).map_err(|source| LoadError::Io {
                path: path.clone(),
                source,
            })?;
            let added = translations.csv(&name(&path.with_extension("")), &bytes);
            translations = added.map_err(at(&path))?;
        }
        Ok(translations.loaded(directory))
    }

    fn loaded(self, directory: &Path) -> Self {
        let locales = self.supported_locales();
        let codes: Vec<_> = locales.iter().map(crate::Locale::code).collect();
        if codes.len() == 1 {
            tracing::warn!(?directory, ?codes, "found no translations");
        } else {
            tracing::debug!(?directory, ?codes, "loaded translations");
        }
        self
    }
}

/// Lists a directory, sorted, so that the order of files does not depend on the file system.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let read = || -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
        let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
        entries.sort();
        Ok(entries)
    };
    read().map_err(|source| LoadError::Io {
        path: directory.to_owned(),
        source,
    })
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn at(path: &Path) -> impl FnOnce(CatalogueError) -> LoadError {
    move |source| LoadError::Catalogue {
        path: path.to_owned(),
        source,
    }
}
