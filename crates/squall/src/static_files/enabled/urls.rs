//! `FileUrls`: URLs of the application's static files.

use squall_static::StaticUrls;

/// The URLs of the application's static files, if it has any.
#[derive(Clone, Default)]
pub(crate) struct FileUrls(pub(super) Option<StaticUrls>);

impl FileUrls {
    /// Returns the URL of a file, with the version of its content, if there are any files.
    pub(crate) fn url(&self, name: &str) -> Option<String> {
        Some(self.0.as_ref()?.url(name))
    }
}
