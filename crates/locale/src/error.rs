//! What can be wrong with translations when they are loaded.

use std::{error::Error, fmt, io, path::PathBuf};

/// Translations that cannot be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// A file or directory cannot be read.
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not what its name says.
    Catalogue {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CatalogueError,
    },
}

/// A catalogue that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CatalogueError {
    /// It does not begin as a `.mo` file does.
    NotMo,
    /// It is a `.mo` file of a major revision above 1, which nobody has defined yet.
    Revision(u16),
    /// Its strings are not where it says they are, or overlap: it was cut off or damaged.
    Damaged,
    /// A text is not in UTF-8.
    NotUtf8 {
        /// The wrong byte and a few around it, escaped.
        text: String,
    },
    /// A CSV file begins as UTF-16 and is not.
    NotUtf16,
    /// The header names a character set other than UTF-8.
    Charset(String),
    /// The header's `Plural-Forms` are not `nplurals=N; plural=EXPRESSION;`, or the expression cannot be computed.
    PluralForms {
        /// What the header says.
        value: String,
        /// What is wrong with it.
        problem: PluralProblem,
    },
}

/// What is wrong with plural forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PluralProblem {
    /// It is not of the form `nplurals=N; plural=EXPRESSION;`, with N from 1 to 100.
    Form,
    /// The expression has more than 1,000 bytes or 50 levels.
    TooComplex,
    /// The expression is wrong at this byte of it, counted from 0.
    Syntax(usize),
    /// The expression divides by zero for this count.
    DivisionByZero(u64),
    /// The expression chooses a form that is not there for this count.
    NoSuchForm(u64),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "cannot read translations {path:?}: {source}"),
            Self::Catalogue { path, source } => {
                write!(f, "cannot use translations {path:?}: {source}")
            }
        }
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
                f.write_str("it is not a .mo file, which pybabel or msgfmt compile from a .po file")
            }
            Self::Revision(major) => write!(f, "its .mo revision {major} is not known"),
            Self::Damaged => f.write_str(
                "its strings are not where it says they are, so it was cut off or damaged",
            ),
            Self::NotUtf8 { text } => write!(f, "\"{text}\" is not in UTF-8"),
            Self::NotUtf16 => f.write_str("it begins as UTF-16 and does not go on so"),
            Self::Charset(charset) => write!(f, "its charset is {charset:?}; compile it in UTF-8"),
            Self::PluralForms { value, problem } => {
                write!(f, "Plural-Forms {value:?}: {problem}")
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
            Self::TooComplex => f.write_str("the expression is too long or too deep"),
            Self::Syntax(place) => write!(f, "the expression is wrong at byte {place}"),
            Self::DivisionByZero(count) => write!(f, "it divides by zero for {count}"),
            Self::NoSuchForm(count) => write!(f, "it chooses a form that is not there for {count}"),
        }
    }
}

/// The bytes as text, if they are in UTF-8.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, CatalogueError> {
    str::from_utf8(bytes).map_err(|error| {
        let place = error.valid_up_to();
        let around = &bytes[place.saturating_sub(40)..bytes.len().min(place + 4)];
        CatalogueError::NotUtf8 {
            text: around.escape_ascii().to_string(),
        }
    })
}
