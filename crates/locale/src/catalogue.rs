//! One locale's translations, of either format.

use crate::{csv::Csv, mo::Mo};

#[derive(Debug)]
pub(crate) enum Catalogue {
    Mo(Mo),
    Csv(Csv),
}

/// What a translation is wanted of.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) context: Option<&'a str>,
    pub(crate) message: &'a str,
    /// The message in the plural, and the count that decides.
    pub(crate) plural: Option<(&'a str, u64)>,
}

impl Catalogue {
    /// gettext finds all forms by the message in the singular; Tornado's CSV knows the plural by itself,
    /// and has no contexts.
    pub(crate) fn find(&self, wanted: Wanted<'_>) -> Option<&str> {
        match (self, wanted.plural) {
            (Self::Mo(mo), None) => mo.find(&Mo::key(wanted.context, wanted.message)),
            (Self::Mo(mo), Some((_, count))) => {
                mo.find_plural(&Mo::key(wanted.context, wanted.message), count)
            }
            (Self::Csv(csv), None) => csv.find(wanted.message),
            (Self::Csv(csv), Some((plural, count))) => {
                csv.find_plural(wanted.message, plural, count)
            }
        }
    }
}
