//! A pass before a deploy: every file gets a name with its version, and smaller siblings.
//!
//! For people who serve from a CDN, or want all hashing and compressing done before the program
//! starts. The output holds, for each file of the source,
//!
//! - the file under its own name and under `name.<version>.ext`, in CSS files with references to
//!   other files (`url(…)`, `@import`) changed to their names with versions;
//! - `.br`, `.zst` and `.gz` siblings of both, where the file is text and they are smaller;
//! - the manifest, [`MANIFEST`]: a JSON object from names to names with versions, for
//!   [`StaticFiles::manifest`](crate::StaticFiles::manifest).
//!
//! Names that [`ServeStatic`](crate::ServeStatic) would not serve are left out, and so are
//! directories that are links. Files of an earlier pass stay, for pages that still name them. A
//! reference from a script or from HTML is not changed, nor one between CSS files that import each
//! other in a circle.
//!
//! ```
//! # let folder = testkit::temp_dir();
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

pub use error::BuildError;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read},
    path::{self, Path, PathBuf},
};

use crate::{
    accept_encoding::Coding,
    compress, manifest,
    media_type::{self, MediaTypes},
    path::FilePath,
    system::{self, How, Opened, Symlinks},
    version::{Version, with_version},
};

/// The manifest's name in the output. It begins with a dot, so nobody is served it by default.
pub const MANIFEST: &str = ".manifest.json";

/// Builds the files below `source` into `output`, and tells their names with versions.
///
/// # Errors
///
/// [`BuildError`] when something cannot be read or written, or the output lies inside the source.
pub fn build(source: &Path, output: &Path) -> Result<BTreeMap<String, String>, BuildError> {
    let (source, output) = (absolute(source)?, absolute(output)?);
    if output.starts_with(&source) {
        return Err(BuildError::new(
            &output,
            io::Error::other("the output lies inside the source"),
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
    /// From names to names with versions.
    done: BTreeMap<String, String>,
    begun: BTreeSet<String>,
}

impl Pass {
    /// The name with its version; `None` if there is no such file, or it is under way.
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

    /// A style sheet that names the versions of what it refers to.
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
        if media_type::is_text(&MediaTypes::default().of(name)) {
            for coding in Coding::ALL {
                let encoded = compress::well(content, coding)?;
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

/// All files that are served from this root, without siblings that we make anew.
fn names(root: &Path) -> Result<BTreeSet<String>, BuildError> {
    let mut names = BTreeSet::new();
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        let failed = |error| BuildError::new(&root.join(&directory), error);
        // A link may lead to a directory that it is in.
        let Opened::Directory(opened) =
            system::open(root, &directory, Symlinks::Refuse, How::Blocking).map_err(failed)?
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
            match system::open(root, &name, Symlinks::Within, How::Blocking) {
                Ok(Opened::File(_)) => drop(names.insert(name)),
                Ok(Opened::Directory(_)) => {
                    if system::open(root, &name, Symlinks::Refuse, How::Blocking).is_ok() {
                        directories.push(name);
                    }
                }
                Err(error) => tracing::debug!(name, %error, "left out of the build"),
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

fn read(root: &Path, name: &str) -> io::Result<Vec<u8>> {
    let Opened::File(mut file) = system::open(root, name, Symlinks::Within, How::Blocking)? else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// Whole or not at all, since the output may be served meanwhile; and not if it is there already.
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
