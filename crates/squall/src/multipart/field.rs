//! `Field`: one field of a form, with its name, its media type and its content.

use std::{
    fmt,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::{HeaderMap, header};

use super::{
    CurrentField, Multipart, disk,
    disk::TempFile,
    refusal::{long_name, malformed_file_name, nameless, not_text},
    safe_file_name,
};
use crate::{Error, Result};

/// A field of a [`Multipart`] form. It is a stream of its chunks; an error is a
/// [refusal](crate::Error::refusal).
#[must_use = "a field is read by its methods"]
pub struct Field<'a> {
    pub(super) form: &'a mut Multipart,
}

impl Field<'_> {
    /// Returns the name of the field, such as that of `<input name="photo">`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.current().name
    }

    /// Returns the name of the file as the client sent it, or `None` if this is no file. A browser sends
    /// an empty name, and no content, if the user has chosen no file.
    ///
    /// It is any text, and may contain `..` and slashes: use [`safe_file_name`](Self::safe_file_name) for
    /// a path.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.current().field.file_name()
    }

    /// Returns the name of the file for a path, as [`safe_file_name`](fn@safe_file_name) makes it; `None`
    /// if this is no file, or nothing of its name is left.
    #[must_use]
    pub fn safe_file_name(&self) -> Option<String> {
        safe_file_name(self.file_name()?)
    }

    /// Returns the media type that the client sent, if there is one. It is a claim: the content can be
    /// anything.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.headers().get(header::CONTENT_TYPE)?.to_str().ok()
    }

    /// Returns the headers of the field.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.current().field.headers()
    }

    /// Sets the size of this field, in bytes. The response to a larger one is 413 (Content Too Large).
    ///
    /// Default: [`Multipart::max_file_size`] or [`Multipart::max_field_size`].
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.current_mut().limit = bytes;
        self
    }

    /// Returns the next chunk, or `None` at the end of the field.
    ///
    /// # Errors
    ///
    /// If the form is malformed, cut short or beyond a limit, or if its body cannot be read.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        self.form.chunk().await
    }

    /// Returns the whole field, within the limit of [`Multipart::max_field_size`] even if it is a file.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub async fn bytes(mut self) -> Result<Bytes> {
        let limit = self.form.limits.field_size;
        let current = self.current_mut();
        current.limit = current.limit.min(limit);
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// Returns the whole field as text, within the limit of [`bytes`](Self::bytes).
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk), and 400 (Bad Request) if the field is not in UTF-8.
    pub async fn text(self) -> Result<String> {
        let name = self.name().to_owned();
        let bytes = self.bytes().await?;
        String::from_utf8(bytes.into()).map_err(|_| not_text(&name))
    }

    /// Writes the field to a file, and returns its size in bytes. The file appears at the path when it is
    /// complete, and then replaces one that is there; after an error, or if the client disconnects,
    /// nothing is left. A fault of a later field does not delete it.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk), and 500 if the file cannot be written, for example because there is no
    /// such directory.
    pub async fn save_to(self, path: impl AsRef<Path>) -> Result<u64> {
        disk::save(self, path.as_ref()).await
    }

    /// Writes the field to a file in the system's directory for temporary files, which is deleted when
    /// the returned value is dropped.
    ///
    /// # Errors
    ///
    /// As [`save_to`](Self::save_to).
    pub async fn save_temp(self) -> Result<TempFile> {
        TempFile::write(self).await
    }

    fn current(&self) -> &CurrentField {
        self.form
            .current
            .as_ref()
            .expect("a form has the field that it returned")
    }

    fn current_mut(&mut self) -> &mut CurrentField {
        self.form
            .current
            .as_mut()
            .expect("a form has the field that it returned")
    }
}

/// The bytes of a name. Browsers send those of the page and of the file system, which has 255.
const MAX_NAME: usize = 1024;

/// Returns the name of a field, and whether it is a file.
pub(super) fn names(field: &multer::Field<'_>) -> Result<(String, bool)> {
    let name = field.name().ok_or_else(nameless)?;
    let is_file = field.file_name().is_some();
    if name.len().max(field.file_name().map_or(0, str::len)) > MAX_NAME {
        return Err(long_name(MAX_NAME));
    }
    let disposition = field.headers().get(header::CONTENT_DISPOSITION);
    let parameters = disposition
        .map(http::HeaderValue::as_bytes)
        .unwrap_or_default();
    // multer returns no name for one that is malformed; the field is still a file.
    if !is_file && has_parameter(parameters, b"filename") {
        return Err(malformed_file_name(name));
    }
    Ok((name.to_owned(), is_file))
}

/// Whether a header value has a parameter, with quoted text left out. `filename*` counts as `filename`:
/// RFC 7578, section 4.2, forbids it.
fn has_parameter(value: &[u8], name: &[u8]) -> bool {
    let mut is_quoted = false;
    let mut is_escaped = false;
    let outside = value.split(|&byte| {
        let is_quote = byte == b'"' && !is_escaped;
        is_escaped = is_quoted && byte == b'\\' && !is_escaped;
        is_quoted ^= is_quote;
        byte == b';' && !is_quoted
    });
    outside.map(<[u8]>::trim_ascii_start).any(|parameter| {
        parameter.len() >= name.len() && parameter[..name.len()].eq_ignore_ascii_case(name)
    })
}

impl Stream for Field<'_> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.form.poll_chunk(cx).map(Result::transpose)
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("name", &self.name())
            .field("file_name", &self.file_name())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::has_parameter;

    #[test]
    fn parameters_are_found_outside_of_quoted_text() {
        for (value, has) in [
            (r#"form-data; name="a""#, false),
            (r#"form-data; name="a"; filename="b""#, true),
            (r#"form-data; name="a";FileName=b"#, true),
            (r#"form-data; name="a"; filename*=UTF-8''b"#, true),
            (r#"form-data; name="a; filename=b""#, false),
            (r#"form-data; name="a\"; filename=b""#, false),
            ("", false),
        ] {
            assert_eq!(has_parameter(value.as_bytes(), b"filename"), has, "{value}");
        }
    }
}
