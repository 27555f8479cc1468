//! What can be wrong with the settings: found before anything is served.

use std::{error::Error, fmt, io, path::PathBuf};

/// A setting of [`StaticFiles`](crate::StaticFiles) that cannot be.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// The root is the empty path, which would be whatever directory the program was started in.
    EmptyRoot,
    /// The root is not a directory.
    RootIsFile {
        /// The root as it was given.
        root: PathBuf,
    },
    /// The root is not there, or cannot be read.
    UnreadableRoot {
        /// The root as it was given.
        root: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// `static_url_prefix` is not a path that begins and ends with one slash.
    Prefix {
        /// The prefix as it was given.
        prefix: String,
    },
    /// The name of a file that could never be served.
    Name {
        /// The name as it was given.
        name: String,
    },
    /// The media type is no value of a header.
    MediaType {
        /// The type as it was given.
        media_type: String,
    },
    /// The manifest is not there, cannot be read, or is not one.
    Manifest {
        /// Its path as it was given.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyRoot => f.write_str("the root of static files is an empty path; say \".\" to serve the current directory"),
            Self::RootIsFile { root } => write!(f, "the root of static files is not a directory: {}", root.display()),
            Self::UnreadableRoot { root, .. } => write!(f, "the root of static files cannot be read: {}", root.display()),
            Self::Prefix { prefix } => write!(f, "a prefix of static files is a path such as \"/static/\", not {prefix:?}"),
            Self::Name { name } => write!(f, "not the name of a file that can be served: {name:?}"),
            Self::MediaType { media_type } => write!(f, "not a media type: {media_type:?}"),
            Self::Manifest { path, .. } => write!(f, "the manifest of static files cannot be read: {}", path.display()),
        }
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
