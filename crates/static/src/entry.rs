//! A file as it is served: its content or a descriptor on it, and headers made in advance.

use std::{
    fs::File,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    accept_encoding::{Coding, Codings},
    cache_control::{self, CachePolicy},
    conditions::{LastModified, Validators},
    signature::Signature,
    version::Version,
};

/// For how long a file is believed to be what it was.
const FRESH: Duration = Duration::from_secs(1);

/// For how long when a URL names another version than we know: another process may have seen
/// the new one first.
const FRESH_IN_DOUBT: Duration = Duration::from_millis(50);

/// For how long an old version is served while the file is written again and again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Headers and the rest, in memory.
const OVERHEAD: usize = 4096;

#[derive(Debug)]
pub(crate) enum Content {
    Memory(Bytes),
    File(Arc<File>),
}

/// One file in one coding, at one time.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) signature: Signature,
    pub(crate) content: Content,
    pub(crate) length: u64,
    /// Of this content. A great file has none until it is read through.
    pub(crate) version: Option<Version>,
    pub(crate) validators: Validators,
    pub(crate) content_type: HeaderValue,
    /// In which other codings the file is there.
    pub(crate) codings: Codings,
    heads: Heads,
    /// Whether the file had not been written to for a while when it was read. Otherwise a later
    /// version may have the same signature.
    pub(crate) is_settled: bool,
    /// When the file was last looked at, in milliseconds of the store's clock.
    checked: AtomicU64,
    /// When it was first seen to change; zero if it was not.
    changed: AtomicU64,
}

/// What an [`Entry`] is made of.
pub(crate) struct Parts {
    pub(crate) signature: Signature,
    pub(crate) is_settled: bool,
    pub(crate) content: Content,
    pub(crate) version: Option<Version>,
    pub(crate) content_type: HeaderValue,
    pub(crate) coding: Option<Coding>,
    pub(crate) codings: Codings,
    /// Encoded by us: whoever does it again may get other bytes, so the tag is a weak one.
    pub(crate) is_encoded_here: bool,
    /// Whether the response depends on `Accept-Encoding`.
    pub(crate) varies: bool,
    pub(crate) policy: CachePolicy,
    pub(crate) now: Duration,
}

impl Entry {
    pub(crate) fn new(parts: Parts) -> Self {
        let today = SystemTime::now();
        let etag = parts.version.map(|version| {
            let weak = if parts.is_encoded_here { "W/" } else { "" };
            HeaderValue::try_from(format!("{weak}\"{}\"", version.as_str()))
                .expect("hexadecimal digits are ASCII")
        });
        let validators = Validators {
            etag,
            last_modified: LastModified::new(parts.signature.modified, today),
        };
        let length = match &parts.content {
            Content::Memory(content) => content.len() as u64,
            Content::File(_) => parts.signature.length,
        };
        let heads = Heads::new(&parts, length, &validators, today);
        Self {
            signature: parts.signature,
            content: parts.content,
            length,
            version: parts.version,
            validators,
            content_type: parts.content_type,
            codings: parts.codings,
            is_settled: parts.is_settled,
            heads,
            checked: AtomicU64::new(milliseconds(parts.now)),
            changed: AtomicU64::new(0),
        }
    }

    /// The headers of a 200.
    pub(crate) fn head(&self, is_immutable: bool) -> &HeaderMap {
        self.heads.complete(is_immutable)
    }

    /// The headers of a 304 (RFC 9110, section 15.4.5).
    pub(crate) fn not_modified_head(&self, is_immutable: bool) -> &HeaderMap {
        self.heads.not_modified(is_immutable)
    }

    /// Whether it need not be looked at again yet.
    pub(crate) fn is_fresh(&self, now: Duration, in_doubt: bool) -> bool {
        let fresh = if in_doubt { FRESH_IN_DOUBT } else { FRESH };
        milliseconds(now).saturating_sub(self.checked.load(Relaxed)) < milliseconds(fresh)
    }

    /// It was looked at, and is still the same.
    pub(crate) fn confirm(&self, now: Duration) {
        self.checked.store(milliseconds(now), Relaxed);
    }

    /// Whether to serve this old version a little longer, since the file is just being written.
    pub(crate) fn outlasts_writing(&self, now: Duration) -> bool {
        let now = milliseconds(now).max(1);
        let since = match self.changed.compare_exchange(0, now, Relaxed, Relaxed) {
            Ok(_) => now,
            Err(since) => since,
        };
        now.saturating_sub(since) < milliseconds(PATIENCE)
    }

    /// How much of the budget it takes, under a name.
    pub(crate) fn weight(&self, name: &str) -> u64 {
        let content = match &self.content {
            Content::Memory(content) => content.len(),
            Content::File(_) => 0,
        };
        (content + name.len() + OVERHEAD) as u64
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// All headers but those of ranges, complete in each map: to clone one is cheaper than to fill one.
#[derive(Debug)]
struct Heads {
    plain: HeaderMap,
    expires: HeaderValue,
    immutable: OnceLock<HeaderMap>,
    not_modified: [OnceLock<HeaderMap>; 2],
}

impl Heads {
    fn new(parts: &Parts, length: u64, validators: &Validators, today: SystemTime) -> Self {
        let mut plain = HeaderMap::new();
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
            expires: cache_control::expires(today),
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
            head.insert(header::EXPIRES, self.expires.clone());
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
