//! File store: an in-memory cache with revalidation, over the files on disk.

pub(crate) mod entry;
mod load;
mod siblings;
mod snapshot;
pub(crate) mod version;

use std::{
    fmt,
    fs::File,
    hash::{BuildHasher, RandomState},
    io,
    ops::RangeInclusive,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::HeaderValue;
use quick_cache::{Equivalent, OptionsBuilder, Weighter, sync::Cache};

use crate::{
    compress,
    media_type::{self, MediaTypes},
    request::accept_encoding::{Coding, Codings},
    response::{cache_control::CachePolicy, file_part::MIN_WINDOW},
    store::{
        entry::{Content, Entry, EntryParts, KeptFile},
        siblings::{LISTINGS, Listing},
        snapshot::Snapshot,
        version::Version,
    },
    system::{self, CAN_SEND_FILES, IoMode, Opened, Symlinks, signature::Signature},
};

/// The number of files in memory that are kept open as well.
const KEPT_FILES: usize = 256;

/// The number of uncached files whose versions are cached.
const VERSIONS: usize = 10_000;

/// A monotonic clock.
pub(crate) type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The configuration of a store.
#[derive(Clone)]
pub(crate) struct StoreConfig {
    pub(crate) root: PathBuf,
    pub(crate) symlinks: Symlinks,
    pub(crate) cache_size: u64,
    pub(crate) max_cached_file: u64,
    /// Whether entries are cached; disabled in debug mode.
    pub(crate) cache: bool,
    pub(crate) precompressed: bool,
    pub(crate) compress: bool,
    pub(crate) plain_url_cache: CachePolicy,
    pub(crate) media_types: MediaTypes,
    pub(crate) clock: Option<Clock>,
}

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

/// The options of one lookup.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LookupOptions {
    pub(crate) mode: IoMode,
    /// Whether the response depends on the version, so that even an uncached file must be hashed.
    pub(crate) needs_version: bool,
    /// Whether the requested version differs from the cached one, which may then be outdated.
    pub(crate) version_mismatch: bool,
}

/// The result of a lookup.
#[derive(Debug)]
pub(crate) enum Lookup {
    File(Arc<Entry>),
    Directory,
}

pub(crate) struct Store {
    pub(crate) config: StoreConfig,
    entries: Cache<Key, Arc<Entry>, ByLength>,
    /// The versions of uncached files.
    versions: Cache<String, (Signature, Version)>,
    /// The listings of directories.
    listings: Cache<String, Listing>,
    /// The last one, until it is as old as an entry that is not fresh.
    snapshot: Mutex<Option<Arc<Snapshot>>>,
    /// Held while a file is hashed or compressed, or a directory listed, so that no two threads do the same work.
    locks: [Mutex<()>; 16],
    /// A clone for each file that is kept open.
    kept_files: Arc<()>,
    hasher: RandomState,
}

impl Store {
    pub(crate) fn new(mut config: StoreConfig) -> Self {
        // A file that fills the cache alone would evict all others.
        config.max_cached_file = config.max_cached_file.min(config.cache_size / 2);
        let options = OptionsBuilder::new()
            .estimated_items_capacity(
                usize::try_from(config.cache_size / 16_384)
                    .unwrap_or(usize::MAX)
                    .clamp(16, 100_000),
            )
            .weight_capacity(config.cache_size)
            // With several shards, the budget of one would be too small for a large file.
            .shards(1)
            .build()
            .expect("both capacities are set");
        Self {
            entries: Cache::with_options(options, ByLength, Default::default(), Default::default()),
            versions: Cache::new(VERSIONS),
            listings: Cache::new(LISTINGS),
            snapshot: Mutex::default(),
            locks: Default::default(),
            kept_files: Arc::default(),
            hasher: RandomState::new(),
            config,
        }
    }

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

    pub(crate) fn open(&self, name: &str, mode: IoMode) -> io::Result<Opened> {
        let snapshot = self.snapshot(self.now(), false)?;
        self.open_in(&snapshot, name, mode)
    }

    pub(super) fn open_in(
        &self,
        snapshot: &Snapshot,
        name: &str,
        mode: IoMode,
    ) -> io::Result<Opened> {
        snapshot.find(name, self.config.symlinks, mode)
    }

