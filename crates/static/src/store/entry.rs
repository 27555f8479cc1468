//! Cache entry: the content of a file or its descriptor, with prepared response headers.

use std::{
    fs::File,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    request::{
        accept_encoding::{Coding, Codings},
        conditions::{LastModified, Validators},
    },
    response::cache_control::{self, CachePolicy},
    store::version::Version,
    system::{self, signature::Signature},
};

/// The time until an entry is revalidated with `stat`.
const FRESH: Duration = Duration::from_secs(1);

/// The same for a request whose URL has another version: another process may have seen a new
/// version of the file.
const FRESH_IF_MISMATCH: Duration = Duration::from_millis(50);

/// The maximum time that a stale entry is served while its file is being written.
const MAX_STALE: Duration = Duration::from_secs(5);

/// The estimated memory of an entry without its content.
const OVERHEAD: usize = 4096;

#[derive(Debug)]
pub(crate) enum Content {
    /// The bytes, and the file with the same content if it is kept open.
    Memory(Bytes, Option<KeptFile>),
    File(Arc<File>),
}

/// The open file of an entry in memory, for a server that can send files itself.
#[derive(Debug)]
pub(crate) struct KeptFile {
    file: Arc<File>,
    /// Whether it was in the page cache at the last revalidation.
    is_in_page_cache: AtomicBool,
    /// Counts the files that a store keeps open.
    _permit: Arc<()>,
}

impl KeptFile {
    /// Keeps a file that was just read.
    pub(crate) fn new(file: File, permit: Arc<()>) -> Self {
        Self {
            file: Arc::new(file),
            is_in_page_cache: AtomicBool::new(true),
            _permit: permit,
        }
    }

    /// Returns the file, if sending it does not wait for the disk.
    pub(crate) fn get(&self) -> Option<&Arc<File>> {
        let is_in_page_cache = self.is_in_page_cache.load(Relaxed);
        is_in_page_cache.then_some(&self.file)
    }

    fn revalidate(&self, length: u64) {
        let is_in_page_cache = system::cached_length(&self.file, 0..length) == length;
        self.is_in_page_cache.store(is_in_page_cache, Relaxed);
    }
}

/// A file in one coding, at one point in time.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) signature: Signature,
    pub(crate) content: Content,
    pub(crate) length: u64,
    /// The version of the content; `None` for an uncached file until its hash is computed.
    pub(crate) version: Option<Version>,
    pub(crate) validators: Validators,
    pub(crate) content_type: HeaderValue,
    /// The coding of the content.
    pub(crate) coding: Option<Coding>,
    /// The codings of precompressed siblings.
    pub(crate) codings: Codings,
    headers: PreparedHeaders,
    /// Whether the last write was long enough before the read. If not, a later version can have the
    /// same signature.
    pub(crate) is_settled: bool,
    /// The time of the last revalidation, in milliseconds of the store's clock.
    checked: AtomicU64,
    /// The time when a change was first noticed; zero if none was.
    changed: AtomicU64,
}

/// The parameters of [`Entry::new`].
pub(crate) struct EntryParts {
    pub(crate) signature: Signature,
    pub(crate) is_settled: bool,
    pub(crate) content: Content,
    pub(crate) version: Option<Version>,
    pub(crate) content_type: HeaderValue,
    pub(crate) coding: Option<Coding>,
    pub(crate) codings: Codings,
    /// Compressed at runtime: another run of the encoder can give other bytes, so the entity tag is
    /// weak.
    pub(crate) is_encoded_here: bool,
    /// Whether the response depends on `Accept-Encoding`.
    pub(crate) varies: bool,
    pub(crate) policy: CachePolicy,
    pub(crate) now: Duration,
}

impl Entry {
    pub(crate) fn new(parts: EntryParts) -> Self {
        let today = SystemTime::now();
        let etag = parts.version.map(|version| {
            let weak = if parts.is_encoded_here { "W/" } else { "" };
            let etag = [weak, "\"", version.as_str(), "\""].concat();
            HeaderValue::try_from(etag).expect("hexadecimal digits are ASCII")
        });
        let validators = Validators {
            etag,
            last_modified: LastModified::new(parts.signature.modified, today),
        };
        let length = match &parts.content {
            Content::Memory(content, _) => content.len() as u64,
            Content::File(_) => parts.signature.length,
        };
        let headers = PreparedHeaders::new(&parts, length, &validators, today);
        Self {
            signature: parts.signature,
            content: parts.content,
            length,
            version: parts.version,
            validators,
            content_type: parts.content_type,
            coding: parts.coding,
            codings: parts.codings,
            is_settled: parts.is_settled,
            headers,
            checked: AtomicU64::new(milliseconds(parts.now)),
            changed: AtomicU64::new(0),
        }
    }

