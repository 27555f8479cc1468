//! `cargo metadata` of this workspace: its crates, and the graph of normal dependencies.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, Package, PackageId};

use crate::Result;
use crate::command::{cargo, read};

pub(crate) struct Workspace(Metadata);

/// The name of each package, and the names of the packages that it depends on.
pub(crate) type Graph = BTreeMap<String, BTreeSet<String>>;

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let metadata = read(&mut cargo("metadata --format-version 1 --all-features"))?;
        Self::parse(&metadata)
    }

    fn parse(metadata: &str) -> Result<Self> {
        Ok(Self(serde_json::from_str(metadata)?))
    }

    /// Returns the packages in `crates/`.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &Package> {
        let folder = self.0.workspace_root.join("crates");
        self.0
            .packages
            .iter()
            .filter(move |package| package.manifest_path.starts_with(&folder))
    }

    /// Returns the normal dependencies, with all features enabled.
    pub(crate) fn graph(&self) -> Graph {
        let names: BTreeMap<&PackageId, &str> = self
            .0
            .packages
            .iter()
            .map(|package| (&package.id, package.name.as_str()))
            .collect();
        let mut graph = Graph::new();
        for node in self.0.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let normal = node
                .deps
                .iter()
                .filter(|dep| {
                    dep.dep_kinds
                        .iter()
                        .any(|info| info.kind == DependencyKind::Normal)
                })
                .map(|dep| names[&dep.pkg].to_owned());
            // All versions of a package share one node of the graph.
            graph
                .entry(names[&node.id].to_owned())
                .or_default()
                .extend(normal);
        }
        graph
    }
}

/// Whether the package may go to any registry.
pub(crate) fn is_published(package: &Package) -> bool {
    package
        .publish
        .as_ref()
        .is_none_or(|registries| !registries.is_empty())
}

/// The shortest way from one node of a graph to another.
pub(crate) fn path<'a>(graph: &'a Graph, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::from([from]);
    let mut paths = vec![vec![from]];
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            let last = path[path.len() - 1];
            if last == to {
                return Some(path);
            }
            for next in graph.get(last).into_iter().flatten() {
                if seen.insert(next) {
                    longer.push([&path[..], &[next]].concat());
                }
            }
        }
        paths = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` has the normal dependency `c`, the build dependency `d`, and the dev-dependencies `b`,
    /// of another workspace, and `c`.
    fn workspace() -> Workspace {
        let package = |id: &str, name: &str, manifest: &str, publish: &str| {
            format!(
                r#"{{"name": "{name}", "version": "1.0.0", "id": "{id}", "license": null,
                "license_file": null, "description": null, "source": null, "dependencies": [],
                "targets": [], "features": {{}}, "manifest_path": "{manifest}", "metadata": null,
                "publish": {publish}, "authors": [], "categories": [], "keywords": [],
                "readme": null, "repository": null, "homepage": null, "documentation": null,
                "edition": "2024", "links": null, "default_run": null, "rust_version": null}}"#
            )
        };
        let packages = [
            package("1", "a", "/w/crates/a/Cargo.toml", "null"),
            package("2", "b", "/b/Cargo.toml", "null"),
            package("3", "c", "/w/c/Cargo.toml", "null"),
            package("4", "d", "/d/Cargo.toml", "null"),
            package("5", "e", "/w/crates/e/Cargo.toml", "[]"),
            package("6", "f", "/w/crates/f/Cargo.toml", r#"["ours"]"#),
        ]
        .join(",");
        let metadata = format!(
            r#"{{
            "packages": [{packages}],
            "workspace_members": ["1", "3", "5", "6"],
            "workspace_default_members": ["1"],
            "resolve": {{"root": null, "nodes": [
                {{"id": "1", "dependencies": ["2", "3", "4"], "features": [], "deps": [
                    {{"name": "b", "pkg": "2", "dep_kinds": [{{"kind": "dev", "target": null}}]}},
                    {{"name": "c", "pkg": "3", "dep_kinds": [
                        {{"kind": "dev", "target": null}}, {{"kind": null, "target": null}}
                    ]}},
                    {{"name": "d", "pkg": "4", "dep_kinds": [{{"kind": "build", "target": null}}]}}
                ]}},
                {{"id": "2", "dependencies": [], "features": [], "deps": []}}
            ]}},
            "target_directory": "/w/target", "version": 1, "workspace_root": "/w",
            "metadata": null
            }}"#
        );
        Workspace::parse(&metadata).unwrap()
    }

    #[test]
    fn crates_are_the_packages_in_their_folder() {
        let workspace = workspace();
        let found: Vec<_> = workspace
            .crates()
            .map(|package| (package.name.as_str(), is_published(package)))
            .collect();
        assert_eq!(found, [("a", true), ("e", false), ("f", true)]);
    }

    #[test]
    fn graph_has_normal_dependencies_only() {
        let only_c = BTreeSet::from(["c".to_owned()]);
        let expected = Graph::from([("a".to_owned(), only_c), ("b".to_owned(), BTreeSet::new())]);
        assert_eq!(workspace().graph(), expected);
    }
}
