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
const TRIES: usize = 10;

/// A file that was just opened, to become an entry.
pub(crate) struct Load<'a> {
    pub(crate) store: &'a Arc<Store>,
    pub(crate) name: &'a str,
    pub(crate) coding: Option<Coding>,
    pub(crate) look: Look,
    pub(crate) now: Duration,
}

impl Load<'_> {
    /// `known` is what the file was when it was last looked at.
    pub(crate) fn entry(&self, file: File, known: Option<Arc<Entry>>) -> io::Result<Arc<Entry>> {
        let mut signature = Signature::of(&file)?;
        let codings = self.codings(&signature)?;
        if let Some(entry) = &known {
            let is_same = entry.signature == signature && entry.codings == codings;
            if is_same {
                entry.confirm(self.now);
            }
            if is_same || !signature.is_settled() && entry.outlasts_writing(self.now) {
                return Ok(Arc::clone(entry));
            }
        }
        if signature.length > self.store.policy.max_cached_file {
            return self.great(file, signature, codings);
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let content = self.read(&file, signature.length)?;
            let before = mem::replace(&mut signature, Signature::of(&file)?);
            let is_whole = before == signature && content.len() as u64 == signature.length;
            if !is_whole {
                match (&known, self.look.how) {
                    (Some(entry), _) => return Ok(Arc::clone(entry)),
                    (None, How::Inline) => return Err(io::ErrorKind::WouldBlock.into()),
                    (None, How::Blocking) if tries < TRIES => continue,
                    // A file that never rests is served as it was found.
                    (None, How::Blocking) => {}
                }
            }
            let length = content.len() as u64;
            let version = Some(Version::of(&content));
            let entry = Arc::new(self.made(
                signature,
                codings,
                version,
                length,
                Content::Memory(content),
            ));
            // Otherwise it is served once, and the next request looks again.
            if is_whole && (signature.is_settled() || known.is_some()) {
                self.store.keep(self.name, self.coding, &entry);
            }
            return Ok(entry);
        }
    }

    /// A file that is sent from the disk each time.
    fn great(&self, file: File, signature: Signature, codings: Codings) -> io::Result<Arc<Entry>> {
        let store = self.store;
        let name = format!("{}{}", self.name, self.coding.map_or("", Coding::extension));
        let version = match store.known_version(&name, &signature) {
            None if self.look.needs_version => {
                if self.look.how == How::Inline {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                let _at_work = store
                    .lock_for(&name)
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                match store.known_version(&name, &signature) {
                    None => store.read_version(&name, &file, &signature)?,
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
        let content = Content::File(Arc::new(file));
        Ok(Arc::new(self.made(
            signature,
            codings,
            version,
            signature.length,
            content,
        )))
    }

    fn made(
        &self,
        signature: Signature,
        codings: Codings,
        version: Option<Version>,
        length: u64,
        content: Content,
    ) -> Entry {
        let policy = &self.store.policy;
        let content_type = policy.media_types.of(self.name);
        let is_compressed = policy.compresses(&content, &content_type);
        Entry::new(Parts {
            signature,
            content,
            length,
            version,
            content_type,
            coding: self.coding,
            codings,
            is_encoded_here: false,
            varies: self.coding.is_some() || !codings.is_empty() || is_compressed,
            policy: policy.plain_url_cache,
            now: self.now,
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
    compressed.modified + Duration::from_secs(2) >= original.modified
}
