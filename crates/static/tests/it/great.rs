//! Files that are read while they are sent.

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
    transcript::ask,
};

/// More than sockets hold on their way, so that the server has to wait for the client.
const LENGTH: usize = 32 * 1024 * 1024;

struct Great {
    folder: TempDir,
    address: SocketAddr,
    content: Vec<u8>,
}

impl Great {
    fn new(length: usize) -> Self {
        let folder = testkit::temp_dir();
        let content: Vec<u8> = (0..length).map(|at| (at / 7 + at / 65_536) as u8).collect();
        write(
            &folder.path().join("great.bin"),
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
        self.folder.path().join("great.bin")
    }

    /// A client that has read the head of a response, and nothing yet of the body.
    fn begun(&self) -> Wire {
        let mut wire = Wire::connect(self.address);
        wire.send("GET /static/great.bin HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let head = wire.response_to("HEAD");
        assert_eq!(head.header("content-length"), Some(&*LENGTH.to_string()));
        wire
    }
}

#[test]
fn whole_and_in_parts() {
    let great = Great::new(1_000_003);
    let reply = ask(great.address, "GET /static/great.bin");
    assert_eq!(reply.header("content-length"), Some("1000003"));
    assert!(reply.body == great.content);
    for range in [
        0..1,
        0..131_072,
        131_071..131_074,
        999_999..1_000_003,
        5..700_000,
    ] {
        let request = format!(
            "GET /static/great.bin\nrange: bytes={}-{}",
            range.start,
            range.end - 1
        );
        let reply = ask(great.address, &request);
        assert_eq!(reply.status, 206, "{range:?}");
        assert!(reply.body == great.content[range.clone()], "{range:?}");
    }
}

#[test]
fn the_tag_comes_when_the_file_was_read_through() {
    let great = Great::new(1_000_003);
    // No answer depends on it yet.
    let first = ask(great.address, "HEAD /static/great.bin");
    assert_eq!(first.status, 200);
    let tag = wait_for("the file has a tag", || {
        ask(great.address, "HEAD /static/great.bin")
            .header("etag")
            .map(str::to_owned)
    });
    assert_eq!(
        ask(
            great.address,
            &format!("GET /static/great.bin\nif-none-match: {tag}")
        )
        .status,
        304
    );

    // Here an answer does, and the first one has it.
    let great = Great::new(1_000_003);
    let request = format!("GET /static/great.bin\nif-none-match: {tag}");
    // Unless the file is so new that it might still be written.
    let status = wait_for("the file has rested", || {
        Some(ask(great.address, &request).status).filter(|status| *status != 200)
    });
    assert_eq!(status, 304);
}

/// The client must see that something is missing, and the server must live.
#[test]
fn changed_while_it_is_sent() {
    type Change = fn(&Path);
    let changes: [(&str, Change, bool); 4] = [
        ("cut", |path| open(path).set_len(1000).unwrap(), false),
        (
            "emptied and written anew",
            |path| fs::write(path, vec![1; LENGTH]).unwrap(),
            false,
        ),
        (
            "written to",
            |path| open(path).write_all(b"x").unwrap(),
            false,
        ),
        // The old one is still whole, only its name is gone.
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
        let great = Great::new(LENGTH);
        let mut wire = great.begun();
        change(&great.path());
        let sent = wire.read_all();
        assert_eq!(
            sent.len() == LENGTH,
            stays_whole,
            "{how}: {} bytes",
            sent.len()
        );
        assert!(!stays_whole || sent == great.content, "{how}");
        let now = fs::read(great.path()).unwrap();
        assert!(
            ask(great.address, "GET /static/great.bin").body == now,
            "{how}"
        );
    }
}

fn open(path: &Path) -> fs::File {
    fs::File::options().write(true).open(path).unwrap()
}
