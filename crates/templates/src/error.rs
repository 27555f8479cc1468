//! Errors of checking and rendering templates.

use std::{
    env,
    error::Error,
    fmt, io, iter,
    path::{self, Path, PathBuf},
};

/// The number of source lines before and after the line of an error.
const LINES_AROUND: usize = 5;

/// A configuration error: the templates of a folder cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// A folder cannot be read.
    Folder {
        /// The folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Templates cannot be read or compiled.
    Templates {
        /// The errors, at most ten.
        errors: Vec<TemplateError>,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { path, source } => {
                write!(f, "cannot read templates: {}: {source}", located(path))
            }
            Self::Templates { errors } => {
                f.write_str("invalid templates: ")?;
                for (number, error) in errors.iter().enumerate() {
                    let separator = if number == 0 { "" } else { "; " };
                    write!(f, "{separator}{error}")?;
                }
                Ok(())
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

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Folder { source, .. } => Some(source),
            Self::Templates { errors } => errors.first().map(|error| error as _),
        }
    }
}

/// An error of rendering a template.
///
/// `Display` includes the place: `(in home.html:3)`. Its [`source`](Error::source) is the error of
/// a function that the template called. It does not contain the values of the template.
pub struct TemplateError {
    name: String,
    folder: PathBuf,
    error: minijinja::Error,
}

impl TemplateError {
    pub(crate) fn new(name: &str, folder: &Path, error: minijinja::Error) -> Self {
        Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            error,
        }
    }

    /// Returns the name of the template with the error: the rendered one, or one that it extends or
    /// includes.
    #[must_use]
    pub fn name(&self) -> &str {
        self.innermost().name().unwrap_or(&self.name)
    }

    /// Returns the line of the error in [`name`](Self::name), counted from 1, if it is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.innermost().line()
    }

    /// Returns the source lines around the error with their numbers; none if the template could not
    /// be read.
    ///
    /// Show them to developers only, since the source of a template is private.
    pub fn source_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let error = self.innermost();
        let source = error.template_source().filter(|_| error.line().is_some());
        let line = error.line().unwrap_or(1);
        let lines = source.unwrap_or_default().lines();
        (1..)
            .zip(lines)
            .skip(line.saturating_sub(LINES_AROUND + 1))
            .take_while(move |(number, _)| *number <= line + LINES_AROUND)
    }

    /// Returns the source of [`name`](Self::name), if it could be read. Show it to developers only.
    #[must_use]
    pub fn source_text(&self) -> Option<&str> {
        self.innermost().template_source()
    }

    /// Returns the templates that included [`name`](Self::name), the innermost first: their names,
    /// and lines where they are known.
    #[must_use]
    pub fn included_from(&self) -> Vec<(&str, Option<usize>)> {
        let errors: Vec<_> = self.errors().collect();
        let outer = errors.iter().rev().skip(1);
        outer
            .filter_map(|error| Some((error.name()?, error.line())))
            .collect()
    }

    /// Whether a template was not found: this one, or one that it extends or includes.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.innermost().kind() == minijinja::ErrorKind::TemplateNotFound
    }

    /// Whether a template uses an undefined name.
    #[must_use]
    pub fn is_undefined(&self) -> bool {
        self.innermost().kind() == minijinja::ErrorKind::UndefinedError
    }

    /// The engine's errors, from the rendered template to the template with the error.
    fn errors(&self) -> impl Iterator<Item = &minijinja::Error> {
        iter::successors(Some(&self.error), |&error| error.source()?.downcast_ref())
    }

    fn innermost(&self) -> &minijinja::Error {
        self.errors().last().unwrap_or(&self.error)
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not `{:#}`, which would include the values of the template.
        write!(f, "{}", self.innermost())?;
        if self.is_not_found() && self.line().is_none() {
            // Absolute, since a relative folder depends on the working directory.
            let folder = path::absolute(&self.folder);
            let folder = folder.as_ref().unwrap_or(&self.folder);
            write!(f, " in {}", folder.display())?;
        }
        Ok(())
    }
}

impl fmt::Debug for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TemplateError")
            .field(&self.to_string())
            .finish()
    }
}

impl Error for TemplateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.innermost().source()
    }
}
