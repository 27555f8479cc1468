//! From a file that was just opened to what is kept and served of it.

use std::{
    fs::File,
    io, mem,
    sync::{Arc, PoisonError},
    time::Duration,
};

use bytes::Bytes;

use crate::{
    accept_encoding::{Coding, Codings},
    blocking,
    entry::{Content, Entry, Parts},
    signature::Signature,
    store::{Look, Store},
    system::{self, How, Opened},
    version::Version,
};

/// The longest file that is read on an event loop, if the system has it in memory.
const INLINE_LENGTH: u64 = 64 * 1024;

/// How often a file is read that changes meanwhile.
const TRIES: u32 = 10;

/// A file that was just opened, to become an entry.
pub(crate) struct Load<'a> {
    pub(crate) store: &'a Arc<Store>,
    pub(crate) name: &'a str,
    pub(crate) coding: Option<Coding>,
    pub(crate) look: Look,
    pub(crate) now: Duration,
}

/// What was seen of a file before it was read.
#[derive(Clone, Copy)]
struct Seen {
    signature: Signature,
    is_settled: bool,
    codings: Codings,
}

impl Load<'_> {
    /// `known` is what the file was when it was last looked at.
    pub(crate) fn entry(&self, file: File, known: Option<Arc<Entry>>) -> io::Result<Arc<Entry>> {
        let mut seen = self.seen(&file)?;
        if let Some(entry) = &known {
            let is_same = entry.is_settled
                && entry.signature == seen.signature
                && entry.codings == seen.codings;
            if is_same {
                entry.confirm(self.now);
            }
            if is_same || !seen.is_settled && entry.outlasts_writing(self.now) {
                return Ok(Arc::clone(entry));
            }
        }
        if seen.signature.length > self.store.policy.max_cached_file {
            self.store.forget(self.name, self.coding);
            return self.great(file, seen);
        }
        for tries in 1.. {
            let content = self.read(&file, seen.signature.length)?;
            let before = mem::replace(&mut seen.signature, Signature::of(&file)?);
            let is_whole = before == seen.signature && content.len() as u64 == before.length;
            if !is_whole {
                match (&known, self.look.how) {
                    (Some(entry), _) => return Ok(Arc::clone(entry)),
                    (None, How::Inline) => break,
                    (None, How::Blocking) if tries < TRIES => continue,
                    // A file that never rests is served as it was found.
                    (None, How::Blocking) => {}
                }
            }
            let version = Version::of(&content);
            let entry = Arc::new(self.made(seen, Some(version), Content::Memory(content)));
            // Otherwise it is served once, and the next request looks again.
            if is_whole && (seen.is_settled || known.is_some()) {
                self.store.keep(self.name, self.coding, &entry);
            }
            return Ok(entry);
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// A file that is sent from the disk each time.
    fn great(&self, file: File, seen: Seen) -> io::Result<Arc<Entry>> {
        let (store, signature) = (self.store, &seen.signature);
        let name = format!("{}{}", self.name, self.coding.map_or("", Coding::extension));
        let version = match store.known_version(&name, signature) {
            None if self.look.needs_version => {
                if self.look.how == How::Inline {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                let _at_work = store
                    .lock_for(&name)
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                match store.known_version(&name, signature) {
                    None => store.read_version(&name, &file, signature)?,
                    known => known,
                }
            }
            None => {
                let store = Arc::clone(store);
                blocking::run_aside(move || store.learn_version(&name));
                None
            }
            known => known,
        };
        Ok(Arc::new(self.made(
            seen,
            version,
            Content::File(Arc::new(file)),
        )))
    }

    fn made(&self, seen: Seen, version: Option<Version>, content: Content) -> Entry {
        let policy = &self.store.policy;
        let content_type = policy.media_types.of(self.name);
        let is_compressed = policy.compresses(&content, &content_type);
        Entry::new(Parts {
            signature: seen.signature,
            is_settled: seen.is_settled,
            content,
            version,
            content_type,
            coding: self.coding,
            codings: seen.codings,
            is_encoded_here: false,
            varies: self.coding.is_some() || !seen.codings.is_empty() || is_compressed,
            policy: policy.plain_url_cache,
            now: self.now,
        })
    }

    fn seen(&self, file: &File) -> io::Result<Seen> {
        let signature = Signature::of(file)?;
        Ok(Seen {
            is_settled: signature.is_settled(),
            codings: self.codings(&signature)?,
            signature,
        })
    }

    fn read(&self, file: &File, length: u64) -> io::Result<Bytes> {
        let how = self.look.how;
        if how == How::Inline && length > INLINE_LENGTH {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut content = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        let mut filled = 0;
        while filled < content.len() {
            match system::read_at(file, &mut content[filled..], filled as u64, how)? {
                0 => break,
                read => filled += read,
            }
        }
        content.truncate(filled);
        Ok(content.into())
    }

    /// Which files beside this one have its content in other codings.
    fn codings(&self, signature: &Signature) -> io::Result<Codings> {
        let mut codings = Codings::default();
        if self.coding.is_some() || !self.store.policy.precompressed {
            return Ok(codings);
        }
        for coding in Coding::ALL {
            match self.store.open(
                &format!("{}{}", self.name, coding.extension()),
                self.look.how,
            ) {
                Ok(Opened::File(file)) if is_of(signature, &Signature::of(&file)?) => {
                    codings.insert(coding);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        Ok(codings)
    }
}

/// Whether a compressed file was made after its original, or at the same time: archives keep
/// times to two seconds.
fn is_of(original: &Signature, compressed: &Signature) -> bool {
    let ahead = original.modified.duration_since(compressed.modified);
    ahead.map_or(true, |ahead| ahead <= Duration::from_secs(2))
}
