//! One request on its way through the files.

use std::{io, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request};

use crate::{
    accept_encoding::{self, Codings},
    body::Body,
    entry::Entry,
    listing::{self, Item},
    path::{self, FilePath},
    respond::{respond, response, status},
    service::Shared,
    store::{Found, Look},
    system::{Directory, How, Opened},
    version::without_version,
};

/// A GET or HEAD and what it may do.
pub(crate) struct Visit<'a> {
    shared: &'a Shared,
    request: &'a request::Parts,
    /// The version that the query names.
    claimed: Option<&'a str>,
    look: Look,
}

impl<'a> Visit<'a> {
    pub(crate) fn new(shared: &'a Shared, request: &'a request::Parts, how: How) -> Self {
        let claimed = request
            .uri
            .query()
            .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("v=")));
        let by_tag = [header::IF_NONE_MATCH, header::IF_MATCH, header::IF_RANGE];
        let needs_version = claimed.is_some()
            || by_tag
                .into_iter()
                .any(|name| request.headers.contains_key(name));
        let look = Look {
            how,
            needs_version,
            in_doubt: false,
        };
        Self {
            shared,
            request,
            claimed,
            look,
        }
    }

    pub(crate) fn path(&self, path: &FilePath<'_>) -> io::Result<Response<Body>> {
        if path.is_directory {
            return self.directory(&path.name);
        }
        match self.find(&path.name) {
            Ok(Found::File(entry)) => {
                let claimed = self.claimed.or_else(|| version_in(&path.name));
                self.file(&path.name, entry, claimed)
            }
            Ok(Found::Directory) => self.redirect(&path.name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.versioned(&path.name),
            Err(error) => Err(error),
        }
    }

    /// A name with a version in it, of a file that has none in its own.
    fn versioned(&self, name: &str) -> io::Result<Response<Body>> {
        let (name, version) = without_version(name).ok_or(io::ErrorKind::NotFound)?;
        match self.find(&name)? {
            Found::File(entry) => self.file(&name, entry, Some(version)),
            Found::Directory => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn file(
        &self,
        name: &str,
        mut entry: Arc<Entry>,
        claimed: Option<&str>,
    ) -> io::Result<Response<Body>> {
        let is_it = |entry: &Entry| match (claimed, &entry.version) {
            (Some(claimed), Some(version)) => claimed == version.as_str(),
            _ => false,
        };
        if claimed.is_some() && !is_it(&entry) {
            let look = Look {
                in_doubt: true,
                needs_version: true,
                ..self.look
            };
            if let Found::File(newer) = self.shared.store.find(name, None, look)? {
                entry = newer;
            }
        }
        let is_immutable = is_it(&entry);
        let chosen = self.encoded(name, &entry)?.unwrap_or(entry);
        Ok(respond(self.request, &chosen, is_immutable))
    }

    /// The file in the coding that the client likes best, if that is not as it is.
    fn encoded(&self, name: &str, entry: &Arc<Entry>) -> io::Result<Option<Arc<Entry>>> {
        let headers = &self.request.headers;
        let store = &self.shared.store;
        // Two runs of a compressor may differ, and a part of each makes no whole.
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
                .compressed(name, coding, entry, self.look.how)
                .map(Some);
        }
        match store.find(name, Some(coding), self.look) {
            Ok(Found::File(entry)) => Ok(Some(entry)),
            // It has gone since we looked.
            Ok(Found::Directory) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn directory(&self, name: &str) -> io::Result<Response<Body>> {
        if let Some(index) = self.index(name) {
            match self.find(&index) {
                Ok(Found::File(entry)) => return self.file(&index, entry, self.claimed),
                Ok(Found::Directory) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        match self.shared.store.open(name, self.look.how)? {
            Opened::Directory(directory) if self.shared.listing => self.list(name, &directory),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// From a directory's URL to the one with a slash at its end, if anything is there.
    fn redirect(&self, name: &str) -> io::Result<Response<Body>> {
        let has_index = match self.index(name).map(|index| self.find(&index)) {
            Some(Ok(Found::File(_))) => true,
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => false,
        };
        if !has_index && !self.shared.listing {
            return Err(io::ErrorKind::NotFound.into());
        }
        // Relative to the URL that the client sees, whatever a router took off it, and with "./" in
        // front it cannot be read as one with a host or a scheme.
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
        if self.look.how == How::Inline {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let items = directory.names()?.into_iter().filter_map(|item| {
            let path = join(name, &item);
            FilePath::from_name(&path, self.shared.dotfiles)?;
            let opened = self.shared.store.open(&path, How::Blocking).ok()?;
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
        let body = match self.request.method {
            Method::HEAD => Body::empty(),
            _ => Body::bytes(page.into()),
        };
        Ok(response(StatusCode::OK, head, body))
    }

    /// What is served where nothing is.
    pub(crate) fn fallback(&self, name: &str) -> io::Result<Response<Body>> {
        let is_page = !name.rsplit('/').next().unwrap_or_default().contains('.');
        match &self.shared.fallback {
            Some(fallback) if is_page => match self.find(fallback) {
                Ok(Found::File(entry)) => self.file(fallback, entry, None),
                Ok(Found::Directory) => Ok(status(StatusCode::NOT_FOUND)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    Ok(status(StatusCode::NOT_FOUND))
                }
                Err(error) => Err(error),
            },
            _ => Ok(status(StatusCode::NOT_FOUND)),
        }
    }

    fn find(&self, name: &str) -> io::Result<Found> {
        self.shared.store.find(name, None, self.look)
    }

    fn index(&self, directory: &str) -> Option<String> {
        Some(join(directory, self.shared.default_filename.as_ref()?))
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
