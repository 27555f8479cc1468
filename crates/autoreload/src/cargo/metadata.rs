//! Sources of a program: `cargo metadata` before the first build, dep-info after it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use cargo_metadata::{Metadata, Node, PackageId};

use super::{Executable, dep_info};
use crate::Roots;

/// The source files of a program: those of its package, and of each package that it depends on by
/// path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    workspace: PathBuf,
    target: PathBuf,
    packages: BTreeSet<PathBuf>,
    default_run: BTreeSet<String>,
    /// Every file that the compiler has read; empty before the first build.
    read: BTreeSet<PathBuf>,
}

impl Sources {
    /// Parses the output of `cargo metadata`. Without a package name, the sources are those of the
    /// workspace's default members.
    pub(super) fn parse(json: &[u8], package: Option<&str>) -> io::Result<Self> {
        let metadata: Metadata = serde_json::from_slice(json)?;
        let members = members(&metadata, package)?;
        let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
        let reached = reached(nodes, members.clone());
        let local = metadata
            .packages
            .iter()
            .filter(|package| package.source.is_none() && reached.contains(&package.id));
        let run = metadata
            .packages
            .iter()
            .filter(|package| members.contains(&&package.id));
        Ok(Self {
            packages: local
                .filter_map(|package| Some(package.manifest_path.parent()?.into()))
                .collect(),
            default_run: run
                .filter_map(|package| package.default_run.clone())
                .collect(),
            workspace: metadata.workspace_root.into(),
            target: metadata.target_directory.into(),
            read: BTreeSet::new(),
        })
    }

    /// Adds the files that the compiler has read for this executable, in any directory.
    #[must_use]
    pub fn with(mut self, executable: &Executable) -> Self {
        let text = fs::read_to_string(executable.dep_info()).unwrap_or_default();
        // Files in the target directory are generated from sources that are watched.
        self.read = dep_info::files(&text)
            .map(|file| self.workspace.join(file))
            .filter(|file| !file.starts_with(&self.target))
            .collect();
        self
    }

    /// Returns the files and directories to watch.
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

    /// Whether a change of this file needs a build. A Rust file always does: a new module is in no
    /// dep-info yet.
    #[must_use]
    pub fn contains(&self, file: &Path) -> bool {
        let is_rust = file.extension().is_some_and(|extension| extension == "rs");
        is_rust || self.is_for_cargo(file) || self.read.contains(file)
    }

    /// Whether a change of this file may change the output of `cargo metadata`.
    #[must_use]
    pub fn is_for_cargo(&self, file: &Path) -> bool {
        file.file_name().is_some_and(|name| name == "Cargo.toml")
            || WORKSPACE_FILES
                .iter()
                .any(|name| self.workspace.join(name) == file)
    }

    /// Returns the executable that `cargo run` runs.
    ///
    /// # Errors
    ///
    /// If there is none, or several and none of them is the package's `default-run`.
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
                [] => "there is nothing to run: cargo has built no executable".to_owned(),
                names => format!(
                    "several executables: select one with --bin: {}",
                    names.join(", ")
                ),
            })
        })
    }
}

/// Files of the workspace that a build depends on.
const WORKSPACE_FILES: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    ".cargo/config.toml",
    "rust-toolchain.toml",
];

/// Returns the local packages of that name, or the workspace's default members.
fn members<'a>(metadata: &'a Metadata, package: Option<&str>) -> io::Result<Vec<&'a PackageId>> {
    if let Some(name) = package {
        let named = metadata
            .packages
            .iter()
            .filter(|package| package.source.is_none() && package.name == name);
        return Ok(named.map(|package| &package.id).collect());
    }
    let members = &metadata.workspace_default_members;
    // Its `Deref` panics if the field is missing.
    if members.is_missing() {
        return Err(io::Error::other(
            "cargo metadata has no workspace_default_members: update cargo to 1.71 or later",
        ));
    }
    Ok(members.iter().collect())
}

/// Returns these packages and all packages that they depend on, directly or through others.
fn reached<'a>(
    nodes: impl Iterator<Item = &'a Node>,
    packages: Vec<&'a PackageId>,
) -> BTreeSet<&'a PackageId> {
    let nodes: BTreeMap<&PackageId, &Node> = nodes.map(|node| (&node.id, node)).collect();
    let mut reached = BTreeSet::new();
    let mut left = packages;
    while let Some(id) = left.pop() {
        if reached.insert(id) {
            let node = nodes.get(id).into_iter();
            left.extend(node.flat_map(|node| &node.dependencies));
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of `site` and `tool`. `site` depends on `shared`, outside the workspace, and on
    /// `far`, from a registry.
    fn metadata() -> String {
        let package = |name: &str, manifest: &str, source: &str, default_run: &str| {
            format!(
                r#"{{
                "name": "{name}", "version": "0.1.0", "id": "{name}", "license": null,
                "license_file": null, "description": null, "source": {source},
                "dependencies": [], "targets": [], "features": {{}},
                "manifest_path": "{manifest}", "metadata": null, "publish": null,
                "authors": [], "categories": [], "keywords": [], "readme": null,
                "repository": null, "homepage": null, "documentation": null,
                "edition": "2024", "links": null, "default_run": {default_run},
                "rust_version": null}}"#
            )
        };
        let node = |id: &str, dependencies: &str| {
            format!(
                r#"{{"id": "{id}", "dependencies": [{dependencies}], "deps": [], "features": []}}"#
            )
        };
        let packages = [
            package("site", "/w/site/Cargo.toml", "null", r#""web""#),
            package("tool", "/w/tool/Cargo.toml", "null", "null"),
            package("shared", "/shared/Cargo.toml", "null", "null"),
            package("far", "/registry/far/Cargo.toml", r#""registry""#, "null"),
        ];
        let nodes = [
            node("site", r#""shared", "far""#),
            node("tool", r#""far""#),
            node("shared", r#""far""#),
            node("far", ""),
        ];
        format!(
            r#"{{
            "packages": [{}],
            "workspace_members": ["site", "tool"],
            "workspace_default_members": ["site", "tool"],
            "resolve": {{"nodes": [{}], "root": null}},
            "target_directory": "/w/target",
            "version": 1,
            "workspace_root": "/w",
            "metadata": null
            }}"#,
            packages.join(","),
            nodes.join(",")
        )
    }

    fn sources(package: Option<&str>) -> Sources {
        Sources::parse(metadata().as_bytes(), package).unwrap()
    }

    #[test]
    fn bad_metadata_is_an_error() {
        let old = metadata().replace("workspace_default_members", "other");
        let error = |json: &str| {
            Sources::parse(json.as_bytes(), None)
                .unwrap_err()
                .to_string()
        };
        assert!(error(&old).contains("workspace_default_members"));
        for json in ["", "{", "[]", r#"{"packages": []}"#] {
            assert!(!error(json).is_empty(), "{json}");
        }
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
    fn packages_are_local_and_depended_on() {
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
    fn sources_are_rust_manifests_and_files_of_dep_info() {
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
    fn choose_prefers_default_run() {
        let chosen = |names: &[&str]| {
            let chosen = sources(None).choose(&executables(names));
            chosen
                .map(|one| one.name)
                .map_err(|error| error.to_string())
        };
        assert_eq!(chosen(&["a"]), Ok("a".to_owned()));
        assert_eq!(chosen(&["a", "web"]), Ok("web".to_owned()));
        let several = "several executables: select one with --bin: a, b".to_owned();
        assert_eq!(chosen(&["a", "b"]), Err(several));
        assert!(chosen(&[]).unwrap_err().contains("nothing to run"));
    }
}
