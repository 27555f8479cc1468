//! What a program is made of: `cargo metadata` before it is built, dep-info afterwards.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Executable, dep_info};
use crate::Roots;

/// The files that a program is made of: those of its package, and of each package that it depends
/// on by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    workspace: PathBuf,
    target: PathBuf,
    packages: BTreeSet<PathBuf>,
    default_run: BTreeSet<String>,
    /// Every file that the compiler has read, known after a build.
    read: BTreeSet<PathBuf>,
}

/// The part of `cargo metadata` that is looked at.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_default_members: Vec<String>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: PathBuf,
    /// `None` for what lies on this disk.
    source: Option<String>,
    default_run: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    dependencies: Vec<String>,
}

impl Sources {
    pub(super) fn read(json: &[u8], package: Option<&str>) -> serde_json::Result<Self> {
        let metadata: Metadata = serde_json::from_slice(json)?;
        let first: Vec<&str> = match package {
            Some(name) => metadata
                .packages
                .iter()
                .filter(|package| package.source.is_none() && package.name == name)
                .map(|package| package.id.as_str())
                .collect(),
            None => metadata
                .workspace_default_members
                .iter()
                .map(String::as_str)
                .collect(),
        };
        let reached = reached(&metadata.resolve, first.clone());
        let local = |package: &&Package| package.source.is_none();
        let run = metadata
            .packages
            .iter()
            .filter(|package| first.contains(&package.id.as_str()));
        Ok(Self {
            packages: metadata
                .packages
                .iter()
                .filter(local)
                .filter(|package| reached.contains(package.id.as_str()))
                .filter_map(|package| Some(package.manifest_path.parent()?.to_owned()))
                .collect(),
            default_run: run
                .filter_map(|package| package.default_run.clone())
                .collect(),
            workspace: metadata.workspace_root,
            target: metadata.target_directory,
            read: BTreeSet::new(),
        })
    }

    /// Adds the files that the compiler has read, wherever they are.
    #[must_use]
    pub fn with(mut self, executable: &Executable) -> Self {
        let text = fs::read_to_string(executable.dep_info()).unwrap_or_default();
        // What a build script has made changes when its own sources do.
        self.read = dep_info::files(&text)
            .map(|file| self.workspace.join(file))
            .filter(|file| !file.starts_with(&self.target))
            .collect();
        self
    }

    /// Where changes matter.
    #[must_use]
    pub fn roots(&self) -> Roots {
        let mut roots = Roots::new();
        for package in &self.packages {
            roots = roots.sources(package);
        }
        let inside = |file: &Path| {
            self.packages
                .iter()
                .any(|package| file.starts_with(package))
        };
        for file in self.read.iter().filter(|file| !inside(file)) {
            roots = roots.path(file);
        }
        for file in WORKSPACE_FILES {
            roots = roots.path(self.workspace.join(file));
        }
        roots
    }

    /// Whether the program has to be built anew after a change of this file. Without a word of
    /// the compiler's, what looks like Rust is.
    #[must_use]
    pub fn contains(&self, file: &Path) -> bool {
        let is_rust = file.extension().is_some_and(|extension| extension == "rs");
        is_rust || self.is_for_cargo(file) || self.read.contains(file)
    }

    /// Whether the answers of `cargo metadata` may change with this file.
    #[must_use]
    pub fn is_for_cargo(&self, file: &Path) -> bool {
        file.file_name().is_some_and(|name| name == "Cargo.toml")
            || WORKSPACE_FILES
                .iter()
                .any(|name| self.workspace.join(name) == file)
    }

    /// Picks the one that `cargo run` runs.
    ///
    /// # Errors
    ///
    /// When it could be any of several, or is none.
    pub fn choose(&self, executables: &[Executable]) -> io::Result<Executable> {
        if let [one] = executables {
            return Ok(one.clone());
        }
        let default = executables
            .iter()
            .find(|one| self.default_run.contains(&one.name));
        default.cloned().ok_or_else(|| {
            let names: Vec<&str> = executables.iter().map(|one| one.name.as_str()).collect();
            io::Error::other(match names.as_slice() {
                [] => "there is nothing to run: cargo has built no program".to_owned(),
                names => format!("name what to run with --bin: {}", names.join(", ")),
            })
        })
    }
}

/// What belongs to no package of a workspace.
const WORKSPACE_FILES: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    ".cargo/config.toml",
    "rust-toolchain.toml",
];