    /// The headers of a 200 response.
    pub(crate) fn head(&self, is_immutable: bool) -> &HeaderMap {
        self.headers.complete(is_immutable)
    }

    /// The headers of a 304 response (RFC 9110, section 15.4.5).
    pub(crate) fn not_modified_head(&self, is_immutable: bool) -> &HeaderMap {
        self.headers.not_modified(is_immutable)
    }

    /// Whether no revalidation is needed yet.
    pub(crate) fn is_fresh(&self, now: Duration, version_mismatch: bool) -> bool {
        let checked = Duration::from_millis(self.checked.load(Relaxed));
        is_fresh(checked, now, version_mismatch)
    }

    /// Records a successful revalidation.
    pub(crate) fn mark_checked(&self, now: Duration) {
        self.checked.store(milliseconds(now), Relaxed);
        if let Content::Memory(_, Some(file)) = &self.content {
            file.revalidate(self.length);
        }
    }

    /// Whether to keep serving this stale entry while its file is being written.
    pub(crate) fn may_serve_stale(&self, now: Duration) -> bool {
        let now = milliseconds(now).max(1);
        let since = match self.changed.compare_exchange(0, now, Relaxed, Relaxed) {
            Ok(_) => now,
            Err(since) => since,
        };
        now.saturating_sub(since) < milliseconds(MAX_STALE)
    }

    /// The weight of the entry in the cache, in bytes.
    pub(crate) fn weight(&self, name: &str) -> u64 {
        let content = match &self.content {
            Content::Memory(content, _) => content.len(),
            Content::File(_) => 0,
        };
        (content + name.len() + OVERHEAD) as u64
    }
}

/// Whether what was seen at that time is still good.
pub(super) fn is_fresh(seen: Duration, now: Duration, version_mismatch: bool) -> bool {
    let fresh = if version_mismatch {
        FRESH_IF_MISMATCH
    } else {
        FRESH
    };
    milliseconds(now).saturating_sub(milliseconds(seen)) < milliseconds(fresh)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Prepared headers for each kind of response: cloning a map is cheaper than filling one.
#[derive(Debug)]
struct PreparedHeaders {
    plain: HeaderMap,
    /// When the entry was made, from which `Expires` counts.
    made: SystemTime,
    immutable: OnceLock<HeaderMap>,
    not_modified: [OnceLock<HeaderMap>; 2],
}

impl PreparedHeaders {
    fn new(parts: &EntryParts, length: u64, validators: &Validators, today: SystemTime) -> Self {
        // For all headers below.
        let mut plain = HeaderMap::with_capacity(9);
        plain.insert(header::CONTENT_TYPE, parts.content_type.clone());
        plain.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        plain.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        plain.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        plain.insert(header::CACHE_CONTROL, parts.policy.cache_control());
        if let Some(etag) = &validators.etag {
            plain.insert(header::ETAG, etag.clone());
        }
        if let Some(date) = &validators.last_modified {
            plain.insert(header::LAST_MODIFIED, date.value.clone());
        }
        if let Some(coding) = parts.coding {
            plain.insert(
                header::CONTENT_ENCODING,
                HeaderValue::from_static(coding.name()),
            );
        }
        if parts.varies {
            plain.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        Self {
            plain,
            made: today,
            immutable: OnceLock::new(),
            not_modified: Default::default(),
        }
    }

    fn complete(&self, is_immutable: bool) -> &HeaderMap {
        if !is_immutable {
            return &self.plain;
        }
        self.immutable.get_or_init(|| {
            let mut head = self.plain.clone();
            head.insert(header::CACHE_CONTROL, cache_control::immutable());
            head.insert(header::EXPIRES, cache_control::expires(self.made));
            head
        })
    }

    fn not_modified(&self, is_immutable: bool) -> &HeaderMap {
        const KEPT: [HeaderName; 5] = [
            header::CACHE_CONTROL,
            header::ETAG,
            header::EXPIRES,
            header::LAST_MODIFIED,
            header::VARY,
        ];
        self.not_modified[usize::from(is_immutable)].get_or_init(|| {
            let complete = self.complete(is_immutable);
            let kept = KEPT.into_iter().filter_map(|name| {
                let value = complete.get(&name)?.clone();
                Some((name, value))
            });
            kept.collect()
        })
    }
}
