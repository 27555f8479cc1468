//! Manifest reader and writer.

#[cfg(feature = "build")]
use std::collections::BTreeMap;
use std::{collections::HashMap, fs, io, path::Path};

use crate::request::path::FilePath;

pub(crate) fn read(path: &Path) -> io::Result<HashMap<String, String>> {
    let names: HashMap<String, String> = serde_json::from_slice(&fs::read(path)?)?;
    match names
        .values()
        .find(|name| FilePath::from_name(name, true).is_none())
    {
        None => Ok(names),
        Some(name) => Err(io::Error::other(format!("invalid file name {name:?}"))),
    }
}

/// Sorted, so that equal files give equal bytes.
#[cfg(feature = "build")]
pub(crate) fn write(path: &Path, names: &BTreeMap<String, String>) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(names)?;
    text.push(b'\n');
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_manifests_are_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.json");
        for (text, wanted) in [(r#"{"a.css": "a.1.css"}"#, Some("a.1.css")), ("{}", None)] {
            fs::write(&path, text).unwrap();
            assert_eq!(
                read(&path).unwrap().get("a.css").map(String::as_str),
                wanted
            );
        }
        for text in [
            "",
            "[]",
            r#"{"a": 1}"#,
            r#"{"a": "../b"}"#,
            r#"{"a": "/b"}"#,
            r#"{"a": ""}"#,
        ] {
            fs::write(&path, text).unwrap();
            assert!(read(&path).is_err(), "{text}");
        }
    }
}
