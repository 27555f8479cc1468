//! Files that a build depends on, from cargo's own words: `cargo metadata`, dep-info, the output of
//! build scripts and the errors of a failed build.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    env, fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use cargo_metadata::Metadata;

use super::{
    Built, dep_info,
    launch::Launch,
    paths::{has_rerun_rules, normal, of_build_script},
};
use crate::Roots;

/// The files of a program, whose change makes cargo build again.
///
/// Before the first build and after a failed one, these are all files of the local packages that no
/// ignore file names, and all files that the errors name: cargo writes no dep-info for the part that
/// failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    workspace: PathBuf,
    target: PathBuf,
    /// The directory that paths in cargo's dep-info are relative to, if any.
    dep_info_base: Option<PathBuf>,
    /// The directories of local packages by their id.
    packages: BTreeMap<String, PathBuf>,
    /// The root file of each target.
    entries: BTreeSet<PathBuf>,
    /// Files of cargo's configuration and of the toolchain.
    configuration: BTreeSet<PathBuf>,
    /// Files and directories that cargo has named.
    named: HashSet<PathBuf>,
    /// Packages whose build script has no `rerun-if` rule, and so depends on all of their files.
    whole: BTreeSet<PathBuf>,
    /// Whether the last build succeeded, so that `named` and `whole` are complete.
    is_complete: bool,
}

impl Sources {
    /// Parses the output of `cargo metadata`, which was run in the directory `here`.
    pub(super) fn parse(
        json: &[u8],
        here: &Path,
        dep_info_base: Option<PathBuf>,
    ) -> io::Result<Self> {
        let metadata: Metadata = serde_json::from_slice(json)?;
        let workspace: PathBuf = metadata.workspace_root.into();
        let mut packages = BTreeMap::new();
        let mut entries = BTreeSet::new();
        for package in metadata.packages {
            if package.source.is_some() {
                continue;
            }
            let targets = package.targets.into_iter();
            entries.extend(targets.map(|target| target.src_path.into()));
            // Without a resolved graph, path dependencies outside of the workspace are known by
            // their path only.
            for path in package
                .dependencies
                .into_iter()
                .filter_map(|found| found.path)
            {
                packages.entry(path.to_string()).or_insert(path.into());
            }
            if let Some(directory) = package.manifest_path.parent() {
                packages.insert(package.id.repr, directory.into());
            }
        }
        Ok(Self {
            configuration: configuration(here, &workspace, env::var_os("CARGO_HOME")),
            target: metadata.target_directory.into(),
            dep_info_base,
            workspace,
            packages,
            entries,
            ..Self::default()
        })
    }

