//! Versions of uncached files: each is hashed once.

use std::{fs::File, io};

use super::{Store, version::Version};
use crate::system::{IoMode, Opened, signature::Signature};

impl Store {
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
