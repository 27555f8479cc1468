//! `Multipart`: forms with files, read field by field, with the feature `multipart`.
//!
//! `field.rs` is one field, `feed.rs` passes the body to the parser, `refusal.rs` has the errors,
//! `disk.rs` writes files, and `file_name.rs` makes the client's names safe.

mod disk;
mod feed;
mod field;
mod file_name;
mod refusal;

pub use self::{disk::TempFile, field::Field, file_name::safe_file_name};

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum_core::extract::{FromRequest, Request};
use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, StatusCode, header};

use self::{
    feed::{Budget, feed},
    refusal::{boundary_refusal, refuse, too_large},
};
use crate::{
    Error, Result,
    extract::media_type::{check_content_coding, is_media_type, wrong_media_type},
};

/// A form with files (`multipart/form-data`, RFC 7578), read field by field as it arrives.
///
/// Nothing is kept that the handler does not keep: a [`Field`] is text, chunks, a file at a path, or
/// a [`TempFile`]. A field that the handler leaves is skipped. All faults of the form are
/// [refusals](Error::refusal): 415 for another media type, 413 beyond a limit, 408 for a body that
/// stalls, and 400 for one that is cut short or malformed.
///
/// The whole form is limited by [`Route::body_limit`](crate::Route::body_limit).
///
/// # Examples
///
/// ```
/// use squall::{Multipart, post};
///
/// async fn upload(mut form: Multipart) -> squall::Result<String> {
///     let mut saved = Vec::new();
///     while let Some(field) = form.next_field().await? {
///         if let Some(name) = field.safe_file_name() {
///             let size = field.save_to(format!("uploads/{name}")).await?;
///             saved.push(format!("{name}: {size} bytes"));
///         }
///     }
///     Ok(saved.join("\n"))
/// }
///
/// let application = squall::Application::new()
///     .route("/upload", post(upload).body_limit(1024 * 1024 * 1024));
/// ```
#[must_use = "a form is read by `next_field`"]
pub struct Multipart {
    form: multer::Multipart<'static>,
    /// The field that is being read.
    current: Option<CurrentField>,
    budget: Budget,
    limits: FormLimits,
    /// The number of fields so far.
    count: usize,
    /// The error that ended the form.
    failed: Option<Error>,
}

const FORM_DATA: &str = "multipart/form-data";

struct FormLimits {
    fields: usize,
    /// In bytes.
    field_size: u64,
    /// In bytes.
    file_size: u64,
}

struct CurrentField {
    field: multer::Field<'static>,
    name: String,
    /// In bytes.
    limit: u64,
    received: u64,
}

impl Multipart {
    /// Sets the number of fields, files included. The response to more is 413 (Content Too Large).
    ///
    /// Default: 1,000.
    pub fn max_fields(mut self, fields: usize) -> Self {
        self.limits.fields = fields;
        self
    }

    /// Sets the size of a field without a file name, and of every field that is read into memory, in
    /// bytes. The response to a larger one is 413 (Content Too Large).
    ///
    /// Default: 1 MiB.
    pub fn max_field_size(mut self, bytes: u64) -> Self {
        self.limits.field_size = bytes;
        self
    }

    /// Sets the size of each file, in bytes. The response to a larger one is 413 (Content Too Large).
    ///
    /// Default: no limit but that of the whole body.
    pub fn max_file_size(mut self, bytes: u64) -> Self {
        self.limits.file_size = bytes;
        self
    }

    /// Returns the next field, or `None` at the end of the form. What the handler has left of the field
    /// before is skipped.
    ///
    /// # Errors
    ///
    /// If the form is malformed, cut short or beyond a limit, or if its body cannot be read.
    pub async fn next_field(&mut self) -> Result<Option<Field<'_>>> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        while self.chunk().await?.is_some() {}
        self.current = None;
        self.budget.begin_head();
        let next = self.form.next_field().await;
        let next = next.map_err(|error| self.fail(refuse(error, None)))?;
        let Some(field) = next else {
            return match self.budget.skip_rest().await {
                Ok(()) => Ok(None),
                Err(error) => Err(self.fail(refuse(error, None))),
            };
        };
        self.budget.end_head();
        self.count += 1;
        if self.count > self.limits.fields {
            let reason = format!("the form has more than {} fields", self.limits.fields);
            return Err(self.fail(Error::refusal(StatusCode::PAYLOAD_TOO_LARGE, reason)));
        }
        let (name, is_file) = match field::names(&field) {
            Ok(names) => names,
            Err(error) => return Err(self.fail(error)),
        };
        let limit = match is_file {
            true => self.limits.file_size,
            false => self.limits.field_size,
        };
        self.current = Some(CurrentField {
            field,
            name,
            limit,
            received: 0,
        });
        Ok(self.current.is_some().then_some(Field { form: self }))
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Returns the next chunk of the current field.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>>> {
        if let Some(error) = &self.failed {
            return Poll::Ready(Err(error.clone()));
        }
        let Some(current) = &mut self.current else {
            return Poll::Ready(Ok(None));
        };
        let error = match ready!(Pin::new(&mut current.field).poll_next(cx)) {
            None => return Poll::Ready(Ok(None)),
            Some(Err(error)) => refuse(error, Some(&current.name)),
            Some(Ok(chunk)) => {
                current.received += chunk.len() as u64;
                if current.received <= current.limit {
                    return Poll::Ready(Ok(Some(chunk)));
                }
                too_large(&current.name, current.limit)
            }
        };
        Poll::Ready(Err(self.fail(error)))
    }

    /// Ends the form with an error.
    fn fail(&mut self, error: Error) -> Error {
        self.failed = Some(error.clone());
        error
    }
}

impl<S: Send + Sync> FromRequest<S> for Multipart {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        if !is_media_type(request.headers(), |name| name.is(FORM_DATA)) {
            return Err(wrong_media_type(FORM_DATA));
        }
        let boundary = boundary(request.headers()).ok_or_else(boundary_refusal)?;
        check_content_coding(request.headers())?;
        let (chunks, budget) = feed(request.into_body());
        Ok(Self {
            form: multer::Multipart::new(chunks, boundary),
            current: None,
            budget,
            limits: FormLimits {
                fields: 1000,
                field_size: 1024 * 1024,
                file_size: u64::MAX,
            },
            count: 0,
            failed: None,
        })
    }
}

/// Returns the boundary of a form (RFC 2046, section 5.1.1).
fn boundary(headers: &HeaderMap) -> Option<String> {
    let media_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    // multer does not allow white space before a semicolon. A boundary has no semicolon.
    let parameters = media_type.split(';').map(str::trim);
    let media_type = parameters.collect::<Vec<_>>().join("; ");
    let boundary = multer::parse_boundary(media_type).ok()?;
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

impl fmt::Debug for Multipart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}