    /// Takes over what cargo has named in the builds before, after a change of a manifest.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        self.named.clone_from(&before.named);
        self.whole.clone_from(&before.whole);
        self.is_complete = before.is_complete;
        self
    }

    /// Records the files that a build has read.
    pub fn record(&mut self, built: &Built) {
        match &built.launch {
            Some(launch) => self.record_success(built, launch),
            None => self.record_failure(built),
        }
    }

    /// Returns the files and directories to watch.
    #[must_use]
    pub fn roots(&self) -> Roots {
        let manifests = ["Cargo.toml", "Cargo.lock"].map(|name| self.workspace.join(name));
        let named = self.named.iter().chain(&self.configuration);
        let mut roots = named.chain(&manifests).fold(Roots::new(), Roots::named);
        roots = self.whole.iter().fold(roots, Roots::package);
        if !self.is_complete {
            roots = self.entries.iter().fold(roots, Roots::named);
            for directory in self.packages.values() {
                roots = roots.named(directory.join("Cargo.toml"));
                roots = roots.sources(directory);
            }
        }
        roots
    }

    /// Whether a change of this file may change the output of `cargo metadata`.
    #[must_use]
    pub fn is_for_cargo(&self, file: &Path) -> bool {
        self.configuration.contains(file)
            || file
                .file_name()
                .is_some_and(|name| name == "Cargo.toml" || name == "Cargo.lock")
    }

    /// Returns the absolute path of a file in a diagnostic.
    #[must_use]
    pub fn locate(&self, file: &Path) -> PathBuf {
        if file.is_absolute() {
            return normal(file);
        }
        let mut candidates = self.candidates(file);
        let first = candidates.next().unwrap_or_else(|| file.to_owned());
        let others = [first.clone()].into_iter().chain(candidates);
        others
            .into_iter()
            .find(|path| path.is_file())
            .unwrap_or(first)
    }

    fn record_success(&mut self, built: &Built, launch: &Launch) {
        let text = fs::read_to_string(launch.executable().with_extension("d")).unwrap_or_default();
        self.named = dep_info::files(&text)
            .iter()
            .map(|file| match &self.dep_info_base {
                Some(base) => base.join(file),
                None => self.locate(Path::new(file)),
            })
            .collect();
        self.whole.clear();
        for unit in &built.units {
            let Some(directory) = self.packages.get(&unit.package) else {
                continue;
            };
            self.named.insert(unit.manifest.clone());
            self.named.insert(unit.source.clone());
            // Targets that cargo finds by the name of their file.
            let found = ["build.rs", "src/lib.rs", "src/main.rs"];
            self.named.extend(found.map(|name| directory.join(name)));
        }
        for script in &built.scripts {
            let Some(directory) = self.packages.get(&script.package) else {
                continue;
            };
            let text = fs::read_to_string(&script.output).unwrap_or_default();
            let rules = of_build_script(&text).into_iter();
            self.named.extend(rules.map(|path| directory.join(path)));
            if !has_rerun_rules(&text) {
                self.whole.insert(directory.clone());
            }
        }
        self.normalize();
        // Without dep-info, the files of the program are not known.
        self.is_complete = !text.is_empty();
    }

    fn record_failure(&mut self, built: &Built) {
        let read = recent_dep_info(&self.target, built.started);
        let mut found: Vec<PathBuf> = Vec::new();
        for file in built.named.iter().chain(&read) {
            let existing = self.candidates(file).filter(|path| {
                // A module or an included file that is missing will appear.
                !path.is_dir() && path.parent().is_some_and(Path::is_dir)
            });
            found.extend(existing);
        }
        for path in &built.rerun {
            found.extend(self.candidates(path).filter(|path| path.exists()));
        }
        self.named.extend(found);
        self.normalize();
        self.is_complete = false;
    }

    /// The compiler's paths are relative to the workspace, or to a package outside of it.
    fn candidates(&self, file: &Path) -> impl Iterator<Item = PathBuf> {
        // An absolute path replaces the base, so one base is enough.
        let packages = self.packages.values().filter(|_| file.is_relative());
        let bases = [&self.workspace].into_iter().chain(packages);
        let paths: BTreeSet<PathBuf> = bases.map(|base| normal(&base.join(file))).collect();
        paths.into_iter()
    }

    /// Files in the target directory are generated from sources that are watched.
    fn normalize(&mut self) {
        self.named = self
            .named
            .iter()
            .map(|path| normal(path))
            .filter(|path| !path.starts_with(&self.target))
            .collect();
    }
}

/// Returns the files of cargo's configuration for this directory
/// (<https://doc.rust-lang.org/cargo/reference/config.html#hierarchical-structure>), and of rustup's
/// toolchain. Above the workspace, only files that exist: nothing there is worth an event for each
/// new file.
fn configuration(
    here: &Path,
    workspace: &Path,
    home: Option<std::ffi::OsString>,
) -> BTreeSet<PathBuf> {
    const NAMES: [&str; 4] = [
        ".cargo/config.toml",
        ".cargo/config",
        "rust-toolchain.toml",
        "rust-toolchain",
    ];
    let mut files = BTreeSet::new();
    for directory in here.ancestors() {
        let paths = NAMES.map(|name| directory.join(name));
        let is_inside = directory == here || directory.starts_with(workspace);
        files.extend(paths.into_iter().filter(|path| is_inside || path.is_file()));
    }
    let home = home.map_or_else(
        || env::home_dir().map(|home| home.join(".cargo")),
        |home| Some(PathBuf::from(home)),
    );
    let configs = home
        .into_iter()
        .flat_map(|home| ["config.toml", "config"].map(|name| home.join(name)));
    files.extend(configs.filter(|path| path.is_file()));
    files
}

