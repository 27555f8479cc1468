//! `.mo` catalogue parser (GNU gettext manual, "The Format of GNU MO Files").
//!
//! Every offset and length is checked against the file's length, and the strings together must not
//! exceed it. The hash table of the file is not used.

use std::borrow::Cow;

use foldhash::HashMap;

use crate::{
    error::{CatalogueError, utf8},
    plural::PluralForms,
};

const MAGIC: u32 = 0x9504_12de;

#[derive(Debug, Default)]
pub(crate) struct Mo {
    messages: HashMap<Box<str>, Translation>,
    plural_forms: PluralForms,
}

#[derive(Debug)]
enum Translation {
    One(Box<str>),
    /// One text per plural form.
    Plural(Box<[Box<str>]>),
}

impl Mo {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, CatalogueError> {
        let file = MoFile::parse(bytes)?;
        let mut mo = Self::default();
        let mut total = 0_usize;
        for (message, translation) in file.entries()? {
            let (message, translation) = (file.string(message)?, file.string(translation)?);
            total += message.len() + translation.len();
            if total > bytes.len() {
                return Err(CatalogueError::Damaged);
            }
            if message.is_empty() {
                mo.plural_forms = header(utf8(translation)?)?;
            } else {
                mo.insert(utf8(message)?, utf8(translation)?);
            }
        }
        Ok(mo)
    }

    fn insert(&mut self, message: &str, translation: &str) {
        if translation.is_empty() {
            return;
        }
        let (message, translation) = match message.split_once('\0') {
            None => (message, Translation::One(translation.into())),
            Some((message, _)) => {
                let forms = translation.split('\0').map(Into::into).collect();
                (message, Translation::Plural(forms))
            }
        };
        self.messages.insert(message.into(), translation);
    }

    /// The key of a message in the file.
    pub(crate) fn key<'a>(context: Option<&str>, message: &'a str) -> Cow<'a, str> {
        match context {
            None => message.into(),
            Some(context) => format!("{context}\u{4}{message}").into(),
        }
    }

    pub(crate) fn find(&self, message: &str) -> Option<&str> {
        match self.messages.get(message)? {
            Translation::One(text) => Some(text),
            Translation::Plural(_) => self.find_plural(message, 1),
        }
    }

    pub(crate) fn find_plural(&self, message: &str, count: u64) -> Option<&str> {
        match self.messages.get(message)? {
            Translation::One(_) => None,
            Translation::Plural(forms) => {
                let text = forms.get(self.plural_forms.form(count)?)?;
                (!text.is_empty()).then_some(text)
            }
        }
    }
}

/// Returns the plural forms of the header, if its charset is supported.
fn header(text: &str) -> Result<PluralForms, CatalogueError> {
    let mut plural_forms = PluralForms::default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-type") {
            let charset = value.split_once("charset=").map_or("", |(_, name)| name);
            // Includes `CHARSET`, the placeholder of a new template.
            let supported = ["", "utf-8", "utf8", "us-ascii", "ascii", "charset"];
            if !supported.contains(&charset.to_ascii_lowercase().as_str()) {
                return Err(CatalogueError::Charset(charset.to_owned()));
            }
        } else if name.eq_ignore_ascii_case("plural-forms") {
            plural_forms = PluralForms::parse(value)?;
        }
    }
    Ok(plural_forms)
}

/// The bytes of a file, and its byte order.
struct MoFile<'a> {
    bytes: &'a [u8],
    number: fn([u8; 4]) -> u32,
}

impl<'a> MoFile<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, CatalogueError> {
        let magic = *bytes.first_chunk().ok_or(CatalogueError::NotMo)?;
        let number = [u32::from_le_bytes, u32::from_be_bytes]
            .into_iter()
            .find(|number| number(magic) == MAGIC)
            .ok_or(CatalogueError::NotMo)?;
        let file = Self { bytes, number };
        let [revision] = file.numbers(4)?;
        match revision >> 16 {
            0 | 1 => Ok(file),
            // The shift leaves 16 bits.
            major => Err(CatalogueError::Revision(major as u16)),
        }
    }

    /// Returns the ranges of each message and its translation.
    fn entries(&self) -> Result<impl Iterator<Item = (ByteRange, ByteRange)>, CatalogueError> {
        let [count, messages, translations] = self.numbers(8)?;
        let messages = self.table(messages, count)?;
        let translations = self.table(translations, count)?;
        Ok(messages.zip(translations))
    }

    fn table(
        &self,
        offset: usize,
        count: usize,
    ) -> Result<impl Iterator<Item = ByteRange>, CatalogueError> {
        let length = count.checked_mul(8).ok_or(CatalogueError::Damaged)?;
        let (rows, _) = self.bytes(ByteRange { offset, length })?.as_chunks::<8>();
        let number = self.number;
        Ok(rows.iter().map(move |&[a, b, c, d, e, f, g, h]| ByteRange {
            length: number([a, b, c, d]) as usize,
            offset: number([e, f, g, h]) as usize,
        }))
    }

    /// Reads consecutive numbers.
    fn numbers<const N: usize>(&self, offset: usize) -> Result<[usize; N], CatalogueError> {
        let length = 4 * N;
        let bytes = self.bytes(ByteRange { offset, length })?;
        let (numbers, _) = bytes.as_chunks::<4>();
        Ok(std::array::from_fn(|i| (self.number)(numbers[i]) as usize))
    }

    /// Reads a string; its length excludes the terminating NUL byte.
    fn string(&self, ByteRange { offset, length }: ByteRange) -> Result<&'a [u8], CatalogueError> {
        let length = length.checked_add(1).ok_or(CatalogueError::Damaged)?;
        let string = self.bytes(ByteRange { offset, length })?;
        string.strip_suffix(b"\0").ok_or(CatalogueError::Damaged)
    }

    fn bytes(&self, ByteRange { offset, length }: ByteRange) -> Result<&'a [u8], CatalogueError> {
        let end = offset.checked_add(length);
        end.and_then(|end| self.bytes.get(offset..end))
            .ok_or(CatalogueError::Damaged)
    }
}

struct ByteRange {
    offset: usize,
    length: usize,
}
