//! What `cargo metadata` knows about this workspace, as far as we ask.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;

use crate::Result;
use crate::command::{cargo, read};

#[derive(Deserialize)]
pub(crate) struct Workspace {
    workspace_root: PathBuf,
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    id: String,
    manifest_path: PathBuf,
    /// The registries that the package may go to: none of them, or by default any.
    publish: Option<Vec<String>>,
}

impl Package {
    pub(crate) fn is_published(&self) -> bool {
        self.publish
            .as_ref()
            .is_none_or(|registries| !registries.is_empty())
    }
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// Nothing for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
}

/// From the name of a package to the names of those that it depends on.
pub(crate) type Graph = BTreeMap<String, BTreeSet<String>>;

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let metadata = read(&mut cargo("metadata --format-version 1 --all-features"))?;
        Ok(serde_json::from_str(&metadata)?)
    }

    /// The packages under `crates/`.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &Package> {
        let folder = self.workspace_root.join("crates");
        self.packages
            .iter()
            .filter(move |package| package.manifest_path.starts_with(&folder))
    }

    /// The normal dependencies, with all features on.
    pub(crate) fn graph(&self) -> Graph {
        let names: BTreeMap<&str, &str> = self
            .packages
            .iter()
            .map(|package| (package.id.as_str(), package.name.as_str()))
            .collect();
        let mut graph = Graph::new();
        for node in &self.resolve.nodes {
            let normal = node
                .deps
                .iter()
                .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind.is_none()))
                .map(|dep| names[dep.pkg.as_str()].to_owned());
            // Several versions of one package are one node to us.
            graph
                .entry(names[node.id.as_str()].to_owned())
                .or_default()
                .extend(normal);
        }
        graph
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` needs `c`, builds with `d`, and is tested with `b`, a package of another workspace.
    const METADATA: &str = r#"{
        "workspace_root": "/w",
        "packages": [
            {"name": "a", "version": "1.0.0", "id": "1", "features": {}, "manifest_path": "/w/crates/a/Cargo.toml"},
            {"name": "b", "version": "1.0.0", "id": "2", "features": {}, "manifest_path": "/b/Cargo.toml"},
            {"name": "c", "version": "1.0.0", "id": "3", "features": {}, "manifest_path": "/w/c/Cargo.toml"},
            {"name": "d", "version": "1.0.0", "id": "4", "features": {}, "manifest_path": "/d/Cargo.toml"}
        ],
        "resolve": {"nodes": [
            {"id": "1", "deps": [
                {"pkg": "2", "dep_kinds": [{"kind": "dev"}]},
                {"pkg": "3", "dep_kinds": [{"kind": "dev"}, {"kind": null}]},
                {"pkg": "4", "dep_kinds": [{"kind": "build"}]}
            ]},
            {"id": "2", "deps": []}
        ]}
    }"#;

    #[test]
    fn reads_metadata() {
        let workspace: Workspace = serde_json::from_str(METADATA).unwrap();
        let crates: Vec<_> = workspace.crates().map(|package| &package.name).collect();
        assert_eq!(crates, ["a"]);
        let only_c = BTreeSet::from(["c".to_owned()]);
        let graph = Graph::from([("a".to_owned(), only_c), ("b".to_owned(), BTreeSet::new())]);
        assert_eq!(workspace.graph(), graph);
    }
}