/// Returns the files in dep-info that rustc has written since that time, also for a crate that did
/// not compile.
fn recent_dep_info(target: &Path, since: SystemTime) -> BTreeSet<PathBuf> {
    let directories = |directory: &Path| {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let profiles = directories(target)
        .into_iter()
        .flat_map(|path| [vec![path.clone()], directories(&path)].concat());
    let files = profiles.flat_map(|profile| directories(&profile.join("deps")));
    let recent = files.filter(|file| {
        let modified = || file.metadata().and_then(|found| found.modified());
        file.extension().is_some_and(|extension| extension == "d")
            && modified().is_ok_and(|modified| modified >= since)
    });
    recent
        .filter_map(|file| fs::read_to_string(file).ok())
        .flat_map(|text| dep_info::files(&text))
        .map(PathBuf::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of `site` and `tool`. `site` depends on `shared`, outside the workspace, and on
    /// `far`, from a registry.
    fn metadata() -> String {
        let package = |name: &str, manifest: &str, source: &str| {
            format!(
                r#"{{
                "name": "{name}", "version": "0.1.0", "id": "{name}", "license": null,
                "license_file": null, "description": null, "source": {source},
                "dependencies": [], "targets": [], "features": {{}},
                "manifest_path": "{manifest}", "metadata": null, "publish": null,
                "authors": [], "categories": [], "keywords": [], "readme": null,
                "repository": null, "homepage": null, "documentation": null,
                "edition": "2024", "links": null, "default_run": null,
                "rust_version": null}}"#
            )
        };
        let packages = [
            package("site", "/w/site/Cargo.toml", "null"),
            package("tool", "/w/tool/Cargo.toml", "null"),
            package("shared", "/shared/Cargo.toml", "null"),
            package("far", "/registry/far/Cargo.toml", r#""registry""#),
        ];
        format!(
            r#"{{
            "packages": [{}],
            "workspace_members": ["site", "tool"],
            "workspace_default_members": ["site", "tool"],
            "resolve": null,
            "target_directory": "/w/target",
            "version": 1,
            "workspace_root": "/w",
            "metadata": null
            }}"#,
            packages.join(","),
        )
    }

    #[test]
    fn bad_metadata_is_an_error() {
        for json in ["", "{", "[]", r#"{"packages": []}"#] {
            let error = Sources::parse(json.as_bytes(), Path::new("/w"), None).unwrap_err();
            assert!(!error.to_string().is_empty(), "{json}");
        }
    }

    #[test]
    fn all_local_packages_are_watched_before_the_first_build() {
        let mut sources = Sources::parse(metadata().as_bytes(), Path::new("/w"), None).unwrap();
        sources.configuration = [PathBuf::from("/w/.cargo/config.toml")].into();
        let expected = Roots::new()
            .sources("/shared")
            .sources("/w/site")
            .sources("/w/tool")
            .named("/shared/Cargo.toml")
            .named("/w/site/Cargo.toml")
            .named("/w/tool/Cargo.toml")
            .named("/w/Cargo.toml")
            .named("/w/Cargo.lock")
            .named("/w/.cargo/config.toml");
        assert_eq!(sources.roots(), expected);
        for (file, expected) in [
            ("/w/site/Cargo.toml", true),
            ("/w/Cargo.lock", true),
            ("/w/.cargo/config.toml", true),
            ("/w/site/src/main.rs", false),
            ("/w/site/config.toml", false),
        ] {
            assert_eq!(sources.is_for_cargo(Path::new(file)), expected, "{file}");
        }
    }

    #[test]
    fn configuration_is_that_of_the_directory_and_its_parents() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        for directory in ["w/site", "above/.cargo", ".cargo", "home"] {
            fs::create_dir_all(path(directory)).unwrap();
        }
        fs::write(path(".cargo/config.toml"), "").unwrap();
        fs::write(path("home/config.toml"), "").unwrap();
        let found = configuration(&path("w/site"), &path("w"), Some(path("home").into()));
        for (name, expected) in [
            ("w/site/.cargo/config.toml", true),
            ("w/.cargo/config.toml", true),
            ("w/rust-toolchain.toml", true),
            (".cargo/config.toml", true),
            (".cargo/config", false),
            ("home/config.toml", true),
        ] {
            assert_eq!(found.contains(&path(name)), expected, "{name}");
        }
    }
}
