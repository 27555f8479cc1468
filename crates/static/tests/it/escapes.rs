//! Path traversal: no URL reads a byte from outside the root.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::{
        LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use proptest::{prelude::*, sample::select};
use squall_static::{ServeStatic, StaticFiles};
use testkit::TempDir;

use crate::memory::get;

struct Trap {
    _folder: TempDir,
    files: Vec<ServeStatic>,
    runtime: tokio::runtime::Runtime,
}

/// A root with links in it, and secret files around it.
static TRAP: LazyLock<Trap> = LazyLock::new(|| {
    let folder = testkit::temp_dir();
    let root = folder.path().join("a/tree");
    for name in ["a", "b/a", "b/b/a", "index.html", "b/index.html"] {
        write(&root.join(name), "inside");
    }
    for name in [
        "a/a",
        "a/b/a",
        "a",
        "b",
        "a/tree-a/a",
        "a/treeb",
        "index.html",
    ] {
        let path = folder.path().join(name);
        if !path.exists() {
            write(&path, "secret");
        }
    }
    for name in [".a", "b/.a", ".b/a", ".b/index.html"] {
        write(&root.join(name), "secret");
    }
    let outside = folder.path().join("a");
    for (target, link) in [
        ("..", "up"),
        ("../a", "out"),
        ("../../index.html", "out-file"),
        ("/", "top"),
        ("b", "in"),
        ("../tree/b", "around"),
        ("b/../..", "b-up"),
        ("up", "up-twice"),
    ] {
        symlink(target, root.join(link)).unwrap();
    }
    symlink(&outside, root.join("absolute")).unwrap();
    symlink("../..", root.join("b/up")).unwrap();
    let files = || StaticFiles::new(&root).listing(true);
    Trap {
        files: [
            files(),
            files().cache_size(0),
            files().static_hash_cache(false),
            files().fallback("index.html"),
        ]
        .map(|files| files.build().unwrap())
        .into(),
        runtime: tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap(),
        _folder: folder,
    }
});

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Parts of URLs that combine to valid and invalid paths.
const PIECES: &[&str] = &[
    "/",
    "/",
    "/",
    "a",
    "b",
    "..",
    ".",
    "up",
    "out",
    "in",
    "around",
    "top",
    "absolute",
    "b-up",
    "up-twice",
    "tree",
    "tree-a",
    "treeb",
    "index.html",
    "out-file",
    ".a",
    ".b",
    "%2e",
    "%2E%2e",
    "%2f",
    "%2F",
    "%5c",
    "%00",
    "%25",
    "%252e",
    "%c0%ae",
    "%",
    "~1",
    ":",
    "c:",
    "+",
    "etc",
    "passwd",
    "%61",
    "//",
    "?",
    "#",
    "v=",
    ";",
    "nul",
];

fn url() -> impl Strategy<Value = String> {
    prop::collection::vec(select(PIECES), 0..8).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_urls_cannot_leave_the_root(url in url()) {
        let trap = &*TRAP;
        prop_assume!(url.parse::<http::Uri>().is_ok());
        for files in &trap.files {
            let (status, headers, body) = trap.runtime.block_on(get(files, &url));
            let text = String::from_utf8_lossy(&body);
            match status.as_u16() {
                200 => prop_assert!(text == "inside" || text.starts_with("<!doctype html>"), "{text}"),
                301 => prop_assert!(headers["location"].to_str().unwrap().starts_with("./")),
                status => prop_assert!(status == 404 && text.is_empty(), "{status} {text}"),
            }
            prop_assert!(!text.contains("secret") && !text.contains("root:x:"));
        }
    }
}

/// Replaces a directory below the root by a link out of it and back, while requests run.
#[test]
fn concurrent_replacement_cannot_leave_the_root() {
    // At least.
    const EXCHANGES: usize = 20_000;
    const RESPONSES: usize = 100;
    let folder = testkit::temp_dir();
    let root = folder.path().join("tree");
    for (name, content) in [
        ("tree/dir/file.txt", "inside"),
        ("tree/dir/inner/file.txt", "inside"),
        ("outside/file.txt", "secret"),
        ("outside/inner/file.txt", "secret"),
    ] {
        write(&folder.path().join(name), content);
    }
    symlink("../outside", root.join("link")).unwrap();
    symlink("dir/../dir", root.join("winding")).unwrap();
    let files = || StaticFiles::new(&root).default_filename(None).listing(true);
    let services = [files().cache_size(0), files().static_hash_cache(false)]
        .map(|files| files.build().unwrap());
    let done = AtomicBool::new(false);
    let (inside, secret) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let here = |name: &str| root.join(name);
            for exchange in 0..100 * EXCHANGES {
                if exchange >= EXCHANGES && inside.load(SeqCst) > RESPONSES {
                    break;
                }
                // Exchanges directory and link atomically; twice restores the tree.
                rustix::fs::renameat_with(
                    rustix::fs::CWD,
                    here("dir"),
                    rustix::fs::CWD,
                    here("link"),
                    rustix::fs::RenameFlags::EXCHANGE,
                )
                .unwrap();
            }
            done.store(true, SeqCst);
        });
        for files in &services {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .build()
                    .unwrap();
                while !done.load(SeqCst) {
                    for path in [
                        "/dir/file.txt",
                        "/dir/inner/file.txt",
                        "/winding/file.txt",
                        "/link/file.txt",
                        "/dir/",
                    ] {
                        let (status, _, body) = runtime.block_on(get(files, path));
                        let text = String::from_utf8_lossy(&body);
                        if text.contains("secret") {
                            secret.fetch_add(1, SeqCst);
                        } else if status == 200 {
                            inside.fetch_add(1, SeqCst);
                        }
                    }
                }
            });
        }
    });
    assert_eq!(secret.load(SeqCst), 0);
    assert!(
        inside.load(SeqCst) > RESPONSES,
        "requests ran between the exchanges: {}",
        inside.load(SeqCst)
    );
}
