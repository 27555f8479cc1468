//! One tree of files, served by one axum server in all configurations of the tables.

use std::{
    fs::{self, File},
    net::SocketAddr,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{LazyLock, mpsc},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::Router;
use squall_static::{CachePolicy, ServeStatic, StaticFiles, StaticUrls, Symlinks};
use testkit::{TempDir, wait_until};

/// The modification time of all files in the tree.
pub(crate) const DATE: &str = "Wed, 01 Jan 2020 00:00:00 GMT";
const DATE_SECONDS: u64 = 1_577_836_800;

pub(crate) struct Site {
    folder: TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) urls: StaticUrls,
}

pub(crate) static SITE: LazyLock<Site> = LazyLock::new(|| {
    let folder = testkit::temp_dir();
    let root = tree(folder.path());
    let files = |root: &Path| StaticFiles::new(root);
    let main = files(&root).build().unwrap();
    let own = files(&root).static_url_prefix("/own/").build().unwrap();
    let mut app = Router::new()
        .route_service("/robots.txt", main.only("robots.txt").unwrap())
        .route_service("/any/{name}", main.only("data.txt").unwrap())
        .nest_service("/static", main.clone())
        .fallback_service(own.prefixed());
    let ways: [(&str, StaticFiles); 9] = [
        ("/anywhere", files(&root).symlinks(Symlinks::Anywhere)),
        (
            "/day",
            files(&root).plain_url_cache(CachePolicy::MaxAge(Duration::from_secs(86_400))),
        ),
        ("/dotfiles", files(&root).dotfiles(true)),
        ("/uncached", files(&root).cache_size(0)),
        ("/linkless", files(&root).symlinks(Symlinks::Refuse)),
        ("/list", files(&root).listing(true)),
        (
            "/plain",
            files(&root)
                .precompressed(false)
                .default_filename(None)
                .media_type("txt", "text/x-own"),
        ),
        ("/spa", files(&root).fallback("index.html")),
        ("/debug", files(&root).static_hash_cache(false)),
    ];
    // An uncached file that was just written has no version. This one is the last of the tree.
    let uncached = files(&root).cache_size(0).build().unwrap().urls();
    wait_until("the files have versions", || {
        uncached.url("future.txt").contains("?v=")
    });
    for (path, files) in ways {
        app = app.nest_service(path, files.build().unwrap());
    }
    Site {
        address: serve(app),
        urls: main.urls(),
        folder,
    }
});

impl Site {
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("tree")
    }
}

/// Serves an application on a free port until the process exits.
pub(crate) fn serve(app: Router) -> SocketAddr {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

/// Serves files under `/static`.
pub(crate) fn serve_files(files: ServeStatic) -> SocketAddr {
    serve(Router::new().nest_service("/static", files))
}

/// Writes a file with this modification time.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>, modified: SystemTime) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(modified)
        .unwrap();
}

/// A thousand bytes: `0000\n0001\n…`, five per number.
pub(crate) fn data() -> String {
    (0..200).map(|number| format!("{number:04}\n")).collect()
}

fn tree(folder: &Path) -> PathBuf {
    let root = folder.join("tree");
    let then = UNIX_EPOCH + Duration::from_secs(DATE_SECONDS);
    let style = "body { color: red }\n".repeat(50);
    for (name, content) in [
        ("index.html", "<h1>home</h1>"),
        ("data.txt", &data()),
        ("empty.txt", ""),
        ("robots.txt", "User-agent: *"),
        ("docs/index.html", "<h1>docs</h1>"),
        ("docs/page.html", "<h1>page</h1>"),
        ("bare/file.txt", "bare"),
        ("images/logo.png", "a logo"),
        ("with space.txt", "space"),
        ("café.txt", "café"),
        ("100%.txt", "percent"),
        ("a?b#c.txt", "marks"),
        ("LICENSE", "license"),
        ("module.mjs", "export {}"),
        ("page.svg", "<svg/>"),
        (".env", "secret"),
        (".git/config", "secret"),
        ("docs/.hidden", "secret"),
        (".well-known/security.txt", "contact"),
        ("nul.txt", "device"),
        ("a:b.txt", "stream"),
        ("back\\slash.txt", "backslash"),
        ("dot.", "dot"),
        ("short~1.txt", "short"),
        ("a%2fb.txt", "escape"),
        ("style.css", &style),
        ("style.css.br", "brotli"),
        ("style.css.zst", "zstandard"),
        ("style.css.gz", "gzip"),
        ("only-gzip.js", "plain"),
        ("only-gzip.js.gz", "gzip"),
        ("stale.js", "new"),
        ("named.0123456789abcdef0123.txt", "named"),
        ("nix.txt", "nix"),
        ("old.txt", "old"),
        ("future.txt", "future"),
        ("<b>&.txt", "markup"),
        ("unlisted/.hidden", "secret"),
        ("real/inner/file.txt", "inner"),
    ] {
        write(&root.join(name), content, then);
    }
    let day = Duration::from_secs(86_400);
    write(&root.join("stale.js.gz"), "old", then - day);
    write(
        &root.join("nix.txt"),
        "nix",
        UNIX_EPOCH + Duration::from_secs(1),
    );
    write(&root.join("old.txt"), "old", UNIX_EPOCH - day);
    write(
        &root.join("future.txt"),
        "future",
        SystemTime::now() + 365 * day,
    );
    write(&folder.join("outside.txt"), "outside", then);
    write(&folder.join("tree-secret/file.txt"), "sibling", then);
    for (target, link) in [
        ("data.txt", "link-in.txt"),
        ("real", "link-dir"),
        ("../outside.txt", "link-out.txt"),
        ("../tree-secret", "link-sibling"),
        ("/etc", "link-etc"),
        ("link-loop", "link-loop"),
        ("nowhere", "link-dangling"),
        ("../../tree/data.txt", "docs/link-around.txt"),
        ("../data.txt", "docs/link-up.txt"),
    ] {
        symlink(target, root.join(link)).unwrap();
    }
    let (here, mode) = (rustix::fs::CWD, 0o644.into());
    rustix::fs::mknodat(here, root.join("fifo"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    drop(std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap());
    root
}
