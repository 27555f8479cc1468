//! Parts of a body, for a server that sends files itself.

use std::{
    fs::{self, File},
    future::poll_fn,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::PathBuf,
    time::SystemTime,
};

use axum::body::to_bytes;
use http::Request;
use squall_static::{Body, BodyPart, ServeStatic, StaticFiles};
use testkit::TempDir;
use tower::ServiceExt;

use crate::site::write;

const KIB: usize = 1024;

/// The longest range.
const WINDOW: usize = 2 * 1024 * KIB;

/// The shortest.
const SHORTEST: usize = 64 * KIB;

struct LargeFile {
    folder: TempDir,
    content: Vec<u8>,
}

impl LargeFile {
    fn new(length: usize) -> Self {
        let folder = testkit::temp_dir();
        let content: Vec<u8> = (0..length).map(|at| (at / 7 + at / 65_536) as u8).collect();
        let path = folder.path().join("large.bin");
        write(&path, &content, SystemTime::UNIX_EPOCH);
        Self { folder, content }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("large.bin")
    }

    fn files(&self) -> ServeStatic {
        let files = StaticFiles::new(self.folder.path()).max_cached_file(1024);
        files.build().unwrap()
    }

    async fn body(&self, range: &str) -> Body {
        let mut request = Request::get("/large.bin");
        if !range.is_empty() {
            request = request.header("range", format!("bytes={range}"));
        }
        let response = self.files().oneshot(request.body(()).unwrap());
        let response = response.await.unwrap();
        assert!(response.status().is_success(), "{range}");
        response.into_body()
    }

    fn modify(&self) {
        let mut file = File::options().write(true).open(self.path()).unwrap();
        file.write_all(b"x").unwrap();
    }
}

async fn next(body: &mut Body) -> Option<io::Result<BodyPart>> {
    poll_fn(|cx| body.poll_part(cx)).await
}

/// The content of a part, and whether it is a range of a file.
fn read(part: BodyPart) -> (Vec<u8>, bool) {
    match part {
        BodyPart::Bytes(bytes) => (bytes.to_vec(), false),
        BodyPart::File {
            file,
            offset,
            length,
            modified,
        } => {
            assert_eq!(file.metadata().unwrap().modified().unwrap(), modified);
            assert!((1..=WINDOW).contains(&length), "{length}");
            let mut content = vec![0; length];
            file.read_exact_at(&mut content, offset).unwrap();
            (content, true)
        }
    }
}

/// Returns the rest of the content, and how much of it came as ranges.
async fn rest(body: &mut Body) -> io::Result<(Vec<u8>, usize)> {
    let (mut content, mut in_ranges) = (Vec::new(), 0);
    while let Some(part) = next(body).await {
        let (part, is_range) = read(part?);
        in_ranges += usize::from(is_range) * part.len();
        content.extend(part);
    }
    Ok((content, in_ranges))
}

/// Whether this system returns ranges: it needs reads that do not wait for the disk.
async fn has_ranges() -> bool {
    let large = LargeFile::new(SHORTEST);
    let (_, in_ranges) = rest(&mut large.body("").await).await.unwrap();
    assert!(!cfg!(target_os = "linux") || in_ranges > 0);
    in_ranges > 0
}

#[tokio::test]
async fn long_ranges_are_of_the_file() {
    let is_possible = has_ranges().await;
    let length = 3_000_003;
    let large = LargeFile::new(length);
    for (range, expected) in [
        ("", 0..length),
        ("5-", 5..length),
        ("0-65534", 0..65_535),
        ("0-65535", 0..65_536),
        ("1000-2500000", 1000..2_500_001),
        ("2999999-", 2_999_999..length),
    ] {
        let mut body = large.body(range).await;
        let has_file_parts = body.has_file_parts();
        let (content, in_ranges) = rest(&mut body).await.unwrap();
        assert!(content == large.content[expected.clone()], "{range}");
        let is_long = expected.len() >= SHORTEST;
        assert_eq!(has_file_parts, is_long, "{range}");
        // What is left after the longest ranges may be short.
        let least = expected.len() - SHORTEST.min(expected.len());
        let is_range = is_long && is_possible;
        assert!(
            if is_range {
                in_ranges > least
            } else {
                in_ranges == 0
            },
            "{range}: {in_ranges}"
        );
        assert!(next(&mut body).await.is_none());
    }
}

