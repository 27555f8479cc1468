//! Uploads on disk: complete files only, and temporary files that are deleted unless they are kept.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    pin::pin,
};

use bytes::Bytes;
use futures_core::Stream;
use tempfile::{Builder, NamedTempFile, TempPath};
use tokio::{
    io::{AsyncWriteExt, BufWriter},
    task::spawn_blocking,
};

use crate::{BodyStream, Error, Result};

/// The bytes that are written at once. Each write is a task of another thread.
const BUFFER: usize = 256 * 1024;

/// The beginning of the names of files that are not complete. The dot hides them from static files.
const PREFIX: &str = ".upload-";

/// A file that is deleted when this value is dropped, unless it is [kept](Self::keep). A process that
/// is killed leaves it.
///
/// Only the program's own user can read it.
#[must_use = "a temporary file is deleted when it is dropped"]
pub struct TempFile {
    path: TempPath,
    size: u64,
}

impl TempFile {
    pub(super) async fn write(chunks: impl Stream<Item = Result<Bytes>>) -> Result<Self> {
        let file = blocking(|| Builder::new().prefix(PREFIX).tempfile()).await?;
        let (path, size) = write(file, chunks).await?;
        Ok(Self { path, size })
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Moves the file to a path, and replaces a file that is there. It stays readable by the program's
    /// own user only.
    ///
    /// # Errors
    ///
    /// If the file cannot be moved, for example because there is no such directory. It is then deleted.
    pub async fn keep(self, path: impl AsRef<Path>) -> Result<()> {
        let (file, path) = (self.path, path.as_ref().to_owned());
        Ok(blocking(move || move_to(file, &path)).await?)
    }
}

/// Renames the file, or copies it if the path is on another file system.
fn move_to(file: TempPath, path: &Path) -> io::Result<()> {
    match file.persist(path) {
        Err(failed) if failed.error.kind() == io::ErrorKind::CrossesDevices => {
            let copy = Builder::new().prefix(PREFIX).tempfile_in(directory(path))?;
            fs::copy(&failed.path, copy.path())?;
            copy.into_temp_path().persist(path)?;
            Ok(())
        }
        moved => moved.map_err(|failed| missing(&directory(path), failed.error)),
    }
}

/// Writes chunks to a file that appears at its path when it is complete. Returns its size in bytes.
pub(super) async fn save(chunks: impl Stream<Item = Result<Bytes>>, path: &Path) -> Result<u64> {
    let path = path.to_owned();
    let directory = directory(&path);
    let file = blocking(move || create(&directory)).await?;
    let (file, size) = write(file, chunks).await?;
    blocking(move || Ok(file.persist(path)?)).await?;
    Ok(size)
}

/// Creates a file with the mode of any other file, and not that of temporary ones.
fn create(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(directory);
    file.map_err(|error| missing(directory, error))
}

/// Returns an error that names a directory that does not exist: the system's names no path, and
/// that of `tempfile` the temporary file.
fn missing(directory: &Path, error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::NotFound || directory.exists() {
        return error;
    }
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let message = format!("the directory {} does not exist", directory.display());
    io::Error::new(io::ErrorKind::NotFound, message)
}

fn directory(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

async fn write(
    file: NamedTempFile,
    chunks: impl Stream<Item = Result<Bytes>>,
) -> Result<(TempPath, u64)> {
    // The file is deleted with `path`, also if this future is dropped.
    let (file, path) = file.into_parts();
    let mut file = BufWriter::with_capacity(BUFFER, tokio::fs::File::from_std(file));
    let mut chunks = pin!(chunks);
    let mut size = 0;
    while let Some(chunk) = std::future::poll_fn(|cx| chunks.as_mut().poll_next(cx)).await {
        let chunk = chunk?;
        file.write_all(&chunk).await?;
        size += chunk.len() as u64;
    }
    file.flush().await?;
    Ok((path, size))
}

/// Runs calls of the file system in a thread for them.
async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match spawn_blocking(run).await {
        Ok(result) => result,
        Err(error) => Err(error.into()),
    }
}

impl BodyStream {
    /// Writes the rest of the body to a file, and returns its size in bytes. The file appears at the path
    /// when it is complete, and then replaces one that is there; after an error, or if the client
    /// disconnects, nothing is left.
    ///
    /// # Errors
    ///
    /// If the body cannot be read, and 500 if the file cannot be written, for example because there is
    /// no such directory.
    pub async fn save_to(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        save(self, path.as_ref()).await
    }
}

impl fmt::Debug for TempFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TempFile")
            .field("path", &self.path())
            .field("size", &self.size)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn missing_directory_is_named() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let directory = root.path().join("uploads");
        let path = directory.join("photo.png");
        let chunks = || stream::iter([Ok(Bytes::from_static(b"a"))]);
        let wanted = format!("the directory {} does not exist", directory.display());

        let error = save(chunks(), &path).await;
        let error = error.expect_err("there is no directory");
        assert_eq!(error.to_string(), wanted);
        let file = TempFile::write(chunks()).await.expect("it is written");
        let error = file.keep(&path).await.expect_err("nor now");
        assert_eq!(error.to_string(), wanted);
    }
}
