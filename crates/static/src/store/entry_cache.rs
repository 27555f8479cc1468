//! The entries in memory, within a budget of bytes.

use std::sync::Arc;

use quick_cache::{Equivalent, OptionsBuilder, Weighter, sync::Cache};

use super::entry::Entry;
use crate::request::accept_encoding::Coding;

/// The entries by the names and codings of their files.
pub(super) struct EntryCache(Cache<Key, Arc<Entry>, ByLength>);

impl EntryCache {
    /// Returns an empty cache for so many bytes.
    pub(super) fn new(budget: u64) -> Self {
        let options = OptionsBuilder::new()
            .estimated_items_capacity(
                usize::try_from(budget / 16_384)
                    .unwrap_or(usize::MAX)
                    .clamp(16, 100_000),
            )
            .weight_capacity(budget)
            // With several shards, the budget of one would be too small for a large file.
            .shards(1)
            .build()
            .expect("both capacities are set");
        Self(Cache::with_options(
            options,
            ByLength,
            Default::default(),
            Default::default(),
        ))
    }

    pub(super) fn get(&self, name: &str, coding: Option<Coding>) -> Option<Arc<Entry>> {
        self.0.get(&KeyRef { name, coding })
    }

    pub(super) fn insert(&self, name: &str, coding: Option<Coding>, entry: Arc<Entry>) {
        let name = name.to_owned();
        self.0.insert(Key { name, coding }, entry);
    }

    pub(super) fn remove(&self, name: &str, coding: Option<Coding>) {
        self.0.remove(&KeyRef { name, coding });
    }

    /// Returns the size of all entries in bytes.
    pub(super) fn size(&self) -> u64 {
        self.0.weight()
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
