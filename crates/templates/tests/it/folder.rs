//! A temporary folder of templates.

use std::{fs, path::Path};

use squall_templates::Templates;
use testkit::TempDir;

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(testkit::temp_dir());
        fs::create_dir(folder.path()).unwrap();
        for (name, source) in files {
            folder.write(name, source.as_bytes());
        }
        folder
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.outside().join("templates")
    }

    /// The parent of the template folder.
    pub(crate) fn outside(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, source: &[u8]) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, source).unwrap();
    }

    pub(crate) fn templates(&self) -> Templates {
        Templates::new(self.path())
    }
}
