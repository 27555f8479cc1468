//! The request of an `environ` (PEP 3333): `target.rs`, `address.rs`, `body_length.rs` and `header.rs` decide on
//! text, this file reads the dictionary.

mod address;
mod body_length;
mod header;
mod target;

use std::{
    borrow::Cow,
    sync::atomic::{AtomicU64, Ordering},
};

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyDict, PyString},
};
use squall::{
    ConnectionInfo, Error, MountPrefix,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version, header as names},
};

use self::{
    body_length::{BodyLength, LengthError, body_length},
    target::{Target, Variables},
};

/// A request without its body.
pub(crate) struct Head {
    pub(crate) request: Request<()>,
    /// `Err` is why the application cannot have it.
    pub(crate) body: Result<BodyLength, Error>,
}

pub(crate) use self::body_length::BodyLength as Length;

/// The variables of WSGI and CGI that make a request; missing ones are empty.
#[derive(Default)]
struct Environ<'a> {
    method: Cow<'a, [u8]>,
    script_name: Cow<'a, [u8]>,
    path_info: Cow<'a, [u8]>,
    query: Cow<'a, [u8]>,
    raw_uri: Option<Cow<'a, [u8]>>,
    protocol: Cow<'a, [u8]>,
    remote_addr: Cow<'a, [u8]>,
    remote_port: Cow<'a, [u8]>,
    server_name: Cow<'a, [u8]>,
    server_port: Cow<'a, [u8]>,
    scheme: Cow<'a, [u8]>,
    content_length: Cow<'a, [u8]>,
    is_terminated: bool,
    headers: HeaderMap,
    /// A header that no client may send.
    bad_header: bool,
}

/// Reads the request of a dictionary.
///
/// # Errors
///
/// A `ValueError` if the server's own variables are wrong.
pub(crate) fn head(environ: &Bound<'_, PyDict>) -> PyResult<Head> {
    let items: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)> = environ.iter().collect();
    let mut found = Environ::default();
    found.headers.reserve(16);
    for (key, value) in &items {
        if let Ok(key) = key.cast::<PyString>() {
            found.read(key.to_str()?, value)?;
        }
    }
    found.into_head()
}

impl<'a> Environ<'a> {
    fn read(&mut self, key: &str, value: &'a Bound<'_, PyAny>) -> PyResult<()> {
        if let Some(name) = key.strip_prefix("HTTP_") {
            self.read_header(name, value)?;
            return Ok(());
        }
        let field = match key {
            "REQUEST_METHOD" => &mut self.method,
            "SCRIPT_NAME" => &mut self.script_name,
            "PATH_INFO" => &mut self.path_info,
            "QUERY_STRING" => &mut self.query,
            "REQUEST_URI" | "RAW_URI" => self.raw_uri.get_or_insert_default(),
            "SERVER_PROTOCOL" => &mut self.protocol,
            "REMOTE_ADDR" => &mut self.remote_addr,
            "REMOTE_PORT" => &mut self.remote_port,
            "SERVER_NAME" => &mut self.server_name,
            "SERVER_PORT" => &mut self.server_port,
            "CONTENT_LENGTH" => &mut self.content_length,
            "CONTENT_TYPE" => return self.read_header("CONTENT_TYPE", value),
            "wsgi.url_scheme" => &mut self.scheme,
            "wsgi.input_terminated" => {
                self.is_terminated = value.is_truthy()?;
                return Ok(());
            }
            _ => return Ok(()),
        };
        *field = latin_1(key, value)?;
        Ok(())
    }

    /// Adds the header of a variable. CGI has `Content-Type` and `Content-Length` without `HTTP_`, empty if the
    /// client has not sent them.
    fn read_header(&mut self, name: &str, value: &'a Bound<'_, PyAny>) -> PyResult<()> {
        let value = latin_1(name, value)?;
        if name == "CONTENT_LENGTH" || (name == "CONTENT_TYPE" && value.is_empty()) {
            return Ok(());
        }
        match (header::name(name), HeaderValue::from_bytes(&value)) {
            (Some(name), Ok(value)) => drop(self.headers.insert(name, value)),
            _ => self.bad_header = true,
        }
        Ok(())
    }

