//! `StaticUrls`.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use squall_static::StaticFiles;
use testkit::wait_until;
use tracing::{Event, Metadata, Subscriber, field, span};

use crate::{clock::Clock, site::SITE};

#[test]
fn url_contains_the_version() {
    let files = || StaticFiles::new(SITE.root());
    let urls = files().build().unwrap().urls();
    // The expected versions are from `printf … | sha256sum`.
    for (name, url) in [
        (
            "images/logo.png",
            "/static/images/logo.png?v=debe7e55e398958e5bb7",
        ),
        (
            "/images/logo.png",
            "/static/images/logo.png?v=debe7e55e398958e5bb7",
        ),
        ("empty.txt", "/static/empty.txt?v=e3b0c44298fc1c149afb"),
        (
            "with space.txt",
            "/static/with%20space.txt?v=3f49dbbfe051cb20cc03",
        ),
        ("nowhere.png", "/static/nowhere.png"),
        ("docs", "/static/docs"),
        ("../outside.txt", "/static/../outside.txt"),
        ("link-out.txt", "/static/link-out.txt"),
        (".env", "/static/.env"),
        ("a\"b<c>.png", "/static/a%22b%3Cc%3E.png"),
        ("", "/static/"),
    ] {
        assert_eq!(urls.url(name), url);
    }
    assert_eq!(
        urls.url_with_host("https://example.com", "empty.txt"),
        "https://example.com/static/empty.txt?v=e3b0c44298fc1c149afb"
    );
    let named = files()
        .hashed_names(true)
        .static_url_prefix("/s/")
        .build()
        .unwrap()
        .urls();
    assert_eq!(
        named.url("images/logo.png"),
        "/s/images/logo.debe7e55e398958e5bb7.png"
    );
    assert_eq!(named.url("nowhere.png"), "/s/nowhere.png");
    // Without a cache, and for a file that is too large for it.
    for files in [files().static_hash_cache(false), files().cache_size(0)] {
        let urls = files.build().unwrap().urls();
        assert_eq!(
            urls.url("empty.txt"),
            "/static/empty.txt?v=e3b0c44298fc1c149afb"
        );
    }
}

#[tokio::test]
async fn url_async_reads_files_off_the_event_loop() {
    let urls = StaticFiles::new(SITE.root())
        .cache_size(0)
        .build()
        .unwrap()
        .urls();
    assert_eq!(
        urls.url_async("images/logo.png").await,
        "/static/images/logo.png?v=debe7e55e398958e5bb7"
    );
    assert_eq!(urls.url_async("nowhere.png").await, "/static/nowhere.png");
}

#[test]
fn url_changes_within_a_second_of_the_file() {
    let folder = testkit::temp_dir();
    let path = folder.path().join("a.txt");
    fs::write(&path, "one").unwrap();
    let clock = Clock::default();
    let files = StaticFiles::new(folder.path()).clock(clock.reader());
    let urls = files.build().unwrap().urls();
    // Until the file is settled, it is read for each call.
    wait_until("the file is cached", || {
        urls.url("a.txt") == urls.url("a.txt") && settled(&path)
    });
    let first = urls.url("a.txt");
    fs::write(folder.path().join("b.txt"), "two").unwrap();
    fs::rename(folder.path().join("b.txt"), &path).unwrap();
    assert!(settled_soon(&path));
    clock.set(999);
    assert_eq!(urls.url("a.txt"), first);
    clock.set(1000);
    assert_ne!(urls.url("a.txt"), first);
    fs::remove_file(&path).unwrap();
    assert_ne!(urls.url("a.txt"), "/static/a.txt");
    clock.set(2000);
    assert_eq!(urls.url("a.txt"), "/static/a.txt");
}

/// Whether the file was changed long enough ago to be cached.
fn settled(path: &std::path::Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let changed = fs::metadata(path).unwrap();
    let changed = Duration::new(changed.ctime() as u64, changed.ctime_nsec() as u32);
    std::time::UNIX_EPOCH.elapsed().unwrap() > changed + Duration::from_secs(1)
}

fn settled_soon(path: &std::path::Path) -> bool {
    wait_until("the file is settled", || settled(path));
    true
}

#[test]
fn missing_file_is_logged_once() {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        let urls = StaticFiles::new(SITE.root()).build().unwrap().urls();
        for _ in 0..3 {
            assert_eq!(urls.url("nowhere\n.png"), "/static/nowhere%0A.png");
            assert_eq!(urls.clone().url("other.png"), "/static/other.png");
        }
    });
    let warned = log.0.lock().unwrap().clone();
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert!(warned[0].contains("nowhere\\n.png"), "{warned:?}");
    assert!(warned[1].contains("other.png"), "{warned:?}");
}

/// Records the fields of warnings.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = String::new();
        event.record(&mut |field: &field::Field, value: &dyn std::fmt::Debug| {
            text.push_str(&format!("{field}={value:?} "));
        });
        self.0.lock().unwrap().push(text);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