#[tokio::test]
async fn several_ranges_are_within_their_multipart_framing() {
    let large = LargeFile::new(1_000_003);
    let mut body = large.body("0-400000,3-7,500000-").await;
    let as_frames = to_bytes(axum::body::Body::new(body.clone()), usize::MAX);
    let as_frames = as_frames.await.unwrap();
    let (as_parts, _) = rest(&mut body).await.unwrap();
    assert!(as_parts == as_frames);
}

#[tokio::test]
async fn clone_has_the_rest_of_the_content() {
    let large = LargeFile::new(3_000_003);
    let mut body = large.body("").await;
    let (first, _) = read(next(&mut body).await.unwrap().unwrap());
    let mut clone = body.clone();
    for body in [&mut body, &mut clone] {
        let (content, _) = rest(body).await.unwrap();
        assert!(content == large.content[first.len()..]);
    }
}

#[tokio::test]
async fn small_files_have_no_file_parts() {
    for length in [0, 1, 100, SHORTEST - 1] {
        let large = LargeFile::new(length);
        let mut body = large.body("").await;
        assert!(!body.has_file_parts(), "{length}");
        assert_eq!(rest(&mut body).await.unwrap(), (large.content, 0));
    }
}

/// A file in memory that has settled, and its service, whose clock stands still.
#[cfg(target_os = "linux")]
async fn cached(length: usize) -> (LargeFile, ServeStatic) {
    use std::time::Duration;

    use tokio::{runtime::Handle, task::spawn_blocking};

    let large = LargeFile::new(length);
    let files = StaticFiles::new(large.folder.path());
    let files = files.clock(|| Duration::ZERO).build().unwrap();
    let (waiting, runtime) = (files.clone(), Handle::current());
    let is_cached = move || {
        runtime.block_on(crate::memory::get(&waiting, "/large.bin"));
        waiting.cached() > 0
    };
    let waiting = spawn_blocking(|| testkit::wait_until("the file is cached", is_cached));
    waiting.await.unwrap();
    (large, files)
}

