//! Random edits in a workspace: a change is reported if and only if `cargo build` would rebuild.
//!
//! `SQUALL_EDITS` is the number of edits, `SQUALL_SEED` that of the sequence.

use std::{
    collections::BTreeSet,
    env,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, channel},
    time::{Duration, SystemTime},
};

use squall_autoreload::{Built, CargoRun, Sources, Watch, Watching};
use testkit::{TempDir, temp_dir, wait_until};

/// Makes cargo independent of the variables that `cargo test` sets.
const CARGO: &str = "#!/bin/sh
unset CARGO_TARGET_DIR RUSTFLAGS
export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0
exec cargo \"$@\"
";

const SITE: &str = "mod linked; mod module; #[path = \"../../../shared/module.rs\"] mod shared;
fn main() {
    let text = [include_str!(\"../../../words\"), include_str!(\"ignored.txt\"), include_str!(\"../.hidden\")];
    println!(\"{text:?} {} {} {}\", a::NUMBER, outer::NUMBER, linked::NUMBER);
}
";

/// Files of the workspace, relative to a directory above it.
const FILES: &[(&str, &str)] = &[
    (
        "w/Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"site\", \"a\", \"b\", \"tool\", \"unused\"]\n",
    ),
    (
        "w/site/Cargo.toml",
        "[package]\nname = \"site\"\nedition = \"2024\"\ndefault-run = \"site\"\n[dependencies]\na.path = \"../a\"\nouter.path = \"../../outer\"\n\
         [build-dependencies]\ntool.path = \"../tool\"\n",
    ),
    ("w/site/src/main.rs", SITE),
    ("w/site/src/module.rs", ""),
    ("w/site/src/ignored.txt", ""),
    ("w/site/.gitignore", "ignored.txt\n"),
    ("w/site/.hidden", ""),
    (
        "w/site/build.rs",
        "fn main() { tool::rerun(\"build.rs\"); tool::rerun(\"../../rules/file\"); tool::rerun(\"migrations\"); }",
    ),
    ("w/site/migrations/1.sql", ""),
    ("w/site/migrations/deep/2.sql", ""),
    (
        "w/a/Cargo.toml",
        "[package]\nname = \"a\"\nedition = \"2024\"\n[dependencies]\nb.path = \"../b\"\n",
    ),
    ("w/a/build.rs", "fn main() {}"),
    ("w/a/src/lib.rs", "mod deep; pub use b::NUMBER;"),
    ("w/a/src/deep/mod.rs", ""),
    ("w/a/notes.txt", ""),
    (
        "w/b/Cargo.toml",
        "[package]\nname = \"b\"\nedition = \"2024\"\n",
    ),
    ("b_source/lib.rs", "pub const NUMBER: u32 = 1;"),
    (
        "w/tool/Cargo.toml",
        "[package]\nname = \"tool\"\nedition = \"2024\"\n",
    ),
    (
        "w/tool/src/lib.rs",
        "pub fn rerun(path: &str) { println!(\"cargo::rerun-if-changed={path}\"); }",
    ),
    (
        "w/unused/Cargo.toml",
        "[package]\nname = \"unused\"\nedition = \"2024\"\n",
    ),
    ("w/unused/src/lib.rs", ""),
    (
        "outer/Cargo.toml",
        "[package]\nname = \"outer\"\nedition = \"2024\"\n[workspace]\n",
    ),
    ("outer/src/lib.rs", "pub const NUMBER: u32 = 1;"),
    ("shared/module.rs", ""),
    ("shared/linked.rs", "pub const NUMBER: u32 = 1;"),
    ("shared/other.rs", "pub const NUMBER: u32 = 2;"),
    ("words", ""),
    ("rules/file", ""),
    ("rules/other", ""),
    // Beside the program.
    ("w/README.md", ""),
    ("w/site/README.md", ""),
    ("w/site/static/site.css", ""),
    ("w/site/src/unused.rs", ""),
    ("w/site/src/bin/other.rs", "fn main() {}"),
    ("w/site/tests/it.rs", ""),
    ("w/site/examples/e.rs", "fn main() {}"),
    ("w/b/notes.txt", ""),
];

/// A sequence of pseudo-random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).expect("31 bits") % limit
    }
}

struct Workspace {
    place: TempDir,
    run: CargoRun,
    sources: Sources,
    watching: Watching,
    changed: Receiver<BTreeSet<PathBuf>>,
    count: usize,
}

impl Workspace {
    fn new() -> Self {
        let place = temp_dir();
        let path = |name: &str| place.path().join(name);
        for (name, text) in FILES {
            fs::create_dir_all(path(name).parent().expect("it is in the place"))
                .expect("there is room");
            fs::write(path(name), text).expect("it is ours");
        }
        symlink("../../b_source", path("w/b/src")).expect("it is ours");
        symlink("../../../shared/linked.rs", path("w/site/src/linked.rs")).expect("it is ours");
        fs::write(path("cargo"), CARGO).expect("it is ours");
        fs::set_permissions(path("cargo"), fs::Permissions::from_mode(0o755)).expect("it is ours");
        let manifest = path("w/site/Cargo.toml");
        let mut words: Vec<OsString> = vec![path("cargo").into()];
        words.extend(["run", "--offline", "--manifest-path"].map(OsString::from));
        words.push(manifest.into());
        let mut run = CargoRun::parse(&words)
            .expect("good flags")
            .expect("cargo run");
        let sources = run.sources().expect("a good workspace");
        let (sender, changed) = channel();
        let watching = Watch::new(sources.roots().named(path("sentinel")))
            .start(move |changes| {
                // Fails at the end of the test.
                let _ = sender.send(changes.into_keys().collect());
            })
            .expect("a thread");
        let mut workspace = Self {
            place,
            run,
            sources,
            watching,
            changed,
            count: 0,
        };
        let built = workspace.build();
        assert!(built.launch.is_some(), "{}", built.errors());
        workspace
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn build(&mut self) -> Built {
        let squall = OsStr::new(env!("CARGO_BIN_EXE_squall"));
        let runner = [
            squall,
            OsStr::new("dev-helper"),
            OsStr::new("record"),
            OsStr::new("--"),
        ];
        let building = self
            .run
            .build(&runner, &self.path("launch"))
            .expect("cargo is here");
        let built = building.wait(|_| Ok(())).expect("cargo can be read");
        self.sources.record(&built);
        let roots = self.sources.roots().named(self.path("sentinel"));
        // Later than all files, since a change that the last build has seen is none.
        self.watching
            .watch(roots, SystemTime::now() + Duration::from_secs(3600));
        self.next_tick();
        self.reported();
        built
    }

    /// Waits until files get another time than those of the last build.
    fn next_tick(&self) {
        let time = |name: &str| {
            fs::write(self.path(name), "").expect("it is ours");
            fs::metadata(self.path(name))
                .and_then(|found| found.modified())
                .expect("a time")
        };
        let first = time("tick");
        wait_until("the next tick", || {
            time("tick") > first + Duration::from_millis(10)
        });
    }

    /// Returns the files that are reported before a change of the sentinel.
    fn reported(&mut self) -> BTreeSet<PathBuf> {
        self.count += 1;
        let sentinel = self.path("sentinel");
        fs::write(&sentinel, self.count.to_string()).expect("it is ours");
        let mut reported = BTreeSet::new();
        while !reported.contains(&sentinel) {
            let more = self.changed.recv_timeout(Duration::from_secs(30));
            reported.append(&mut more.expect("the sentinel is watched"));
        }
        reported.remove(&sentinel);
        reported
    }

    fn append(&self, name: &str, text: &str) {
        let path = self.path(name);
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, before + text).expect("it is ours");
    }

    /// Makes an edit, and returns what it was.
    fn edit(&mut self, random: &mut Random) -> String {
        let (name, _) = FILES[random.below(FILES.len())];
        let number = self.count;
        let comment = match Path::new(name).extension().and_then(OsStr::to_str) {
            Some("rs") => format!("\n// {number}"),
            _ => format!("\n# {number}"),
        };
        let beside = format!("{name}.new");
        match random.below(9) {
            0..3 => {
                self.append(name, &comment);
                format!("append to {name}")
            }
            3 => {
                let text = fs::read(self.path(name)).expect("it is there");
                fs::write(self.path(name), text).expect("it is ours");
                format!("write {name} again")
            }
            4 => {
                let text = fs::read_to_string(self.path(name)).expect("it is there");
                fs::write(self.path(&beside), text + &comment).expect("it is ours");
                fs::rename(self.path(&beside), self.path(name)).expect("it is ours");
                format!("replace {name}")
            }
            5 => {
                let other = Path::new(name).with_file_name(format!("other-{number}.txt"));
                let other = other.to_str().expect("UTF-8").to_owned();
                self.append(&other, "new");
                format!("create {other}")
            }
            6 => {
                let deep = Path::new(name).with_file_name(format!("dir-{number}/deep/file"));
                let deep = deep.to_str().expect("UTF-8").to_owned();
                let parent = self
                    .path(&deep)
                    .parent()
                    .map(Path::to_owned)
                    .expect("it has one");
                fs::create_dir_all(parent).expect("there is room");
                self.append(&deep, "new");
                format!("create {deep}")
            }
            7 => {
                let target = ["linked.rs", "other.rs"][random.below(2)];
                self.append(&format!("shared/{target}"), &format!("\n// {number}"));
                let link = self.path("w/site/src/linked.rs");
                fs::remove_file(&link).expect("it is there");
                symlink(format!("../../../shared/{target}"), link).expect("it is ours");
                format!("link to {target}")
            }
            _ => {
                self.append("w/site/src/module.rs", "MISTAKE");
                "a mistake in module.rs".to_owned()
            }
        }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "figures of a run")]
fn change_is_reported_if_and_only_if_cargo_rebuilds() {
    let number = |name: &str, default: u64| {
        env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let (edits, seed) = (number("SQUALL_EDITS", 100), number("SQUALL_SEED", 1));
    let mut random = Random(seed);
    let mut workspace = Workspace::new();
    let (mut rebuilt, mut asked) = (0, Vec::new());
    for round in 0..edits {
        let edit = workspace.edit(&mut random);
        let reported = workspace.reported();
        let built = workspace.build();
        let needed = built.compiled > 0 || built.launch.is_none();
        rebuilt += u64::from(needed);
        let context = format!("seed {seed}, round {round}: {edit}; reported: {reported:?}");
        assert!(
            !needed || !reported.is_empty(),
            "not seen: {context}\n{}",
            built.errors()
        );
        if !needed && !reported.is_empty() {
            // Only cargo can tell whether a change of its own files matters.
            let is_own = |path: &PathBuf| {
                path.extension()
                    .is_some_and(|extension| extension == "toml" || extension == "lock")
            };
            assert!(reported.iter().all(is_own), "in vain: {context}");
            asked.push(edit);
        }
        if built.launch.is_none() {
            assert!(built.errors().contains("MISTAKE"), "{}", built.errors());
            fs::write(workspace.path("w/site/src/module.rs"), "").expect("it is ours");
            assert!(
                !workspace.reported().is_empty(),
                "the mended module: {context}"
            );
            let built = workspace.build();
            assert!(built.launch.is_some(), "{}", built.errors());
        }
    }
    let asked_count = asked.len();
    eprintln!(
        "{edits} edits, seed {seed}: {rebuilt} rebuilt, {asked_count} of manifests were no change for cargo: {asked:?}"
    );
    assert!(rebuilt > 0 && rebuilt < edits, "both occur");
}
