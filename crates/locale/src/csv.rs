//! CSV catalogue parser for Tornado's format: a message, its translation, and optionally `plural`
//! or `singular`.
//!
//! Compatible with `tornado.locale.load_translations`, except that the encoding of each file is
//! detected separately.

use std::borrow::Cow;

use foldhash::HashMap;

use crate::error::{CatalogueError, utf8};

#[derive(Debug, Default)]
pub(crate) struct Csv {
    unknown: Messages,
    singular: Messages,
    plural: Messages,
}

type Messages = HashMap<Box<str>, Box<str>>;

impl Csv {
    /// `code` is the code of the locale, for log lines.
    pub(crate) fn parse(code: &str, bytes: &[u8]) -> Result<Self, CatalogueError> {
        // Line ends inside quotes are normalized, as by Python's text mode.
        let text = decode(bytes)?.replace("\r\n", "\n").replace('\r', "\n");
        let rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
            .into_records();
        let mut csv = Self::default();
        for row in rows
            .map(|row| row.expect("valid UTF-8 in memory with flexible columns is always readable"))
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
                        "ignored a translation: its third column must be plural, singular, unknown or empty"
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

/// Decodes UTF-16 with a byte order mark, or UTF-8 with or without one.
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