#[cfg(target_os = "linux")]
async fn body_of(files: &ServeStatic, range: &str) -> Body {
    let request = Request::get("/large.bin").header("range", range);
    let request = files.clone().oneshot(request.body(()).unwrap());
    request.await.unwrap().into_body()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn long_cached_file_can_be_sent_from_the_file_or_from_memory() {
    let length = 3_000_003;
    let (large, files) = cached(length).await;
    for (range, expected) in [
        ("", 0..length),
        ("bytes=5-", 5..length),
        ("bytes=7-65541", 7..65_542),
        ("bytes=7-65542", 7..65_543),
    ] {
        let mut body = body_of(&files, range).await;
        let is_long = expected.len() >= SHORTEST;
        assert_eq!(body.has_file_parts(), is_long, "{range}");
        let frames = axum::body::Body::new(body.clone());
        let frames = to_bytes(frames, usize::MAX).await.unwrap();
        let (content, in_ranges) = rest(&mut body).await.unwrap();
        assert!(
            content == large.content[expected] && content == frames,
            "{range}"
        );
        assert_eq!(in_ranges, usize::from(is_long) * content.len(), "{range}");
    }
    let (short, files) = cached(SHORTEST - 1).await;
    let mut body = body_of(&files, "").await;
    assert!(!body.has_file_parts());
    assert_eq!(rest(&mut body).await.unwrap(), (short.content, 0));
}

/// An entry is fresh for a second, in which the file may be modified.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn modified_file_is_sent_from_memory_unless_its_beginning_was_sent_from_the_file() {
    let (large, files) = cached(3_000_003).await;
    let mut begun = body_of(&files, "").await;
    read(next(&mut begun).await.unwrap().unwrap());
    let as_frames = begun.clone();
    large.modify();
    rest(&mut begun).await.unwrap_err();
    assert!(next(&mut begun).await.is_none());
    let as_frames = to_bytes(axum::body::Body::new(as_frames), usize::MAX);
    as_frames.await.unwrap_err();
    let mut body = body_of(&files, "").await;
    assert_eq!(rest(&mut body).await.unwrap(), (large.content, 0));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn deleted_cached_file_is_whole() {
    let (large, files) = cached(3_000_003).await;
    fs::remove_file(large.path()).unwrap();
    let mut body = body_of(&files, "").await;
    assert!(rest(&mut body).await.unwrap().0 == large.content);
}

/// The client has to notice: the last bytes do not come.
#[tokio::test]
async fn file_changed_before_its_last_part_is_an_error() {
    type Change = fn(&LargeFile);
    let changes: [Change; 3] = [
        LargeFile::modify,
        |large| {
            let file = File::options().write(true).open(large.path()).unwrap();
            file.set_len(2_200_000).unwrap();
        },
        |large| fs::write(large.path(), &large.content).unwrap(),
    ];
    for change in changes {
        let large = LargeFile::new(2_200_003);
        let mut body = large.body("").await;
        read(next(&mut body).await.unwrap().unwrap());
        change(&large);
        rest(&mut body).await.unwrap_err();
        assert!(next(&mut body).await.is_none());
    }
}

/// A replaced file is still complete, since its descriptor is open.
#[tokio::test]
async fn replaced_and_deleted_uncached_files_are_whole() {
    type Change = fn(&LargeFile);
    let changes: [Change; 2] = [
        |large| {
            let new = large.path().with_extension("new");
            fs::write(&new, "new").unwrap();
            fs::rename(new, large.path()).unwrap();
        },
        |large| fs::remove_file(large.path()).unwrap(),
    ];
    for change in changes {
        let large = LargeFile::new(3_000_003);
        let mut body = large.body("").await;
        let (mut content, _) = read(next(&mut body).await.unwrap().unwrap());
        change(&large);
        content.extend(rest(&mut body).await.unwrap().0);
        assert!(content == large.content);
    }
}

/// Sending what is not in the page cache would have the event loop wait for the disk.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn bytes_that_are_not_in_the_page_cache_are_read() {
    use rustix::{
        fs::{Advice, fadvise},
        io::{Errno, ReadWriteFlags, preadv2},
    };
    use testkit::wait_until;
    use tokio::{runtime::Handle, task::spawn_blocking};

    use crate::memory::get;

    let large = LargeFile::new(1_000_003);
    let file = File::open(large.path()).unwrap();
    let files = large.files();
    let (waiting, runtime) = (files.clone(), Handle::current());
    // Until then another thread reads the file.
    let hashed = move || {
        runtime
            .block_on(get(&waiting, "/large.bin"))
            .1
            .contains_key("etag")
    };
    let hashed = spawn_blocking(|| wait_until("the file is hashed", hashed));
    hashed.await.unwrap();
    let request = Request::get("/large.bin").body(()).unwrap();
    let mut body = files.oneshot(request).await.unwrap().into_body();
    file.sync_all().unwrap();
    fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    // A file system in memory keeps it. The byte is not the first, whose read would read ahead.
    let mut space = [0];
    let buffers = &mut [io::IoSliceMut::new(&mut space)];
    let middle = preadv2(&file, buffers, 900_000, ReadWriteFlags::NOWAIT);
    let is_cold = middle == Err(Errno::AGAIN);
    let first = next(&mut body).await.unwrap().unwrap();
    assert!(!is_cold || matches!(first, BodyPart::Bytes(_)), "{first:?}");
    let (mut content, _) = read(first);
    content.extend(rest(&mut body).await.unwrap().0);
    assert!(content == large.content);
}
