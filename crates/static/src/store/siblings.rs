//! Directory listings: which precompressed siblings the files of a directory can have.
//!
//! To look for a sibling that does not exist waits for the disk unless the kernel has cached that
//! it does not, and a directory without siblings would make every file of it do so. A listing is
//! valid while the metadata of its directory is unchanged, which a snapshot checks once.

use std::{io, ops::ControlFlow, sync::Arc, time::Duration};

use crate::{
    blocking,
    request::accept_encoding::{Coding, Codings},
    store::{Store, snapshot::Snapshot},
    system::{Directory, IoMode, Opened, signature::Signature},
};

/// The number of directories whose listings are kept.
pub(super) const LISTINGS: usize = 1000;

/// The entries of the longest listing. In a longer directory, siblings are looked for one by one.
const MAX_ENTRIES: u32 = 250_000;

/// The time between two listings of a directory, for each of its entries: it takes a hundred times
/// as long as the listing.
const INTERVAL: Duration = Duration::from_micros(50);

/// The time until a directory is listed again although it seems to be unchanged: not all network
/// file systems have the time of its last change.
const MAX_AGE: Duration = Duration::from_secs(60);

/// The result of listing a directory.
#[derive(Clone, Copy)]
pub(super) struct Listing {
    signature: Signature,
    codings: Codings,
    entries: u32,
    /// The time of the store's clock.
    listed: Duration,
}

impl Listing {
    /// Whether to list the directory again, which has this signature now.
    fn is_due(&self, signature: &Signature, now: Duration) -> bool {
        let min_age = if self.signature == *signature {
            MAX_AGE
        } else {
            Duration::ZERO
        };
        now.saturating_sub(self.listed) >= min_age.max(INTERVAL * self.entries)
    }
}

impl Store {
    /// Returns the codings of which a file of this name can have a precompressed sibling.
    pub(super) fn possible_codings(
        self: &Arc<Self>,
        snapshot: &Arc<Snapshot>,
        name: &str,
        mode: IoMode,
    ) -> io::Result<Codings> {
        if !self.config.cache {
            return Ok(Codings::all());
        }
        let name = name.rsplit_once('/').map_or("", |(directory, _)| directory);
        if let Some(codings) = snapshot.codings(name) {
            return Ok(codings);
        }
        let directory = match self.open_in(snapshot, name, mode) {
            Ok(Opened::Directory(directory)) => directory,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
            // A process can have the permission to open files, but not to list them.
            _ => return Ok(Codings::all()),
        };
        let signature = directory.signature()?;
        let last = self.listings.get(name);
        let codings = match &last {
            Some(last) if last.signature == signature => last.codings,
            _ => Codings::all(),
        };
        snapshot.set_codings(name, codings);
        let is_due = last.is_none_or(|last| last.is_due(&signature, self.now()));
        if is_due && signature.is_settled() {
            let (store, snapshot, name) = (Arc::clone(self), Arc::clone(snapshot), name.to_owned());
            blocking::spawn(move || store.list_in_background(&snapshot, &name));
        }
        Ok(codings)
    }

    /// Lists a directory, unless another thread is already doing so.
    fn list_in_background(&self, snapshot: &Snapshot, name: &str) {
        let Ok(_guard) = self.lock_for(name).try_lock() else {
            return;
        };
        match self.list(snapshot, name) {
            Ok(Some(listing)) => {
                self.listings.insert(name.to_owned(), listing);
                snapshot.set_codings(name, listing.codings);
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(name, %error, "cannot list a directory of static files"),
        }
    }

    /// Returns `None` if the directory changes too often for a listing to be valid.
    fn list(&self, snapshot: &Snapshot, name: &str) -> io::Result<Option<Listing>> {
        let Opened::Directory(directory) = self.open_in(snapshot, name, IoMode::Blocking)? else {
            return Ok(None);
        };
        let (signature, listed) = (directory.signature()?, self.now());
        if !signature.has_change_time() || !signature.is_settled() {
            return Ok(None);
        }
        let (mut codings, entries) = read(&directory, MAX_ENTRIES)?;
        if directory.signature()? != signature {
            codings = Codings::all();
        }
        Ok(Some(Listing {
            signature,
            codings,
            entries,
            listed,
        }))
    }
}

/// Returns the codings of which a file of the directory can have a sibling, and the number of
/// entries. In a directory of more than `max_entries`, these are all codings.
fn read(directory: &Directory, max_entries: u32) -> io::Result<(Codings, u32)> {
    let (mut codings, mut entries) = (Codings::default(), 0);
    directory.each_name(|name| {
        if entries == max_entries {
            codings = Codings::all();
            return ControlFlow::Break(());
        }
        codings.extend(Coding::ALL.into_iter().filter(|coding| coding.is_of(name)));
        entries += 1;
        ControlFlow::Continue(())
    })?;
    Ok((codings, entries))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn directory_with_too_many_entries_can_have_siblings_of_all_codings() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        for name in ["a", "a.gz", "b"] {
            File::create(folder.path().join(name)).expect("there is room");
        }
        let directory = Directory::Path(folder.path().to_owned());
        let mut gzip = Codings::default();
        gzip.insert(Coding::Gzip);
        for (max_entries, codings, entries) in [
            (0, Codings::all(), 0),
            (2, Codings::all(), 2),
            (3, gzip, 3),
            (4, gzip, 3),
        ] {
            let found = read(&directory, max_entries).expect("it is readable");
            assert_eq!(found, (codings, entries), "{max_entries}");
        }
    }

    #[test]
    fn a_listing_is_repeated_seldom_and_after_a_change() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let signature = |name: &str| {
            let path = folder.path().join(name);
            Signature::of(&File::create(path).expect("there is room")).expect("it is open")
        };
        let (same, other) = (signature("same"), signature("other"));
        for (entries, signature, seconds, is_due) in [
            (10, same, 59, false),
            (10, same, 60, true),
            (10, other, 1, true),
            // 5 s between two listings of so many entries.
            (100_000, other, 4, false),
            (100_000, other, 5, true),
            (100_000, same, 59, false),
        ] {
            let listing = Listing {
                signature: same,
                codings: Codings::default(),
                entries,
                listed: Duration::from_secs(1000),
            };
            let now = Duration::from_secs(1000 + seconds);
            assert_eq!(
                listing.is_due(&signature, now),
                is_due,
                "{entries} entries after {seconds} s"
            );
        }
    }
}
