//! What goes wrong with templates: at the start, and when one is rendered.

use std::{error::Error, fmt, io, iter, path::PathBuf};

/// So many lines are shown before and after the one that is wrong.
const LINES_AROUND: usize = 5;

/// A folder whose templates cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// A folder cannot be read.
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Templates cannot be read or compiled.
    Templates {
        /// What is wrong with each; with ten at most.
        errors: Vec<TemplateError>,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { path, source } => write!(f, "cannot read templates {path:?}: {source}"),
            Self::Templates { errors } => {
                f.write_str("cannot use templates: ")?;
                for (number, error) in errors.iter().enumerate() {
                    let separator = if number == 0 { "" } else { "; " };
                    write!(f, "{separator}{error}")?;
                }
                Ok(())
            }
        }
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

/// A template that could not be rendered.
///
/// It says where: shown, it ends in `(in home.html:3)`. Its [`source`](Error::source) is the error of a function that
/// a template has called. What a template was rendered with is not in it.
pub struct TemplateError {
    name: String,
    error: minijinja::Error,
}

impl TemplateError {
    pub(crate) fn new(name: &str, error: minijinja::Error) -> Self {
        Self {
            name: name.to_owned(),
            error,
        }
    }

    /// The template that is wrong: the one that was asked for, or one that it extends or includes.
    #[must_use]
    pub fn name(&self) -> &str {
        self.innermost().name().unwrap_or(&self.name)
    }

    /// The line of [`name`](Self::name) that is wrong, counted from 1, if it is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.innermost().line()
    }

    /// The lines around the one that is wrong, with their numbers. None where the template could not even be read.
    ///
    /// They are for a page that developers see: the source of a template is nobody else's business.
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

    /// The whole text of [`name`](Self::name), if it could be read. It is for developers too.
    #[must_use]
    pub fn source_text(&self) -> Option<&str> {
        self.innermost().template_source()
    }

    /// Where [`name`](Self::name) was included from, the nearest first: names, and lines where they are known.
    #[must_use]
    pub fn included_from(&self) -> Vec<(&str, Option<usize>)> {
        let errors: Vec<_> = self.errors().collect();
        let outer = errors.iter().rev().skip(1);
        outer
            .filter_map(|error| Some((error.name()?, error.line())))
            .collect()
    }

    /// Whether a template is not there: this one, or one that it extends or includes.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.innermost().kind() == minijinja::ErrorKind::TemplateNotFound
    }

    /// Whether a template says a name that means nothing there.
    #[must_use]
    pub fn is_undefined(&self) -> bool {
        self.innermost().kind() == minijinja::ErrorKind::UndefinedError
    }

    /// The engine's errors, from that of the template that was asked for to that of the one that is wrong.
    fn errors(&self) -> impl Iterator<Item = &minijinja::Error> {
        iter::successors(Some(&self.error), |&error| error.source()?.downcast_ref())
    }

    fn innermost(&self) -> &minijinja::Error {
        self.errors().last().unwrap_or(&self.error)
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not with `#`, which would add the values that the engine had at hand.
        write!(f, "{}", self.innermost())
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
