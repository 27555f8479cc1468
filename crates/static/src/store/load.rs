//! Cache lookup: finds a file in the cache, or opens, reads and hashes it.

use std::{
    borrow::Cow,
    fs::File,
    io, mem,
    sync::{Arc, PoisonError},
    time::Duration,
};

use bytes::Bytes;

use crate::{
    blocking,
    media_type::is_gzip,
    request::accept_encoding::{Coding, Codings},
    store::{
        Lookup, LookupOptions, Store,
        entry::{Content, Entry, EntryParts},
        snapshot::Snapshot,
        version::Version,
    },
    system::{self, IoMode, Opened, signature::Signature},
};

/// The longest file that is read on the event loop, if it is in the page cache.
const INLINE_LENGTH: u64 = 64 * 1024;

/// The number of attempts to read a file that changes during the read.
const TRIES: u32 = 10;

/// The lookup of a file that was just opened.
struct Load<'a> {
    store: &'a Arc<Store>,
    name: &'a str,
    coding: Option<Coding>,
    options: LookupOptions,
    now: Duration,
    snapshot: &'a Arc<Snapshot>,
}

/// The metadata of a file before it is read.
#[derive(Clone, Copy)]
struct FileMetadata {
    signature: Signature,
    is_settled: bool,
    codings: Codings,
}

impl Store {
    /// Looks up a file by name. With a coding, looks up its precompressed sibling.
    pub(crate) fn find(
        self: &Arc<Self>,
        name: &str,
        coding: Option<Coding>,
        options: LookupOptions,
    ) -> io::Result<Lookup> {
        let now = self.now();
        let cached = self.cached(name, coding);
        if let Some(entry) = &cached
            && entry.is_fresh(now, options.version_mismatch)
        {
            return Ok(Lookup::File(Arc::clone(entry)));
        }
        let snapshot = self.snapshot(now, options.version_mismatch);
        let opened = snapshot.and_then(|snapshot| {
            let extension = coding.map_or("", Coding::extension);
            let name: Cow<'_, str> = match extension {
                "" => name.into(),
                extension => format!("{name}{extension}").into(),
            };
            let opened = self.open_in(&snapshot, &name, options.mode)?;
            Ok((snapshot, opened))
        });
        let (snapshot, file, signature) = match opened {
            Ok((snapshot, Opened::File(file, signature))) => (snapshot, file, signature),
            Ok((_, Opened::Directory(_))) => return Ok(Lookup::Directory),
            Err(error) => {
                if cached.is_some() && error.kind() == io::ErrorKind::NotFound {
                    self.remove(name, coding);
                }
                return Err(error);
            }
        };
        let load = Load {
            store: self,
            name,
            coding,
            options,
            now,
            snapshot: &snapshot,
        };
        load.entry(file, signature, cached).map(Lookup::File)
    }
}

