//! Where files come from: memory, as long as it is true and there is room, else the disk.

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
    accept_encoding::{Coding, Codings},
    cache_control::CachePolicy,
    compress,
    entry::{Content, Entry, Parts},
    load::Load,
    media_type::{self, MediaTypes},
    signature::Signature,
    system::{self, How, Opened, Symlinks},
    version::Version,
};

/// How many great files' versions are remembered.
const VERSIONS: usize = 10_000;

/// A clock that only goes forward.
pub(crate) type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How the files of one root are kept.
#[derive(Clone)]
pub(crate) struct Policy {
    pub(crate) root: PathBuf,
    pub(crate) symlinks: Symlinks,
    pub(crate) cache_size: u64,
    pub(crate) max_cached_file: u64,
    /// Off, every request looks at the file, as it is asked for while somebody works on it.
    pub(crate) keeps: bool,
    pub(crate) precompressed: bool,
    pub(crate) compress: bool,
    pub(crate) plain_url_cache: CachePolicy,
    pub(crate) media_types: MediaTypes,
    pub(crate) clock: Option<Clock>,
}

impl Policy {
    pub(crate) fn compresses(&self, content: &Content, content_type: &HeaderValue) -> bool {
        // Below, headers and a packet's size eat what is won; above, it takes too long.
        const LENGTHS: RangeInclusive<usize> = 512..=4 * 1024 * 1024;
        let Content::Memory(content) = content else {
            return false;
        };
        self.compress && LENGTHS.contains(&content.len()) && media_type::is_text(content_type)
    }
}

/// One look for a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) how: How,
    /// The answer depends on the version, so even a great file has to be read through for it.
    pub(crate) needs_version: bool,
    /// What we know may be old.
    pub(crate) in_doubt: bool,
}

/// What a name stands for.
#[derive(Debug)]
pub(crate) enum Found {
    File(Arc<Entry>),
    Directory,
}

pub(crate) struct Store {
    pub(crate) policy: Policy,
    entries: Cache<Key, Arc<Entry>, ByLength>,
    /// Of great files, which are not in memory.
    versions: Cache<String, (Signature, Version)>,
    /// Held while a file is read through or compressed, so that nobody else does the same.
    at_work: [Mutex<()>; 16],
    hasher: RandomState,
}

impl Store {
    pub(crate) fn new(mut policy: Policy) -> Self {
        // A file that fills the cache alone would put out all others.
        policy.max_cached_file = policy.max_cached_file.min(policy.cache_size / 2);
        let options = OptionsBuilder::new()
            .estimated_items_capacity(
                usize::try_from(policy.cache_size / 16_384)
                    .unwrap_or(usize::MAX)
                    .clamp(16, 100_000),
            )
            .weight_capacity(policy.cache_size)
            // One part: the budget of one of many would be too small for a great file.
            .shards(1)
            .build()
            .expect("both capacities are set");
        Self {
            entries: Cache::with_options(options, ByLength, Default::default(), Default::default()),
            versions: Cache::new(VERSIONS),
            at_work: Default::default(),
            hasher: RandomState::new(),
            policy,
        }
    }

    /// Finds what has this name, in this coding: its own content, or that of a file beside it.
    pub(crate) fn find(
        self: &Arc<Self>,
        name: &str,
        coding: Option<Coding>,
        look: Look,
    ) -> io::Result<Found> {
        let now = self.now();
        let known = self.known(name, coding);
        if let Some(entry) = &known
            && entry.is_fresh(now, look.in_doubt)
        {
            return Ok(Found::File(Arc::clone(entry)));
        }
        let extension = coding.map_or("", Coding::extension);
        let opened = match coding {
            None => self.open(name, look.how),
            Some(_) => self.open(&format!("{name}{extension}"), look.how),
        };
        let file = match opened {
            Ok(Opened::File(file)) => file,
            Ok(Opened::Directory(_)) => return Ok(Found::Directory),
            Err(error) => {
                if known.is_some() && error.kind() == io::ErrorKind::NotFound {
                    self.forget(name, coding);
                }
                return Err(error);
            }
        };
        let load = Load {
            store: self,
            name,
            coding,
            look,
            now,
        };
        load.entry(file, known).map(Found::File)
    }

