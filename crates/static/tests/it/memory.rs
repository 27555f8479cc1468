//! The cache budget.

use std::fs;

use axum::body::{Body, Bytes};
use http::{HeaderMap, Request, StatusCode};
use squall_static::{ServeStatic, StaticFiles};
use testkit::{TempDir, wait_until};
use tower::ServiceExt;

use crate::clock::Clock;

/// Calls the service directly, without sockets.
pub(crate) async fn get(files: &ServeStatic, path: &str) -> (StatusCode, HeaderMap, Bytes) {
    let request = Request::get(path).body(()).unwrap();
    let response = files.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(Body::new(body), usize::MAX)
        .await
        .unwrap();
    (head.status, head.headers, body)
}

/// Requests a file until it is cached, which it is once it is settled.
async fn wait_cached(files: &ServeStatic, path: &str) {
    let (files, path) = (files.clone(), path.to_owned());
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        wait_until("the file is cached", || {
            runtime.block_on(get(&files, &path)).0 == 200 && files.cached() > 0
        });
    })
    .await
    .unwrap();
}

fn many(count: usize, length: usize) -> TempDir {
    let folder = testkit::temp_dir();
    for number in 0..count {
        fs::write(
            folder.path().join(format!("{number}")),
            vec![number as u8; length],
        )
        .unwrap();
    }
    folder
}

#[tokio::test]
async fn cache_stays_within_its_budget() {
    const BUDGET: u64 = 1024 * 1024;
    let (count, length) = (200, 20_000);
    let folder = many(count, length);
    let files = StaticFiles::new(folder.path())
        .cache_size(BUDGET)
        .build()
        .unwrap();
    // The file that was written last.
    wait_cached(&files, &format!("/{}", count - 1)).await;
    let mut most = 0;
    // Three rounds, in which some files are requested more often.
    for number in (0..3 * count).flat_map(|at| [at % count, at % 7]) {
        let (status, _, body) = get(&files, &format!("/{number}")).await;
        assert_eq!(status, 200);
        assert!(body == vec![number as u8; length], "{number}");
        most = most.max(files.cached());
        assert!(most <= BUDGET, "{most}");
    }
    assert!(most > BUDGET / 2, "the budget is used: {most}");
}

#[tokio::test]
async fn removed_and_long_files_are_not_cached() {
    let folder = many(3, 20_000);
    fs::write(folder.path().join("long"), vec![1; 200_000]).unwrap();
    let clock = Clock::default();
    let files = StaticFiles::new(folder.path())
        .max_cached_file(100_000)
        .clock(clock.reader())
        .build()
        .unwrap();
    assert_eq!(get(&files, "/long").await.2.len(), 200_000);
    assert_eq!(files.cached(), 0);
    // A file is cached once it is settled.
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let one = |path: &str| runtime.block_on(get(&files, path)).0;
        wait_until("the file is cached", || {
            one("/1") == 200 && files.cached() > 20_000
        });
        assert!(files.cached() < 30_000);
        assert_eq!(one("/nowhere"), 404);
        fs::remove_file(folder.path().join("1")).unwrap();
        clock.set(999);
        assert_eq!(one("/1"), 200);
        clock.set(1000);
        assert_eq!(one("/1"), 404);
        assert_eq!(files.cached(), 0);
    })
    .await
    .unwrap();
}

/// A file is revalidated at most once a second.
#[tokio::test]
async fn cache_hit_does_not_access_the_disk() {
    let folder = many(1, 100);
    let clock = Clock::default();
    let files = StaticFiles::new(folder.path())
        .clock(clock.reader())
        .build()
        .unwrap();
    wait_cached(&files, "/0").await;
    // Without the directory, every disk access would fail.
    drop(folder);
    for _ in 0..1000 {
        assert_eq!(get(&files, "/0").await.0, 200);
    }
    clock.set(1000);
    assert_eq!(get(&files, "/0").await.0, 404);
}
