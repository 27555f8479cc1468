//! Reads Tornado's own format: rows of a message, its translation, and perhaps `plural` or `singular`.
//!
//! It does what `tornado.locale.load_translations` does, but finds out the encoding of each file anew.

use std::{borrow::Cow, collections::HashMap};

use crate::{CatalogueError, error::utf8};

#[derive(Debug, Default)]
pub(crate) struct Csv {
    unknown: Messages,
    singular: Messages,
    plural: Messages,
}

type Messages = HashMap<Box<str>, Box<str>>;

impl Csv {
    /// `code` is the locale's, for the log.
    pub(crate) fn parse(code: &str, bytes: &[u8]) -> Result<Self, CatalogueError> {
        // Line ends in quotes are one character, as Python reads text files.
        let text = decode(bytes)?.replace("\r\n", "\n").replace('\r', "\n");
        let rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
            .into_records();
        let mut csv = Self::default();
        for row in rows.map(|row| row.expect("UTF-8 in memory, of any number of columns, is read"))
        {
            let field = |index| row.get(index).map(str::trim);
            let (Some(message), Some(translation)) = (field(0), field(1)) else {
                continue;
            };
            let messages = match field(2).unwrap_or_default() {
                "" | "unknown" => &mut csv.unknown,
                "singular" => &mut csv.singular,
                "plural" => &mut csv.plural,
                indicator => {
                    let line = row.position().map(csv::Position::line);
                    tracing::warn!(
                        locale = code,
                        line,
                        ?indicator,
                        "passed over a translation, since it is neither plural, singular nor unknown"
                    );
                    continue;
                }
            };
            if !translation.is_empty() {
                messages.insert(message.into(), translation.into());
            }
        }
        Ok(csv)
    }

    pub(crate) fn find(&self, message: &str) -> Option<&str> {
        self.unknown.get(message).map(|text| &**text)
    }

    pub(crate) fn find_plural(&self, message: &str, plural: &str, count: u64) -> Option<&str> {
        let found = match count {
            1 => self.singular.get(message),
            _ => self.plural.get(plural),
        };
        found.map(|text| &**text)
    }
}

/// UTF-16 if it begins with that byte order mark, else UTF-8, whose mark is passed over.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, CatalogueError> {
    let from_bytes = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => {
            let text = utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))?;
            return Ok(text.into());
        }
    };
    let (units, rest) = bytes[2..].as_chunks();
    let units: Vec<u16> = units.iter().map(|&unit| from_bytes(unit)).collect();
    let text = String::from_utf16(&units).map_err(|_| CatalogueError::NotUtf16)?;
    rest.is_empty()
        .then(|| text.into())
        .ok_or(CatalogueError::NotUtf16)
}
