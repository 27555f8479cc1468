//! The packages of a build and their features, from `cargo tree`.

use std::{path::Path, process::Command};

/// A package of a build.
#[derive(Debug)]
pub struct Compiled {
    /// Its name.
    pub name: String,
    features: String,
}

impl Compiled {
    /// Whether the package is compiled with this feature.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.split(',').any(|on| on == feature)
    }
}

/// Returns the packages that the package in this directory is built of, by edges of `cargo tree` such as `normal`.
///
/// # Panics
///
/// When `cargo tree` fails.
#[must_use]
#[track_caller]
pub fn compiled(directory: &Path, edges: &str) -> Vec<Compiled> {
    let tree = Command::new("cargo")
        .args(["tree", "--locked", "--offline", "--prefix", "none"])
        .args(["--format", "{p} [{f}]", "--edges", edges])
        .current_dir(directory)
        .output()
        .expect("cargo is here");
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8_lossy(&tree.stdout);
    let lines = tree.lines().filter_map(|line| {
        let (package, features) = line.split_once(" [")?;
        let (name, _) = package.split_once(" v")?;
        Some(Compiled {
            name: name.to_owned(),
            features: features.split(']').next()?.to_owned(),
        })
    });
    lines.collect()
}
