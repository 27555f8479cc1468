//! Build step for deployments: versioned names, compressed siblings and a manifest.
//!
//! For serving from a CDN, or to hash and compress all files before the server starts. For each
//! file of the source, the output contains
//!
//! - the file under its own name and as `name.<version>.ext`; references in CSS files (`url(…)`,
//!   `@import`) are rewritten to versioned names;
//! - `.br`, `.zst` and `.gz` siblings of both, if the file is text and they are smaller;
//! - the manifest, [`MANIFEST`]: a JSON object that maps names to versioned names, for
//!   [`StaticFiles::manifest`](crate::StaticFiles::manifest).
//!
//! Names that [`ServeStatic`](crate::ServeStatic) does not serve are skipped, as are symbolic links
//! to directories. Files of earlier builds are kept, for pages that still refer to them. References
//! in scripts and HTML are not rewritten, and neither is one reference of each import cycle between
//! CSS files.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let (source, output) = (folder.path().join("static"), folder.path().join("public"));
//! # std::fs::create_dir(&source)?;
//! # std::fs::write(source.join("logo.png"), "a logo")?;
//! let built = squall_static::build::build(&source, &output)?;
//! assert_eq!(built["logo.png"], "logo.debe7e55e398958e5bb7.png");
//!
//! let urls = squall_static::StaticFiles::new(&output)
//!     .manifest(output.join(squall_static::build::MANIFEST))
//!     .build()?
//!     .urls();
//! assert_eq!(urls.url("logo.png"), "/static/logo.debe7e55e398958e5bb7.png");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod css;
mod error;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read},
    path::{self, Path, PathBuf},
};

pub use error::BuildError;

use crate::{
    compress, manifest,
    media_type::{self, MediaTypes},
    request::{accept_encoding::Coding, path::FilePath},
    store::version::{Version, with_version},
    system::{IoMode, Opened, Root, Symlinks},
};

/// The name of the manifest in the output. Because of its leading dot it is not served by default.
pub const MANIFEST: &str = ".manifest.json";

/// Builds the files below `source` into `output`, and returns the versioned names.
///
/// # Errors
///
/// Returns a [`BuildError`] if a file cannot be read or written, or if the output is inside the
/// source.
pub fn build(source: &Path, output: &Path) -> Result<BTreeMap<String, String>, BuildError> {
    let (source, output) = (absolute(source)?, absolute(output)?);
    if output.starts_with(&source) {
        return Err(BuildError::new(
            &output,
            io::Error::other("the output directory is inside the source directory"),
        ));
    }
    let mut pass = Pass {
        names: names(&source)?,
        source,
        output,
        done: BTreeMap::new(),
        begun: BTreeSet::new(),
    };
    for name in pass.names.clone() {
        pass.file(&name)?;
    }
    let path = pass.output.join(MANIFEST);
    fs::create_dir_all(&pass.output)
        .and_then(|()| manifest::write(&path, &pass.done))
        .map_err(|error| BuildError::new(&path, error))?;
    Ok(pass.done)
}

struct Pass {
    source: PathBuf,
    output: PathBuf,
    names: BTreeSet<String>,
    /// Versioned names by name.
    done: BTreeMap<String, String>,
    begun: BTreeSet<String>,
}

impl Pass {
    /// Returns the versioned name; `None` if there is no such file, or its build is in progress.
    fn file(&mut self, name: &str) -> Result<Option<String>, BuildError> {
        if let Some(versioned) = self.done.get(name) {
            return Ok(Some(versioned.clone()));
        }
        if !self.names.contains(name) || !self.begun.insert(name.to_owned()) {
            return Ok(None);
        }
        let mut content = read(&self.source, name)
            .map_err(|error| BuildError::new(&self.source.join(name), error))?;
        if name.ends_with(".css") {
            content = self.css(name, content)?;
        }
        let versioned = with_version(name, Version::of(&content).as_str());
        self.write(name, &versioned, &content)
            .map_err(|error| BuildError::new(&self.output.join(&versioned), error))?;
        self.done.insert(name.to_owned(), versioned.clone());
        Ok(Some(versioned))
    }

    /// Rewrites a style sheet to the versioned names of its references.
    fn css(&mut self, name: &str, content: Vec<u8>) -> Result<Vec<u8>, BuildError> {
        let Ok(text) = std::str::from_utf8(&content) else {
            return Ok(content);
        };
        let mut failed = None;
        let rewritten = css::rewrite(text, |reference| {
            let target = css::target(name, reference)?;
            match self.file(&target) {
                Ok(versioned) => css::with_target(reference, &versioned?),
                Err(error) => {
                    failed.get_or_insert(error);
                    None
                }
            }
        });
        match failed {
            None => Ok(rewritten.into_bytes()),
            Some(error) => Err(error),
        }
    }

    fn write(&self, name: &str, versioned: &str, content: &[u8]) -> io::Result<()> {
        let mut files = vec![(String::new(), content.to_vec())];
        if media_type::is_text(&MediaTypes::default().of(name)) && !media_type::is_gzip(name) {
            for coding in Coding::ALL {
                let encoded = compress::best(content, coding)?;
                if encoded.len() < content.len() {
                    files.push((coding.extension().to_owned(), encoded));
                }
            }
        }
        for name in [name, versioned] {
            for (extension, content) in &files {
                write(&self.output.join(format!("{name}{extension}")), content)?;
            }
        }
        Ok(())
    }
}

/// Lists all files below the root that can be served, without compressed siblings, which are built
/// anew.
fn names(root: &Path) -> Result<BTreeSet<String>, BuildError> {
    let mut names = BTreeSet::new();
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        let failed = |error| BuildError::new(&root.join(&directory), error);
        // Symbolic links to directories are not followed, since they can form cycles.
        let Opened::Directory(opened) = open(root, &directory, Symlinks::Refuse).map_err(failed)?
        else {
            return Err(failed(io::ErrorKind::NotADirectory.into()));
        };
        for entry in opened.names().map_err(failed)? {
            let name = if directory.is_empty() {
                entry
            } else {
                format!("{directory}/{entry}")
            };
            if FilePath::from_name(&name, false).is_none() {
                continue;
            }
            match open(root, &name, Symlinks::Within) {
                Ok(Opened::File(..)) => drop(names.insert(name)),
                Ok(Opened::Directory(_)) => {
                    if open(root, &name, Symlinks::Refuse).is_ok() {
                        directories.push(name);
                    }
                }
                Err(error) => tracing::debug!(name, %error, "skipped in the build of static files"),
            }
        }
    }
    let is_sibling = |name: &String| {
        Coding::ALL.iter().any(|coding| {
            name.strip_suffix(coding.extension())
                .is_some_and(|of| names.contains(of))
        })
    };
    Ok(names
        .iter()
        .filter(|name| !is_sibling(name))
        .cloned()
        .collect())
}

fn open(root: &Path, name: &str, symlinks: Symlinks) -> io::Result<Opened> {
    Root::open(root)?.find(name, symlinks, IoMode::Blocking)
}

fn read(root: &Path, name: &str) -> io::Result<Vec<u8>> {
    let Opened::File(mut file, _) = open(root, name, Symlinks::Within)? else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// Writes a file atomically, since the output may be served meanwhile; skips an unchanged file.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = directory.join(format!(".{file}.{}", std::process::id()));
    fs::write(&temporary, content)?;
    fs::rename(temporary, path)
}

fn absolute(path: &Path) -> Result<PathBuf, BuildError> {
    path::absolute(path).map_err(|error| BuildError::new(path, error))
}
