//! Missing files and the root: what is kept of them, and until when.

use std::{fs, os::unix::fs::symlink, path::Path, time::SystemTime};

use squall_static::{ServeStatic, StaticFiles};
use testkit::TempDir;

use crate::{clock::Clock, memory::get, site::write};

/// Files whose clock stands still.
struct Site {
    folder: TempDir,
    files: ServeStatic,
    clock: Clock,
}

impl Site {
    fn new(set: impl FnOnce(StaticFiles) -> StaticFiles) -> Self {
        let folder = testkit::temp_dir();
        release(&folder.path().join("first"), "first");
        symlink("first", folder.path().join("current")).unwrap();
        let clock = Clock::default();
        let files = StaticFiles::new(folder.path().join("current")).clock(clock.reader());
        Self {
            files: set(files).build().unwrap(),
            folder,
            clock,
        }
    }

    fn set_time(&self, milliseconds: u64) {
        self.clock.set(milliseconds);
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    async fn status(&self, path: &str) -> u16 {
        get(&self.files, path).await.0.as_u16()
    }

    async fn text(&self, path: &str) -> String {
        let (status, _, body) = get(&self.files, path).await;
        assert_eq!(status, 200, "{path}");
        String::from_utf8(body.to_vec()).unwrap()
    }
}

/// A directory of a release, whose files are settled.
fn release(path: &Path, content: &str) {
    for name in ["page.html", "docs/index.html"] {
        write(&path.join(name), content, SystemTime::UNIX_EPOCH);
    }
}

#[tokio::test]
async fn new_file_is_found_when_a_cached_file_would_be_checked() {
    let site = Site::new(|files| files);
    for (number, path) in ["/new.txt", "/new/", "/new/page"].into_iter().enumerate() {
        let begun = 10_000 * number as u64;
        site.set_time(begun);
        assert_eq!(site.status(path).await, 404);
        let name = match path {
            "/new/" => "first/new/index.html".to_owned(),
            path => format!("first{path}"),
        };
        write(&site.path(&name), "new", SystemTime::UNIX_EPOCH);
        site.set_time(begun + 999);
        assert_eq!(site.status(path).await, 404, "{path}: from memory");
        site.set_time(begun + 1000);
        assert_eq!(site.text(path).await, "new", "{path}");
        fs::remove_dir_all(site.path("first/new")).ok();
    }
}

#[tokio::test]
async fn without_the_cache_a_new_file_is_found_at_once() {
    let site = Site::new(|files| files.static_hash_cache(false));
    assert_eq!(site.status("/new.txt").await, 404);
    fs::write(site.path("first/new.txt"), "new").unwrap();
    assert_eq!(site.text("/new.txt").await, "new");
    fs::remove_file(site.path("first/new.txt")).unwrap();
    assert_eq!(site.status("/new.txt").await, 404);
}

/// A deploy switches the root to another directory.
#[tokio::test]
async fn new_root_has_all_its_files_after_a_second() {
    let site = Site::new(|files| files);
    assert_eq!(site.status("/new.txt").await, 404);
    // Checked late, with the root of the first request.
    site.set_time(999);
    for path in ["/page.html", "/docs/"] {
        assert_eq!(site.text(path).await, "first");
    }
    release(&site.path("second"), "second");
    fs::write(site.path("second/new.txt"), "new").unwrap();
    symlink("second", site.path("next")).unwrap();
    fs::rename(site.path("next"), site.path("current")).unwrap();
    assert_eq!(site.text("/page.html").await, "first");
    site.set_time(1000);
    for path in ["/page.html", "/docs/"] {
        assert_eq!(site.text(path).await, "second", "{path}");
    }
    assert_eq!(site.text("/new.txt").await, "new");
}

#[tokio::test]
async fn root_that_is_gone_for_a_while_is_found_again() {
    let site = Site::new(|files| files);
    assert_eq!(site.status("/page.html").await, 200);
    fs::remove_file(site.path("current")).unwrap();
    site.set_time(1000);
    assert_eq!(site.status("/page.html").await, 404);
    assert_eq!(site.status("/new.txt").await, 404);
    symlink("first", site.path("current")).unwrap();
    // Nothing of a root that is not there is kept.
    assert_eq!(site.status("/page.html").await, 200);
}

/// Requests for names at random cannot fill the memory.
#[tokio::test]
async fn only_so_many_missing_names_are_kept() {
    let site = Site::new(|files| files);
    for number in 0..5000 {
        assert_eq!(site.status(&format!("/{number}.txt")).await, 404);
    }
    for name in ["0.txt", "4999.txt"] {
        fs::write(site.path(&format!("first/{name}")), "new").unwrap();
    }
    assert_eq!(site.status("/0.txt").await, 404, "it is kept");
    assert_eq!(site.text("/4999.txt").await, "new", "it is not kept");
}
