//! Entries that are compressed at runtime.

use std::{
    io,
    ops::RangeInclusive,
    sync::{Arc, PoisonError},
};

use http::HeaderValue;

use super::{
    Store, StoreConfig,
    entry::{Content, Entry, EntryParts},
};
use crate::{
    compress, media_type,
    request::accept_encoding::{Coding, Codings},
    system::IoMode,
};

impl StoreConfig {
    pub(crate) fn compresses(&self, content: &Content, content_type: &HeaderValue) -> bool {
        // Below, the savings do not reduce the number of packets; above, compression takes too
        // long.
        const LENGTHS: RangeInclusive<usize> = 512..=4 * 1024 * 1024;
        let Content::Memory(content, _) = content else {
            return false;
        };
        self.compress && LENGTHS.contains(&content.len()) && media_type::is_text(content_type)
    }
}

impl Store {
    /// Returns the entry compressed at runtime, or the entry itself if compression does not make it
    /// smaller.
    pub(crate) fn compressed(
        &self,
        name: &str,
        coding: Coding,
        plain: &Arc<Entry>,
        mode: IoMode,
    ) -> io::Result<Arc<Entry>> {
        let cached = || {
            self.cached(name, Some(coding))
                .filter(|entry| entry.signature == plain.signature)
        };
        if let Some(entry) = cached() {
            return Ok(entry);
        }
        let (Content::Memory(content, _), true) = (&plain.content, plain.is_settled) else {
            return Ok(Arc::clone(plain));
        };
        if mode == IoMode::Inline {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let _guard = self
            .lock_for(name)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = cached() {
            return Ok(entry);
        }
        let compressed = compress::fast(content, coding)?;
        let entry = if compressed.len() < content.len() {
            Arc::new(Entry::new(EntryParts {
                signature: plain.signature,
                is_settled: plain.is_settled,
                content: Content::Memory(compressed.into(), None),
                version: plain.version,
                content_type: plain.content_type.clone(),
                coding: Some(coding),
                codings: Codings::default(),
                is_encoded_here: true,
                varies: true,
                policy: self.config.plain_url_cache,
                now: self.now(),
            }))
        } else {
            Arc::clone(plain)
        };
        self.insert(name, Some(coding), &entry);
        Ok(entry)
    }

    /// Whether the entry can be [compressed](Self::compressed) at runtime.
    pub(crate) fn compresses(&self, entry: &Entry) -> bool {
        entry.coding.is_none() && self.config.compresses(&entry.content, &entry.content_type)
    }
}