/// The packages that the first ones depend on, and these themselves.
fn reached<'a>(resolve: &'a Resolve, first: Vec<&'a str>) -> BTreeSet<&'a str> {
    let nodes: BTreeMap<&str, &Node> = resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let mut reached = BTreeSet::new();
    let mut left = first;
    while let Some(id) = left.pop() {
        if reached.insert(id) {
            let node = nodes.get(id).into_iter();
            left.extend(node.flat_map(|node| &node.dependencies).map(String::as_str));
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of `site` and `tool`; `site` uses `shared`, beside it, and a crate from afar.
    fn sources(package: Option<&str>) -> Sources {
        let json = r#"{
            "packages": [
                {"id": "site", "name": "site", "manifest_path": "/w/site/Cargo.toml", "source": null, "default_run": "web"},
                {"id": "tool", "name": "tool", "manifest_path": "/w/tool/Cargo.toml", "source": null, "default_run": null},
                {"id": "shared", "name": "shared", "manifest_path": "/shared/Cargo.toml", "source": null, "default_run": null},
                {"id": "far", "name": "far", "manifest_path": "/registry/far/Cargo.toml", "source": "registry", "default_run": null}
            ],
            "workspace_default_members": ["site", "tool"],
            "workspace_root": "/w",
            "target_directory": "/w/target",
            "resolve": {"nodes": [
                {"id": "site", "dependencies": ["shared", "far"]},
                {"id": "tool", "dependencies": ["far"]},
                {"id": "shared", "dependencies": ["far"]},
                {"id": "far", "dependencies": []}
            ]}
        }"#;
        Sources::read(json.as_bytes(), package).unwrap()
    }

    fn executables(names: &[&str]) -> Vec<Executable> {
        let one = |name: &&str| Executable {
            name: (*name).to_owned(),
            path: PathBuf::from("/w/target/debug").join(name),
            manifest: "/w/site/Cargo.toml".into(),
        };
        names.iter().map(one).collect()
    }

    #[test]
    fn packages() {
        for (package, expected) in [
            (None, vec!["/shared", "/w/site", "/w/tool"]),
            (Some("site"), vec!["/shared", "/w/site"]),
            (Some("tool"), vec!["/w/tool"]),
            (Some("far"), vec![]),
        ] {
            let found = sources(package).packages;
            let expected: BTreeSet<PathBuf> = expected.into_iter().map(PathBuf::from).collect();
            assert_eq!(found, expected, "{package:?}");
        }
    }

    #[test]
    fn what_is_a_source() {
        let mut sources = sources(Some("site"));
        sources.read = ["/w/site/src/page.html", "/text/words.txt"]
            .map(PathBuf::from)
            .into();
        for (file, expected, for_cargo) in [
            ("/w/site/src/main.rs", true, false),
            ("/w/site/src/new.rs", true, false),
            ("/w/site/src/page.html", true, false),
            ("/w/site/static/site.css", false, false),
            ("/w/site/site.db", false, false),
            ("/text/words.txt", true, false),
            ("/w/site/Cargo.toml", true, true),
            ("/w/Cargo.lock", true, true),
            ("/w/.cargo/config.toml", true, true),
            ("/w/site/Cargo.lock", false, false),
        ] {
            let file = Path::new(file);
            let found = (sources.contains(file), sources.is_for_cargo(file));
            assert_eq!(found, (expected, for_cargo), "{}", file.display());
        }
        let expected = Roots::new()
            .sources("/shared")
            .sources("/w/site")
            .path("/text/words.txt")
            .path("/w/Cargo.lock")
            .path("/w/Cargo.toml")
            .path("/w/.cargo/config.toml")
            .path("/w/rust-toolchain.toml");
        assert_eq!(sources.roots(), expected);
    }

    #[test]
    fn choices() {
        let chosen = |names: &[&str]| {
            let chosen = sources(None).choose(&executables(names));
            chosen
                .map(|one| one.name)
                .map_err(|error| error.to_string())
        };
        assert_eq!(chosen(&["a"]), Ok("a".to_owned()));
        assert_eq!(chosen(&["a", "web"]), Ok("web".to_owned()));
        let several = "name what to run with --bin: a, b".to_owned();
        assert_eq!(chosen(&["a", "b"]), Err(several));
        assert!(chosen(&[]).unwrap_err().contains("nothing to run"));
    }
}