    fn into_head(mut self) -> PyResult<Head> {
        let is_chunked = self.headers.contains_key(names::TRANSFER_ENCODING);
        let content_length = text(&self.content_length);
        let body = body_length(content_length, is_chunked, self.is_terminated).map_err(refusal);
        if let (Ok(BodyLength::Bytes(_)), false) = (&body, content_length.is_empty()) {
            let value = HeaderValue::from_bytes(&self.content_length).expect("digits");
            self.headers.insert(names::CONTENT_LENGTH, value);
        }
        let variables = Variables {
            script_name: &self.script_name,
            path_info: &self.path_info,
            query: &self.query,
            raw_uri: self.raw_uri.as_deref(),
        };
        let target = variables.target().map_err(PyValueError::new_err)?;
        let method = Method::from_bytes(&self.method);
        let body = match (&method, self.bad_header) {
            (Ok(_), false) => body,
            (Err(_), _) => Err(bad_request("the method is no token")),
            (_, true) => Err(bad_request("a header has a character that none may have")),
        };
        let Target {
            prefix,
            path_and_query,
        } = target;
        let mut request = Request::new(());
        *request.method_mut() = method.unwrap_or_default();
        let body = match path_and_query.parse() {
            Ok(uri) => {
                *request.uri_mut() = uri;
                body
            }
            Err(_) => Err(bad_request("the target is no path")),
        };
        *request.version_mut() = version(&self.protocol);
        *request.headers_mut() = std::mem::take(&mut self.headers);
        if !prefix.is_empty() {
            let prefix = MountPrefix::new(&prefix);
            let prefix = prefix.map_err(|error| PyValueError::new_err(error.to_string()))?;
            request.extensions_mut().insert(prefix);
        }
        request.extensions_mut().insert(self.connection());
        Ok(Head { request, body })
    }

    fn connection(&self) -> ConnectionInfo {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let peer = address::peer(text(&self.remote_addr), text(&self.remote_port));
        let local = address::local(text(&self.server_name), text(&self.server_port));
        ConnectionInfo::new(peer, local, NUMBER.fetch_add(1, Ordering::Relaxed))
            .with_encryption(self.scheme.eq_ignore_ascii_case(b"https"))
    }
}

fn refusal(error: LengthError) -> Error {
    match error {
        LengthError::Malformed => bad_request("Content-Length is no number"),
        LengthError::Unknown => Error::refusal(
            StatusCode::LENGTH_REQUIRED,
            "the WSGI server does not mark the end of a chunked body: send a Content-Length",
        ),
    }
}

fn bad_request(reason: &'static str) -> Error {
    Error::refusal(StatusCode::BAD_REQUEST, reason)
}

fn version(protocol: &[u8]) -> Version {
    match protocol {
        b"HTTP/1.0" => Version::HTTP_10,
        b"HTTP/2" | b"HTTP/2.0" => Version::HTTP_2,
        _ => Version::HTTP_11,
    }
}

/// Returns the bytes of a string whose characters are bytes, as PEP 3333 has them.
///
/// # Errors
///
/// A `ValueError` with the variable's name.
fn latin_1<'a>(key: &str, value: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    let error = || PyValueError::new_err(format!("environ[{key:?}] is not a string of bytes"));
    let text = value.cast::<PyString>().map_err(|_| error())?.to_str()?;
    if text.is_ascii() {
        return Ok(Cow::Borrowed(text.as_bytes()));
    }
    let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    bytes.map(Cow::Owned).map_err(|_| error())
}

/// Returns the text of a variable that is ASCII.
fn text(value: &[u8]) -> &str {
    std::str::from_utf8(value).unwrap_or_default()
}
