//! Configuration errors, returned by `StaticFiles::build`.

use std::{
    env,
    error::Error,
    fmt, io,
    path::{self, Path, PathBuf},
};

/// A configuration error of [`StaticFiles`](crate::StaticFiles).
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// The root is an empty path. It would be the working directory, which is rarely intended.
    EmptyRoot,
    /// The root is not a directory.
    RootIsFile {
        /// The root as configured.
        root: PathBuf,
    },
    /// The root does not exist or cannot be read.
    UnreadableRoot {
        /// The root as configured.
        root: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
    /// `static_url_prefix` is not a path with one slash at each end.
    Prefix {
        /// The prefix as configured.
        prefix: String,
    },
    /// The name of a file that can never be served.
    Name {
        /// The name as configured.
        name: String,
    },
    /// The media type is not a valid header value.
    MediaType {
        /// The media type as configured.
        media_type: String,
    },
    /// The manifest does not exist, cannot be read, or is invalid.
    Manifest {
        /// The path as configured.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyRoot => {
                f.write_str("static_path is empty; use \".\" to serve the current directory")
            }
            Self::RootIsFile { root } => {
                write!(f, "static_path is not a directory: {}", located(root))
            }
            Self::UnreadableRoot { root, .. } => {
                write!(f, "cannot read static_path: {}", located(root))
            }
            Self::Prefix { prefix } => write!(
                f,
                "static_url_prefix must start and end with \"/\", such as \"/static/\": {prefix:?}"
            ),
            Self::Name { name } => write!(f, "invalid name of a static file: {name:?}"),
            Self::MediaType { media_type } => write!(f, "invalid media type: {media_type:?}"),
            Self::Manifest { path, .. } => write!(
                f,
                "cannot read the manifest of static files: {}",
                located(path)
            ),
        }
    }
}

/// Returns a path for a message: a relative one is ambiguous without the working directory.
fn located(path: &Path) -> String {
    match (path::absolute(path), env::current_dir()) {
        (Ok(absolute), Ok(directory)) if path.is_relative() => format!(
            "{} ({path:?} in the working directory {})",
            absolute.display(),
            directory.display()
        ),
        _ => path.display().to_string(),
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::UnreadableRoot { error, .. } | Self::Manifest { error, .. } => Some(error),
            _ => None,
        }
    }
}
