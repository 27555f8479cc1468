//! The search for the token in a form, which reads no more blocks than it needs.

use std::{
    future::poll_fn,
    mem,
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Poll, ready},
};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, header};
use http_body::Body;
use multer::Multipart;
use squall_fields::MediaType;

use crate::{XsrfError, error::Kind, reader::Reader};

/// The name of the field, which is fixed as in Tornado, even if the cookie has another name.
pub(crate) const FIELD: &str = "_xsrf";

/// The forms that browsers send to other sites without a preflight. The third type, `text/plain`,
/// has no fields.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Form {
    UrlEncoded,
    Multipart { boundary: String },
}

impl Form {
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let content_type = headers.get(header::CONTENT_TYPE)?;
        let kind = MediaType::parse(content_type.as_bytes())?;
        if kind.is("application/x-www-form-urlencoded") {
            Some(Self::UrlEncoded)
        } else {
            // An error for all types but multipart/form-data.
            let boundary = multer::parse_boundary(content_type.to_str().ok()?).ok()?;
            Some(Self::Multipart { boundary })
        }
    }

    /// Returns the field's value; `Missing` if the form ends without it.
    pub(crate) async fn token<B>(self, reader: &mut Reader<B>) -> Result<String, Kind>
    where
        B: Body<Data = Bytes> + Send,
    {
        let found = match self {
            Self::UrlEncoded => in_url_encoded(reader).await?,
            Self::Multipart { boundary } => in_multipart(reader, boundary).await?,
        };
        found.ok_or(Kind::Missing)
    }
}

async fn in_url_encoded<B>(reader: &mut Reader<B>) -> Result<Option<String>, Kind>
where
    B: Body<Data = Bytes>,
{
    let mut pair = Vec::new();
    while let Some(block) = poll_fn(|cx| reader.poll_block(cx)).await.transpose()? {
        let mut pieces = block.split(|&byte| byte == b'&').peekable();
        while let Some(piece) = pieces.next() {
            pair.extend_from_slice(piece);
            if pieces.peek().is_some() {
                let value = value(&pair);
                if value.is_some() {
                    return Ok(value);
                }
                pair.clear();
            }
        }
    }
    Ok(value(&pair))
}

fn value(pair: &[u8]) -> Option<String> {
    let (name, value) = form_urlencoded::parse(pair).next()?;
    (name == FIELD).then(|| value.into_owned())
}

async fn in_multipart<B>(reader: &mut Reader<B>, boundary: String) -> Result<Option<String>, Kind>
where
    B: Body<Data = Bytes> + Send,
{
    // Multer polls for more blocks before it parses those that it has. A Pending after each block
    // makes it parse first, and the limit becomes an error only when the parser needs more.
    let mut pause = false;
    let is_over = AtomicBool::new(false);
    let blocks = stream::poll_fn(|cx| {
        if mem::take(&mut pause) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let block = ready!(reader.poll_block(cx));
        if matches!(block, Some(Err(Kind::TooFar))) {
            is_over.store(true, Ordering::Relaxed);
            return Poll::Pending;
        }
        pause = true;
        Poll::Ready(block.map(|block| block.map_err(XsrfError::from)))
    });
    let mut form = Multipart::new(blocks, boundary);
    let mut search = pin!(async {
        while let Some(field) = form.next_field().await? {
            if field.name() == Some(FIELD) {
                return field.text().await.map(Some);
            }
        }
        Ok(None)
    });
    poll_fn(|cx| match search.as_mut().poll(cx) {
        Poll::Ready(found) => Poll::Ready(found.map_err(kind)),
        Poll::Pending if is_over.load(Ordering::Relaxed) => Poll::Ready(Err(Kind::TooFar)),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// A malformed form counts as one without a token.
fn kind(error: multer::Error) -> Kind {
    match error {
        multer::Error::StreamReadFailed(_) => Kind::Unreadable,
        _ => Kind::Missing,
    }
}
