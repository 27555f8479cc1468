//! Request handling: from a path to the response for a file, a directory or a fallback.

use std::{io, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use crate::{
    request::{
        accept_encoding::{self, Codings},
        conditions::Conditions,
        head::RequestHead,
        path::{self, FilePath},
    },
    response::{
        body::Body,
        listing::{self, Item},
        respond, response, status,
    },
    state::ServiceState,
    store::{Lookup, LookupOptions, entry::Entry, version::without_version},
    system::{Directory, IoMode, Opened},
};

/// The context of a GET or HEAD request.
pub(crate) struct RequestContext<'a> {
    state: &'a ServiceState,
    request: RequestHead<'a>,
    conditions: Conditions<'a>,
    /// The version in the query.
    query_version: Option<&'a str>,
    options: LookupOptions,
}

impl<'a> RequestContext<'a> {
    pub(crate) fn new(state: &'a ServiceState, request: RequestHead<'a>, mode: IoMode) -> Self {
        let query_version = request
            .uri
            .query()
            .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("v=")));
        let conditions = Conditions::of(request.headers);
        let needs_version = query_version.is_some() || conditions.needs_etag();
        let options = LookupOptions {
            mode,
            needs_version,
            version_mismatch: false,
        };
        Self {
            state,
            request,
            conditions,
            query_version,
            options,
        }
    }

    pub(crate) fn path(&self, path: &FilePath<'_>) -> io::Result<Response<Body>> {
        if path.is_directory {
            return self.directory(&path.name);
        }
        match self.find(&path.name) {
            Ok(Lookup::File(entry)) => {
                let version = self.query_version.or_else(|| version_in(&path.name));
                self.file(&path.name, entry, version)
            }
            Ok(Lookup::Directory) => self.redirect(&path.name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.versioned(&path.name),
            Err(error) => Err(error),
        }
    }

    /// Handles a name that contains a version, of a file whose own name does not.
    fn versioned(&self, name: &str) -> io::Result<Response<Body>> {
        let (name, version) = without_version(name).ok_or(io::ErrorKind::NotFound)?;
        match self.find(&name)? {
            Lookup::File(entry) => self.file(&name, entry, Some(version)),
            Lookup::Directory => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn file(
        &self,
        name: &str,
        mut entry: Arc<Entry>,
        version: Option<&str>,
    ) -> io::Result<Response<Body>> {
        let matches = |entry: &Entry| match (version, &entry.version) {
            (Some(version), Some(current)) => version == current.as_str(),
            _ => false,
        };
        if version.is_some() && !matches(&entry) {
            let options = LookupOptions {
                version_mismatch: true,
                needs_version: true,
                ..self.options
            };
            if let Lookup::File(newer) = self.state.store.find(name, None, options)? {
                entry = newer;
            }
        }
        let is_immutable = matches(&entry);
        let chosen = self.encoded(name, &entry)?.unwrap_or(entry);
        let method = self.request.method;
        Ok(respond(method, &self.conditions, &chosen, is_immutable))
    }

    /// Returns the entry in the preferred coding of the client; `None` for the identity coding.
    fn encoded(&self, name: &str, entry: &Arc<Entry>) -> io::Result<Option<Arc<Entry>>> {
        let headers = self.request.headers;
        let store = &self.state.store;
        // Ranges of the output of two compressor runs may not fit together.
        let compresses = store.compresses(entry) && !headers.contains_key(header::RANGE);
        if entry.codings.is_empty() && !compresses {
            return Ok(None);
        }
        let available = if compresses {
            Codings::all()
        } else {
            entry.codings
        };
        let accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
        let Some(coding) = accept_encoding::choose(accepted.map(HeaderValue::as_bytes), available)
        else {
            return Ok(None);
        };
        if !entry.codings.contains(coding) {
            return store
                .compressed(name, coding, entry, self.options.mode)
                .map(Some);
        }
        match store.find(name, Some(coding), self.options) {
            Ok(Lookup::File(entry)) => Ok(Some(entry)),
            // The sibling has been removed since the entry was loaded.
            Ok(Lookup::Directory) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn directory(&self, name: &str) -> io::Result<Response<Body>> {
        if let Some(index) = self.index(name) {
            match self.find(&index) {
                Ok(Lookup::File(entry)) => return self.file(&index, entry, self.query_version),
                Ok(Lookup::Directory) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        match self.state.store.open(name, self.options.mode)? {
            Opened::Directory(directory) if self.state.listing => self.list(name, &directory),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Redirects a directory's URL to the one with a trailing slash, if that one exists.
    fn redirect(&self, name: &str) -> io::Result<Response<Body>> {
        let has_index = match self.index(name).map(|index| self.find(&index)) {
            Some(Ok(Lookup::File(_))) => true,
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => false,
        };
        if !has_index && !self.state.listing {
            return Err(io::ErrorKind::NotFound.into());
        }
        // Relative to the client's URL, whose prefix a router may have stripped. "./" prevents
        // parsing the name as a host or a scheme.
        let last = name.rsplit('/').next().unwrap_or_default();
        let query = match self.request.uri.query() {
            Some(query) => format!("?{}", path::encode_query(query)),
            None => String::new(),
        };
        let location = HeaderValue::try_from(format!("./{}/{query}", path::encode(last)))
            .map_err(|_| io::ErrorKind::NotFound)?;
        let mut head = HeaderMap::new();
        head.insert(header::LOCATION, location);
        head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        Ok(response(StatusCode::MOVED_PERMANENTLY, head, Body::empty()))
    }

    fn list(&self, name: &str, directory: &Directory) -> io::Result<Response<Body>> {
        if self.options.mode == IoMode::Inline {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let items = directory.names()?.into_iter().filter_map(|item| {
            let path = join(name, &item);
            FilePath::from_name(&path, self.state.dotfiles)?;
            let opened = self.state.store.open(&path, IoMode::Blocking).ok()?;
            let is_directory = matches!(opened, Opened::Directory(_));
            Some(Item {
                name: item,
                is_directory,
            })
        });
        let page = listing::page(name, items.collect());
        let mut head = HeaderMap::new();
        for (name, value) in [
            (header::CACHE_CONTROL, "no-cache"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            head.insert(name, HeaderValue::from_static(value));
        }
        head.insert(header::CONTENT_LENGTH, HeaderValue::from(page.len()));
        let body = match *self.request.method {
            Method::HEAD => Body::empty(),
            _ => Body::bytes(page.into()),
        };
        Ok(response(StatusCode::OK, head, body))
    }

    /// Responds to a request for a missing file: with the fallback page, or 404.
    pub(crate) fn fallback(&self, name: &str) -> io::Result<Response<Body>> {
        let is_page = !name.rsplit('/').next().unwrap_or_default().contains('.');
        match &self.state.fallback {
            Some(fallback) if is_page => match self.find(fallback) {
                Ok(Lookup::File(entry)) => self.file(fallback, entry, None),
                Ok(Lookup::Directory) => Ok(status(StatusCode::NOT_FOUND)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    Ok(status(StatusCode::NOT_FOUND))
                }
                Err(error) => Err(error),
            },
            _ => Ok(status(StatusCode::NOT_FOUND)),
        }
    }

    fn find(&self, name: &str) -> io::Result<Lookup> {
        self.state.store.find(name, None, self.options)
    }

    fn index(&self, directory: &str) -> Option<String> {
        Some(join(directory, self.state.default_filename.as_ref()?))
    }
}

fn join(directory: &str, name: &str) -> String {
    match directory {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}

fn version_in(name: &str) -> Option<&str> {
    without_version(name).map(|(_, version)| version)
}