impl Load<'_> {
    /// Returns the entry for the opened file. `cached` is the stale entry, if there is one.
    fn entry(
        &self,
        file: File,
        signature: Signature,
        cached: Option<Arc<Entry>>,
    ) -> io::Result<Arc<Entry>> {
        let mut metadata = self.metadata(signature)?;
        if let Some(entry) = &cached {
            let is_same = entry.is_settled
                && entry.signature == metadata.signature
                && entry.codings == metadata.codings;
            if is_same {
                entry.mark_checked(self.snapshot.opened);
            }
            if is_same || !metadata.is_settled && entry.may_serve_stale(self.now) {
                return Ok(Arc::clone(entry));
            }
        }
        if metadata.signature.length > self.store.config.max_cached_file {
            self.store.remove(self.name, self.coding);
            return self.uncached(file, metadata);
        }
        for tries in 1.. {
            let content = self.read(&file, metadata.signature.length)?;
            let before = mem::replace(&mut metadata.signature, Signature::of(&file)?);
            let is_whole = before == metadata.signature && content.len() as u64 == before.length;
            if !is_whole {
                match (&cached, self.options.mode) {
                    (Some(entry), _) => return Ok(Arc::clone(entry)),
                    (None, IoMode::Inline) => break,
                    (None, IoMode::Blocking) if tries < TRIES => continue,
                    // A file that keeps changing is served as it was read.
                    (None, IoMode::Blocking) => {}
                }
            }
            let version = Version::of(&content);
            let is_kept = is_whole && metadata.is_settled;
            let length = content.len();
            let kept = is_kept.then(|| self.store.keep(file, length)).flatten();
            let content = Content::Memory(content, kept);
            let entry = Arc::new(self.build_entry(metadata, Some(version), content));
            // Otherwise the entry is used once, and the next request reads the file again.
            if is_whole && (metadata.is_settled || cached.is_some()) {
                self.store.insert(self.name, self.coding, &entry);
            }
            return Ok(entry);
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Returns an entry for a large file, which is read from disk for each response.
    fn uncached(&self, file: File, metadata: FileMetadata) -> io::Result<Arc<Entry>> {
        let (store, signature) = (self.store, &metadata.signature);
        let name = format!("{}{}", self.name, self.coding.map_or("", Coding::extension));
        let version = match store.cached_version(&name, signature) {
            None if self.options.needs_version => {
                if self.options.mode == IoMode::Inline {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                let _guard = store
                    .lock_for(&name)
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                match store.cached_version(&name, signature) {
                    None => store.compute_version(&name, &file, signature)?,
                    cached => cached,
                }
            }
            None => {
                let store = Arc::clone(store);
                blocking::spawn(move || store.compute_version_in_background(&name));
                None
            }
            cached => cached,
        };
        Ok(Arc::new(self.build_entry(
            metadata,
            version,
            Content::File(Arc::new(file)),
        )))
    }

    fn build_entry(
        &self,
        metadata: FileMetadata,
        version: Option<Version>,
        content: Content,
    ) -> Entry {
        let config = &self.store.config;
        let content_type = config.media_types.of(self.name);
        let own_coding = is_gzip(self.name).then_some(Coding::Gzip);
        let is_compressed = own_coding.is_none() && config.compresses(&content, &content_type);
        Entry::new(EntryParts {
            signature: metadata.signature,
            is_settled: metadata.is_settled,
            content,
            version,
            content_type,
            coding: self.coding.or(own_coding),
            codings: metadata.codings,
            is_encoded_here: false,
            varies: self.coding.is_some() || !metadata.codings.is_empty() || is_compressed,
            policy: config.plain_url_cache,
            // The root may have been replaced since then.
            now: self.snapshot.opened,
        })
    }

    fn metadata(&self, signature: Signature) -> io::Result<FileMetadata> {
        Ok(FileMetadata {
            is_settled: signature.is_settled(),
            codings: self.codings(&signature)?,
            signature,
        })
    }

    fn read(&self, file: &File, length: u64) -> io::Result<Bytes> {
        let mode = self.options.mode;
        if mode == IoMode::Inline && length > INLINE_LENGTH {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut content = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        let mut filled = 0;
        while filled < content.len() {
            match system::read_at(file, &mut content[filled..], filled as u64, mode)? {
                0 => break,
                read => filled += read,
            }
        }
        content.truncate(filled);
        Ok(content.into())
    }

    /// Returns the codings of the precompressed siblings of this file.
    fn codings(&self, signature: &Signature) -> io::Result<Codings> {
        let mut codings = Codings::default();
        if self.coding.is_some() || is_gzip(self.name) || !self.store.config.precompressed {
            return Ok(codings);
        }
        let (snapshot, mode) = (self.snapshot, self.options.mode);
        let possible = self.store.possible_codings(snapshot, self.name, mode)?;
        for coding in Coding::ALL {
            if !possible.contains(coding) {
                continue;
            }
            let name = format!("{}{}", self.name, coding.extension());
            match self.store.open_in(snapshot, &name, mode) {
                Ok(Opened::File(_, sibling)) if is_current(signature, &sibling) => {
                    codings.insert(coding);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        Ok(codings)
    }
}

/// Whether a precompressed sibling is at least as new as its original. Archives store times with a
/// resolution of two seconds.
fn is_current(original: &Signature, compressed: &Signature) -> bool {
    let ahead = original.modified.duration_since(compressed.modified);
    ahead.map_or(true, |ahead| ahead <= Duration::from_secs(2))
}