    /// Returns a snapshot that is as new as a fresh entry.
    pub(super) fn snapshot(
        &self,
        now: Duration,
        version_mismatch: bool,
    ) -> io::Result<Arc<Snapshot>> {
        let mut last = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = &*last
            && entry::is_fresh(snapshot.opened, now, version_mismatch)
        {
            return Ok(Arc::clone(snapshot));
        }
        // An old root is not kept open if there is no new one.
        *last = None;
        let snapshot = Arc::new(Snapshot::open(&self.config.root, now)?);
        if self.config.cache {
            *last = Some(Arc::clone(&snapshot));
        }
        Ok(snapshot)
    }

    /// The current size of all entries in bytes, within the budget.
    pub(crate) fn size(&self) -> u64 {
        self.entries.weight()
    }

    pub(super) fn now(&self) -> Duration {
        match &self.config.clock {
            None => system::now(),
            Some(clock) => clock(),
        }
    }

    pub(super) fn cached(&self, name: &str, coding: Option<Coding>) -> Option<Arc<Entry>> {
        self.entries.get(&KeyRef { name, coding })
    }

    pub(super) fn insert(&self, name: &str, coding: Option<Coding>, entry: &Arc<Entry>) {
        if self.config.cache {
            let name = name.to_owned();
            self.entries.insert(Key { name, coding }, Arc::clone(entry));
        }
    }

    pub(super) fn remove(&self, name: &str, coding: Option<Coding>) {
        self.entries.remove(&KeyRef { name, coding });
    }

    /// Keeps a file open that was just read, if the kernel can send it and not too many are open.
    ///
    /// A file that is deleted takes its space on the disk until its entry is evicted or requested.
    pub(super) fn keep(&self, file: File, length: usize) -> Option<KeptFile> {
        let is_sent = CAN_SEND_FILES && length as u64 >= MIN_WINDOW;
        let has_space = Arc::strong_count(&self.kept_files) <= KEPT_FILES;
        (is_sent && has_space).then(|| KeptFile::new(file, Arc::clone(&self.kept_files)))
    }

    pub(super) fn lock_for(&self, name: &str) -> &Mutex<()> {
        let at = self.hasher.hash_one(name) % self.locks.len() as u64;
        &self.locks[usize::try_from(at).expect("less than 16")]
    }

    pub(super) fn cached_version(&self, name: &str, signature: &Signature) -> Option<Version> {
        let (of, version) = self.versions.get(name)?;
        (of == *signature).then_some(version)
    }

    /// Hashes an uncached file, unless another thread is already doing so.
    pub(super) fn compute_version_in_background(&self, name: &str) {
        let Ok(_guard) = self.lock_for(name).try_lock() else {
            return;
        };
        let compute = || {
            let Opened::File(file, signature) = self.open(name, IoMode::Blocking)? else {
                return Ok(None);
            };
            match self.cached_version(name, &signature) {
                None => self.compute_version(name, &file, &signature),
                cached => Ok(cached),
            }
        };
        if let Err(error) = compute() {
            tracing::debug!(name, %error, "cannot hash a static file");
        }
    }

    /// Hashes an uncached file. Returns `None` if it changed meanwhile and so has no version.
    pub(super) fn compute_version(
        &self,
        name: &str,
        file: &File,
        signature: &Signature,
    ) -> io::Result<Option<Version>> {
        let (is_unambiguous, is_settled) = (signature.is_unambiguous(), signature.is_settled());
        let version = Version::read(file)?;
        if !is_unambiguous || !signature.is_still_of(file)? {
            return Ok(None);
        }
        if is_settled {
            self.versions.insert(name.to_owned(), (*signature, version));
        }
        Ok(Some(version))
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("root", &self.config.root)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    name: String,
    coding: Option<Coding>,
}

/// A borrowed [`Key`]. Its fields are in the same order, so it has the same hash.
#[derive(Hash)]
struct KeyRef<'a> {
    name: &'a str,
    coding: Option<Coding>,
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.name == key.name && self.coding == key.coding
    }
}

#[derive(Clone)]
struct ByLength;

impl Weighter<Key, Arc<Entry>> for ByLength {
    fn weight(&self, key: &Key, entry: &Arc<Entry>) -> u64 {
        entry.weight(&key.name)
    }
}
