//! `FileResponse`: a response whose body the kernel can send from a file, by `sendfile(2)`.

use std::{
    fmt,
    fs::File,
    io,
    sync::Arc,
    task::{Context, Poll},
    time::SystemTime,
};

use bytes::Bytes;
use http::Response;
use http_body::Body;

/// A response, and the parts of a file that are the content of its body.
///
/// The server sends the parts instead of the body where the kernel can send a file itself: over
/// HTTP/1.1 without TLS, on Linux. Elsewhere it sends the body. The type is not
/// [`http::Response`], so that no tower layer can change the body and leave the file as it is:
/// return it from the outermost service.
///
/// # Examples
///
/// ```no_run
/// use std::{fs::File, io, sync::Arc, task::{Context, Poll}};
///
/// use axum::body::Body;
/// use squall_server::{FileBody, FilePart, FileResponse, http::Response};
///
/// /// A whole file, which is in the page cache.
/// struct Whole(Option<FilePart>);
///
/// impl FileBody for Whole {
///     fn poll_part(&mut self, _: &mut Context<'_>) -> Poll<Option<io::Result<FilePart>>> {
///         Poll::Ready(self.0.take().map(Ok))
///     }
/// }
///
/// # fn main() -> io::Result<()> {
/// let file = Arc::new(File::open("film.mp4")?);
/// let length = file.metadata()?.len() as usize;
/// let modified = file.metadata()?.modified().ok();
/// let part = FilePart::File { file, offset: 0, length, modified };
/// // For the connections on which the kernel cannot send it.
/// let body = Body::from(std::fs::read("film.mp4")?);
/// let response = FileResponse::new(Response::new(body), Whole(Some(part)));
/// # drop(response);
/// # Ok(())
/// # }
/// ```
pub struct FileResponse<B> {
    response: Response<B>,
    file: Option<Box<dyn FileBody>>,
}

/// The parts of a body that the kernel can send from a file.
pub trait FileBody: Send + 'static {
    /// Returns the next part, as soon as the kernel can read it without waiting for the disk: a
    /// part is sent on the event loop. `None` is the end.
    ///
    /// An error, or an end before the length of the response's body, ends the connection, so that
    /// the client notices.
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<FilePart>>>;
}

/// A part of a [`FileBody`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FilePart {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A range of a file. Other connections wait while the kernel takes it, so it should have 2 MiB
    /// at most.
    File {
        /// The file, opened for reading.
        file: Arc<File>,
        /// Where the range begins, in bytes.
        offset: u64,
        /// The length of the range, in bytes.
        length: usize,
        /// The modification time of the file when the part was returned. The server compares it
        /// whenever it has waited for the client, and ends the connection if the file was modified.
        modified: Option<SystemTime>,
    },
}

impl<B> FileResponse<B> {
    /// Returns a response whose body has the same content as the file.
    pub fn new(response: Response<B>, file: impl FileBody) -> Self {
        Self {
            response,
            file: Some(Box::new(file)),
        }
    }
}

/// A response without a file.
impl<B> From<Response<B>> for FileResponse<B> {
    fn from(response: Response<B>) -> Self {
        Self {
            response,
            file: None,
        }
    }
}

impl<B> fmt::Debug for FileResponse<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileResponse")
            .field("status", &self.response.status())
            .field("has_file", &self.file.is_some())
            .finish_non_exhaustive()
    }
}

/// The responses that a service can return: [`http::Response`] and [`FileResponse`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a response that a server can send",
    label = "neither `http::Response` nor `squall_server::FileResponse`"
)]
pub trait Respond {
    /// The body of the response.
    type Body: Body;

    /// Returns the response, and the file that it can be sent from.
    fn into_parts(self) -> (Response<Self::Body>, Option<Box<dyn FileBody>>);
}

impl<B: Body> Respond for Response<B> {
    type Body = B;

    fn into_parts(self) -> (Self, Option<Box<dyn FileBody>>) {
        (self, None)
    }
}

impl<B: Body> Respond for FileResponse<B> {
    type Body = B;

    fn into_parts(self) -> (Response<B>, Option<Box<dyn FileBody>>) {
        (self.response, self.file)
    }
}
