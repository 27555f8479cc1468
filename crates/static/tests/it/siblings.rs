//! Precompressed siblings that appear and disappear: directories are listed, and listings end.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::SystemTime,
};
#[cfg(target_os = "linux")]
use std::{os::unix::fs::PermissionsExt, thread};

use axum::body::Body;
use http::Request;
use squall_static::{ServeStatic, StaticFiles};
use testkit::{TempDir, wait_until};
use tower::ServiceExt;

use crate::{clock::Clock, memory::get, site::write};

/// The user without permissions.
#[cfg(target_os = "linux")]
const NOBODY: u32 = 65534;

/// Files in `current`, a link to `first`, whose clock stands still.
struct Site {
    folder: TempDir,
    files: ServeStatic,
    clock: Clock,
    runtime: tokio::runtime::Runtime,
}

impl Site {
    /// The directory `first/docs` is listed and has no siblings.
    fn new() -> Self {
        let site = Self::of(tree());
        site.list();
        site
    }

    fn of(folder: TempDir) -> Self {
        let clock = Clock::default();
        let files = StaticFiles::new(folder.path().join("current"))
            .clock(clock.reader())
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            // Listings are done one after the other.
            .max_blocking_threads(1)
            .build()
            .unwrap();
        Self {
            folder,
            files,
            clock,
            runtime,
        }
    }

    /// Waits until the directory is settled, and has it listed.
    fn list(&self) {
        self.advance(1000);
        // It is settled after the directory that it is new in.
        let probe = format!("/docs/{}.css", self.clock.milliseconds());
        write(&self.path(&format!("first{probe}")), "plain", then());
        let before = self.files.cached();
        wait_until("the directory is settled", || {
            let (status, ..) = self.runtime.block_on(get(&self.files, &probe));
            status == 200 && self.files.cached() > before
        });
        self.advance(1000);
        assert_eq!(self.coding("a.css"), None);
        self.runtime.block_on(async {
            tokio::task::spawn_blocking(|| ()).await.unwrap();
        });
    }

    fn advance(&self, milliseconds: u64) {
        self.clock.advance(milliseconds);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the coding of the response to a client that accepts all.
    fn coding(&self, name: &str) -> Option<String> {
        let request = Request::get(format!("/docs/{name}"))
            .header("accept-encoding", "gzip, br, zstd")
            .body(Body::empty())
            .unwrap();
        let response = self.files.clone().oneshot(request);
        let response = self.runtime.block_on(response).unwrap();
        assert_eq!(response.status(), 200);
        let coding = response.headers().get("content-encoding")?;
        Some(coding.to_str().unwrap().to_owned())
    }
}

/// Makes a folder with the files and the link of a [`Site`].
fn tree() -> TempDir {
    let folder = testkit::temp_dir();
    for name in ["a.css", "b.css", "c.css"] {
        write(
            &folder.path().join("first/docs").join(name),
            "plain",
            then(),
        );
    }
    symlink("first", folder.path().join("current")).unwrap();
    folder
}

fn then() -> SystemTime {
    SystemTime::UNIX_EPOCH
}

fn add(path: &Path) {
    write(path, "coded", then());
}

#[test]
fn new_sibling_is_served_when_a_cached_file_would_be_checked() {
    for (name, coding) in [
        ("b.css.gz", "gzip"),
        ("b.css.br", "br"),
        ("b.css.zst", "zstd"),
    ] {
        let site = Site::new();
        add(&site.path("first/docs").join(name));
        assert_eq!(site.coding("b.css"), None, "the listing is in effect");
        site.advance(999);
        assert_eq!(site.coding("b.css"), None, "{name}");
        site.advance(1);
        assert_eq!(site.coding("b.css").as_deref(), Some(coding), "{name}");
        assert_eq!(site.coding("c.css"), None, "{name}");
    }
}

#[test]
fn sibling_that_is_moved_or_linked_into_a_listed_directory_is_served() {
    type Change = fn(&Site);
    let changes: [Change; 3] = [
        |site| {
            add(&site.path("b.css.gz"));
            fs::rename(site.path("b.css.gz"), site.path("first/docs/b.css.gz")).unwrap();
        },
        |site| {
            add(&site.path("first/elsewhere.gz"));
            symlink("../elsewhere.gz", site.path("first/docs/b.css.gz")).unwrap();
        },
        // Its directory is another one with the same name.
        |site| {
            let new = site.path("first/new");
            for name in ["a.css", "b.css", "b.css.gz", "c.css"] {
                write(&new.join(name), "new", then());
            }
            fs::rename(site.path("first/docs"), site.path("first/old")).unwrap();
            fs::rename(new, site.path("first/docs")).unwrap();
        },
    ];
    for change in changes {
        let site = Site::new();
        change(&site);
        site.advance(1000);
        assert_eq!(site.coding("b.css").as_deref(), Some("gzip"));
    }
}

/// A deploy switches the root to another directory.
#[test]
fn siblings_of_a_new_root_are_served() {
    let site = Site::new();
    for name in ["a.css", "b.css", "b.css.br"] {
        write(&site.path("second/docs").join(name), "new", then());
    }
    symlink("second", site.path("next")).unwrap();
    fs::rename(site.path("next"), site.path("current")).unwrap();
    site.advance(1000);
    assert_eq!(site.coding("b.css").as_deref(), Some("br"));
    assert_eq!(site.coding("a.css"), None);
}

/// Its directory is unchanged: it was listed with the name.
#[test]
fn link_whose_target_appears_is_served() {
    let site = Site::new();
    symlink("../later", site.path("first/docs/b.css.gz")).unwrap();
    site.list();
    assert_eq!(site.coding("b.css"), None);
    add(&site.path("first/later"));
    site.advance(1000);
    assert_eq!(site.coding("b.css").as_deref(), Some("gzip"));
}

#[test]
fn removed_sibling_is_not_served() {
    let site = Site::new();
    add(&site.path("first/docs/b.css.gz"));
    site.list();
    assert_eq!(site.coding("b.css").as_deref(), Some("gzip"));
    fs::remove_file(site.path("first/docs/b.css.gz")).unwrap();
    site.advance(1000);
    assert_eq!(site.coding("b.css"), None);
}

/// A process may have the permission to open the files of a directory, but not to list them.
#[cfg(target_os = "linux")]
#[test]
fn sibling_in_an_unreadable_directory_is_served() {
    let folder = tree();
    let docs = folder.path().join("first/docs");
    add(&docs.join("b.css.gz"));
    for (path, mode) in [
        (folder.path(), 0o755),
        (&docs.join("a.css"), 0o644),
        (&docs.join("b.css"), 0o644),
        (&docs.join("b.css.gz"), 0o644),
        (&docs, 0o311),
    ] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let as_nobody = thread::spawn(move || {
        if rustix::process::geteuid().is_root() {
            // The threads of the runtime, which this one starts, are of the same user.
            rustix::thread::set_thread_uid(rustix::fs::Uid::from_raw(NOBODY)).unwrap();
        }
        fs::read_dir(&docs).unwrap_err();
        let site = Site::of(folder);
        for seconds in 0..3 {
            assert_eq!(site.coding("b.css").as_deref(), Some("gzip"), "{seconds}");
            assert_eq!(site.coding("a.css"), None, "{seconds}");
            site.advance(1000);
        }
        site
    });
    let site = as_nobody.join().unwrap();
    // So that the folder can be deleted, which only its owner can do.
    let readable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(site.path("first/docs"), readable).unwrap();
}
