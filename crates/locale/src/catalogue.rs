//! Message catalogue of one locale, in either format.

use crate::{csv::Csv, mo::Mo};

#[derive(Debug)]
pub(crate) enum Catalogue {
    Mo(Mo),
    Csv(Csv),
}

/// The key of a translation.
#[derive(Clone, Copy)]
pub(crate) struct MessageKey<'a> {
    pub(crate) context: Option<&'a str>,
    pub(crate) message: &'a str,
    /// The plural message and the count.
    pub(crate) plural: Option<(&'a str, u64)>,
}

impl Catalogue {
    /// Finds a translation. gettext stores all forms under the singular message; Tornado's CSV has
    /// rows for plural messages, and no contexts.
    pub(crate) fn find(&self, key: MessageKey<'_>) -> Option<&str> {
        match (self, key.plural) {
            (Self::Mo(mo), None) => mo.find(&Mo::key(key.context, key.message)),
            (Self::Mo(mo), Some((_, count))) => {
                mo.find_plural(&Mo::key(key.context, key.message), count)
            }
            (Self::Csv(csv), None) => csv.find(key.message),
            (Self::Csv(csv), Some((plural, count))) => csv.find_plural(key.message, plural, count),
        }
    }
}
