//! Errors of loading translations.

use std::{
    env,
    error::Error,
    fmt, io,
    path::{self, Path, PathBuf},
};

/// The reason that translations cannot be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// A file or directory cannot be read.
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file is not a valid catalogue.
    Catalogue {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: CatalogueError,
    },
}

/// The reason that a catalogue is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CatalogueError {
    /// It does not start with the magic number of a `.mo` file.
    NotMo,
    /// The major revision of the `.mo` file is above 1, and not defined yet.
    Revision(u16),
    /// An offset or length is outside the file, or strings overlap: the file is truncated or
    /// corrupt.
    Damaged,
    /// A text is not UTF-8.
    NotUtf8 {
        /// The invalid byte and a few bytes around it, escaped.
        text: String,
    },
    /// A CSV file has a UTF-16 byte order mark, but is not UTF-16.
    NotUtf16,
    /// The header declares a character set other than UTF-8.
    Charset(String),
    /// The header's `Plural-Forms` are not `nplurals=N; plural=EXPRESSION;`, or the expression is
    /// invalid.
    PluralForms {
        /// The value of the header.
        value: String,
        /// The reason.
        problem: PluralProblem,
    },
}

/// The reason that `Plural-Forms` are invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PluralProblem {
    /// The value does not have the form `nplurals=N; plural=EXPRESSION;` with N from 1 to 100.
    Form,
    /// The expression has more than 1,000 bytes or 50 levels.
    TooComplex,
    /// The expression has a syntax error at this byte offset.
    Syntax(usize),
    /// The expression divides by zero for this count.
    DivisionByZero(u64),
    /// The expression evaluates to a form that does not exist for this count.
    NoSuchForm(u64),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => {
                write!(f, "cannot read translations: {}: {source}", located(path))
            }
            Self::Catalogue { path, source } => {
                write!(f, "cannot load translations: {}: {source}", located(path))
            }
        }
    }
}

/// Returns a path for a message: a relative one is ambiguous without the working directory.
fn located(path: &Path) -> String {
    match (path::absolute(path), env::current_dir()) {
        (Ok(absolute), Ok(directory)) if path.is_relative() => format!(
            "{} ({path:?} in the working directory {})",
            absolute.display(),
            directory.display()
        ),
        _ => path.display().to_string(),
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Catalogue { source, .. } => Some(source),
        }
    }
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMo => {
                f.write_str("not a .mo file; compile one from a .po file with pybabel or msgfmt")
            }
            Self::Revision(major) => write!(f, "unsupported .mo revision {major}"),
            Self::Damaged => {
                f.write_str("the .mo file is truncated or corrupt: a string is outside the file")
            }
            Self::NotUtf8 { text } => write!(f, "invalid UTF-8: \"{text}\""),
            Self::NotUtf16 => f.write_str("invalid UTF-16 after a UTF-16 byte order mark"),
            Self::Charset(charset) => write!(
                f,
                "unsupported charset {charset:?}; compile the catalogue in UTF-8"
            ),
            Self::PluralForms { value, problem } => {
                write!(f, "invalid Plural-Forms {value:?}: {problem}")
            }
        }
    }
}

impl Error for CatalogueError {}

impl fmt::Display for PluralProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => {
                f.write_str("expected \"nplurals=N; plural=EXPRESSION;\" with N from 1 to 100")
            }
            Self::TooComplex => f.write_str("the expression exceeds 1,000 bytes or 50 levels"),
            Self::Syntax(at) => write!(f, "syntax error at byte {at} of the expression"),
            Self::DivisionByZero(count) => write!(f, "division by zero for count {count}"),
            Self::NoSuchForm(count) => write!(f, "plural form out of range for count {count}"),
        }
    }
}

/// Validates UTF-8; the error shows the context of the invalid byte.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, CatalogueError> {
    str::from_utf8(bytes).map_err(|error| {
        let place = error.valid_up_to();
        let around = &bytes[place.saturating_sub(40)..bytes.len().min(place + 4)];
        CatalogueError::NotUtf8 {
            text: around.escape_ascii().to_string(),
        }
    })
}
