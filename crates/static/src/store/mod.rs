//! File store: an in-memory cache with revalidation, over the files on disk.

mod compressed;
pub(crate) mod entry;
mod entry_cache;
mod load;
mod siblings;
mod snapshot;
mod uncached_versions;
pub(crate) mod version;

use std::{
    fmt,
    fs::File,
    hash::{BuildHasher, RandomState},
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quick_cache::sync::Cache;

use crate::{
    media_type::MediaTypes,
    request::accept_encoding::Coding,
    response::{cache_control::CachePolicy, file_part::MIN_WINDOW},
    store::{
        entry::{Entry, KeptFile},
        entry_cache::EntryCache,
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
    entries: EntryCache,
    /// The versions of uncached files.
    versions: Cache<String, (Signature, Version)>,
    /// The listings of directories.
    listings: Cache<String, Listing>,
    /// The last one, until it is as old as an entry that is not fresh.
    snapshot: Mutex<Option<Arc<Snapshot>>>,
    /// Held while a file is hashed or compressed, or a directory listed, so that no two threads do
    /// the same work.
    locks: [Mutex<()>; 16],
    /// A clone for each file that is kept open.
    kept_files: Arc<()>,
    hasher: RandomState,
}

impl Store {
    pub(crate) fn new(mut config: StoreConfig) -> Self {
        // A file that fills the cache alone would evict all others.
        config.max_cached_file = config.max_cached_file.min(config.cache_size / 2);
        Self {
            entries: EntryCache::new(config.cache_size),
            versions: Cache::new(VERSIONS),
            listings: Cache::new(LISTINGS),
            snapshot: Mutex::default(),
            locks: Default::default(),
            kept_files: Arc::default(),
            hasher: RandomState::new(),
            config,
        }
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
        self.entries.size()
    }

    pub(super) fn now(&self) -> Duration {
        match &self.config.clock {
            None => system::now(),
            Some(clock) => clock(),
        }
    }

    pub(super) fn cached(&self, name: &str, coding: Option<Coding>) -> Option<Arc<Entry>> {
        self.entries.get(name, coding)
    }

    pub(super) fn insert(&self, name: &str, coding: Option<Coding>, entry: &Arc<Entry>) {
        if self.config.cache {
            self.entries.insert(name, coding, Arc::clone(entry));
        }
    }

    pub(super) fn remove(&self, name: &str, coding: Option<Coding>) {
        self.entries.remove(name, coding);
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
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("root", &self.config.root)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}
