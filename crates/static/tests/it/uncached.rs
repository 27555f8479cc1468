//! Files above `max_cached_file`, which are read while they are sent.

use std::{
    fs,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::SystemTime,
};

use squall_static::StaticFiles;
use testkit::{TempDir, Wire, wait_for};

use crate::{
    site::{serve_files, write},
    transcript::send,
};

/// Larger than the socket buffers, so that the server has to wait for the client.
const LENGTH: usize = 32 * 1024 * 1024;

struct UncachedFile {
    folder: TempDir,
    address: SocketAddr,
    content: Vec<u8>,
}

impl UncachedFile {
    fn new(length: usize) -> Self {
        let folder = testkit::temp_dir();
        let content: Vec<u8> = (0..length).map(|at| (at / 7 + at / 65_536) as u8).collect();
        write(
            &folder.path().join("uncached.bin"),
            &content,
            SystemTime::UNIX_EPOCH,
        );
        let files = StaticFiles::new(folder.path())
            .max_cached_file(1024)
            .build()
            .unwrap();
        Self {
            folder,
            address: serve_files(files),
            content,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("uncached.bin")
    }

    /// A client that has read the head of a response, and none of the body.
    fn begun(&self) -> Wire {
        let mut wire = Wire::connect(self.address);
        wire.send(
            "GET /static/uncached.bin HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        );
        let head = wire.response_to("HEAD");
        assert_eq!(head.header("content-length"), Some(&*LENGTH.to_string()));
        wire
    }
}

#[test]
fn uncached_file_is_sent_whole_and_in_ranges() {
    let uncached = UncachedFile::new(1_000_003);
    let reply = send(uncached.address, "GET /static/uncached.bin");
    assert_eq!(reply.header("content-length"), Some("1000003"));
    assert!(reply.body == uncached.content);
    for range in [
        0..1,
        0..131_072,
        131_071..131_074,
        999_999..1_000_003,
        5..700_000,
    ] {
        let request = format!(
            "GET /static/uncached.bin\nrange: bytes={}-{}",
            range.start,
            range.end - 1
        );
        let reply = send(uncached.address, &request);
        assert_eq!(reply.status, 206, "{range:?}");
        assert!(reply.body == uncached.content[range.clone()], "{range:?}");
    }
}

#[test]
fn etag_appears_once_the_file_is_hashed() {
    let uncached = UncachedFile::new(1_000_003);
    // The response does not depend on the tag yet.
    let first = send(uncached.address, "HEAD /static/uncached.bin");
    assert_eq!(first.status, 200);
    let tag = wait_for("the file has an ETag", || {
        send(uncached.address, "HEAD /static/uncached.bin")
            .header("etag")
            .map(str::to_owned)
    });
    assert_eq!(
        send(
            uncached.address,
            &format!("GET /static/uncached.bin\nif-none-match: {tag}")
        )
        .status,
        304
    );

    // With If-None-Match the response depends on it, and waits for the hash.
    let uncached = UncachedFile::new(1_000_003);
    let request = format!("GET /static/uncached.bin\nif-none-match: {tag}");
    // While the file is not settled, it has no tag.
    let status = wait_for("the file is settled", || {
        Some(send(uncached.address, &request).status).filter(|status| *status != 200)
    });
    assert_eq!(status, 304);
}

/// The client must detect the incomplete body, and the server must keep running.
#[test]
fn file_changed_while_it_is_sent_aborts_the_connection() {
    type Change = fn(&Path);
    let changes: [(&str, Change, bool); 4] = [
        ("cut", |path| open(path).set_len(1000).unwrap(), false),
        (
            "truncated and rewritten",
            |path| fs::write(path, vec![1; LENGTH]).unwrap(),
            false,
        ),
        (
            "written to",
            |path| open(path).write_all(b"x").unwrap(),
            false,
        ),
        // A replaced file is still complete: the server reads the open descriptor.
        (
            "replaced",
            |path| {
                fs::write(path.with_extension("new"), "new").unwrap();
                fs::rename(path.with_extension("new"), path).unwrap();
            },
            true,
        ),
    ];
    for (how, change, stays_whole) in changes {
        let uncached = UncachedFile::new(LENGTH);
        let mut wire = uncached.begun();
        change(&uncached.path());
        let sent = wire.read_all();
        assert_eq!(
            sent.len() == LENGTH,
            stays_whole,
            "{how}: {} bytes",
            sent.len()
        );
        assert!(!stays_whole || sent == uncached.content, "{how}");
        let now = fs::read(uncached.path()).unwrap();
        assert!(
            send(uncached.address, "GET /static/uncached.bin").body == now,
            "{how}"
        );
    }
}

fn open(path: &Path) -> fs::File {
    fs::File::options().write(true).open(path).unwrap()
}