    /// The content of an entry, compressed by us; the entry itself if that makes it no smaller.
    pub(crate) fn compressed(
        &self,
        name: &str,
        coding: Coding,
        plain: &Arc<Entry>,
        how: How,
    ) -> io::Result<Arc<Entry>> {
        let known = || {
            self.known(name, Some(coding))
                .filter(|entry| entry.signature == plain.signature)
        };
        if let Some(entry) = known() {
            return Ok(entry);
        }
        let (Content::Memory(content), true) = (&plain.content, plain.is_settled) else {
            return Ok(Arc::clone(plain));
        };
        if how == How::Inline {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let _at_work = self
            .lock_for(name)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known() {
            return Ok(entry);
        }
        let compressed = compress::quickly(content, coding)?;
        let entry = if compressed.len() < content.len() {
            Arc::new(Entry::new(Parts {
                signature: plain.signature,
                is_settled: plain.is_settled,
                content: Content::Memory(compressed.into()),
                version: plain.version,
                content_type: plain.content_type.clone(),
                coding: Some(coding),
                codings: Codings::default(),
                is_encoded_here: true,
                varies: true,
                policy: self.policy.plain_url_cache,
                now: self.now(),
            }))
        } else {
            Arc::clone(plain)
        };
        self.keep(name, Some(coding), &entry);
        Ok(entry)
    }

    /// Whether this entry's content can be had [compressed](Self::compressed).
    pub(crate) fn compresses(&self, entry: &Entry) -> bool {
        self.policy.compresses(&entry.content, &entry.content_type)
    }

    pub(crate) fn open(&self, name: &str, how: How) -> io::Result<Opened> {
        system::open(&self.policy.root, name, self.policy.symlinks, how)
    }

    /// The bytes that entries take now. Never more than the budget.
    pub(crate) fn size(&self) -> u64 {
        self.entries.weight()
    }

    fn now(&self) -> Duration {
        match &self.policy.clock {
            None => system::now(),
            Some(clock) => clock(),
        }
    }

    fn known(&self, name: &str, coding: Option<Coding>) -> Option<Arc<Entry>> {
        self.entries.get(&KeyRef { name, coding })
    }

    pub(crate) fn keep(&self, name: &str, coding: Option<Coding>, entry: &Arc<Entry>) {
        if self.policy.keeps {
            let name = name.to_owned();
            self.entries.insert(Key { name, coding }, Arc::clone(entry));
        }
    }

    pub(crate) fn forget(&self, name: &str, coding: Option<Coding>) {
        self.entries.remove(&KeyRef { name, coding });
    }

    pub(crate) fn lock_for(&self, name: &str) -> &Mutex<()> {
        let at = self.hasher.hash_one(name) % self.at_work.len() as u64;
        &self.at_work[usize::try_from(at).expect("it is less than 16")]
    }

    pub(crate) fn known_version(&self, name: &str, signature: &Signature) -> Option<Version> {
        let (of, version) = self.versions.get(name)?;
        (of == *signature).then_some(version)
    }

    /// Reads a great file through, unless somebody else does.
    pub(crate) fn learn_version(&self, name: &str) {
        let Ok(_at_work) = self.lock_for(name).try_lock() else {
            return;
        };
        let read = || {
            let Opened::File(file) = self.open(name, How::Blocking)? else {
                return Ok(None);
            };
            let signature = Signature::of(&file)?;
            match self.known_version(name, &signature) {
                None => self.read_version(name, &file, &signature),
                known => Ok(known),
            }
        };
        if let Err(error) = read() {
            tracing::debug!(name, %error, "cannot read a file for its version");
        }
    }

    /// Reads a great file through. `None` if it is being written: there is no version then.
    pub(crate) fn read_version(
        &self,
        name: &str,
        file: &File,
        signature: &Signature,
    ) -> io::Result<Option<Version>> {
        let (is_sole, is_settled) = (signature.is_sole(), signature.is_settled());
        let version = Version::read(file)?;
        if !is_sole || !signature.is_still_of(file)? {
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
            .field("root", &self.policy.root)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    name: String,
    coding: Option<Coding>,
}

/// A [`Key`] that owns nothing. Its fields are in the same order, so it hashes to the same.
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
