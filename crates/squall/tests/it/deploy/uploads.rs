//! Uploads through nginx, with its limit of bodies and the program's own.

use std::fs;

use testkit::{Reply, TempDir, Wire, temp_dir, wait_until};

use super::nginx::Nginx;
use crate::program::Friendfeed;

/// The limit of `nginx.conf` and of `PUT`, and that of the form, in bytes.
const FILE_LIMIT: usize = 50 * 1024 * 1024;
const FORM_LIMIT: usize = 10 * 1024 * 1024;

struct Uploads {
    site: Friendfeed,
    nginx: Nginx,
    directory: TempDir,
}

impl Uploads {
    fn start() -> Option<Self> {
        let directory = temp_dir();
        let path = directory.path().to_str().expect("a path in UTF-8");
        let site = Friendfeed::start(&["--xheaders", "--uploads", path]);
        let nginx = Nginx::start([site.address.port(); 4], &[])?;
        Some(Self {
            site,
            nginx,
            directory,
        })
    }

    fn ask(&self, request: impl AsRef<[u8]>) -> Reply {
        let mut wire = Wire::connect(self.nginx.address);
        wire.send(request);
        wire.response()
    }

    /// Returns the names of the files, incomplete ones included.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).expect("a directory of ours");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.into_string().expect("a name in UTF-8"))
            .collect();
        names.sort();
        names
    }

    fn remove(&self, name: &str) -> Vec<u8> {
        let path = self.directory.path().join(name);
        let content = fs::read(&path).expect(name);
        fs::remove_file(path).expect(name);
        content
    }
}

fn put(name: &str, length: usize) -> String {
    format!("PUT /files/{name} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

#[test]
fn files_arrive_whole_or_not_at_all() {
    let Some(uploads) = Uploads::start() else {
        return;
    };
    let megabytes: Vec<u8> = (0..20_000_000_u32).map(|i| (i % 251) as u8).collect();
    let reply = uploads.ask([put("a.bin", megabytes.len()).as_bytes(), &megabytes].concat());
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert!(uploads.remove("a.bin") == megabytes, "the file differs");

    let mut chunked =
        b"PUT /files/b.bin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in megabytes.chunks(1_000_000) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let reply = uploads.ask(chunked);
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert!(uploads.remove("b.bin") == megabytes, "the file differs");

    for name in [
        "..",
        "%2e%2e%2fa",
        "a%2fb",
        "%2ehidden",
        "nul.txt",
        "a%00b",
        "a%0d%0ab",
    ] {
        let reply = uploads.ask(format!("{}x", put(name, 1)));
        assert!(
            (400..500).contains(&reply.status),
            "{name}: {}",
            reply.status
        );
    }
    assert!(uploads.files().is_empty(), "{:?}", uploads.files());

    // By default nginx sends a request when it is whole, so this one never comes.
    let mut wire = Wire::connect(uploads.nginx.address);
    wire.send(format!("{}x", put("c.bin", 100)));
    drop(wire);
    // Directly, the program gets the beginning.
    let mut wire = uploads.site.wire();
    wire.send(format!("{}x", put("c.bin", 100)));
    wait_until("the file is begun", || !uploads.files().is_empty());
    drop(wire);
    wait_until("nothing is left", || uploads.files().is_empty());
}

#[test]
fn larger_bodies_are_refused_by_nginx_or_by_the_program() {
    let Some(uploads) = Uploads::start() else {
        return;
    };
    let refused_by_nginx = uploads.ask(put("a.bin", FILE_LIMIT + 1));
    assert_eq!(refused_by_nginx.status, 413);
    assert!(refused_by_nginx.text().contains("nginx"));
    let form = vec![b'x'; FORM_LIMIT + 1];
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {}\r\n\r\n",
        form.len()
    );
    let reply = uploads.ask([head.as_bytes(), &form].concat());
    let reason = "the request body is longer than 10485760 bytes";
    assert_eq!(reply.status, 413);
    assert!(reply.text().contains(reason), "{}", reply.text());
    assert!(uploads.files().is_empty(), "{:?}", uploads.files());
}

#[test]
fn form_with_files_needs_its_token() {
    let Some(uploads) = Uploads::start() else {
        return;
    };
    let page = uploads.ask("GET /upload HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(page.text().contains("No files yet."), "{}", page.text());
    let cookie = page.header("set-cookie").expect("a cookie");
    let cookie = cookie.split(';').next().expect("a pair");
    let (_, token) = cookie.split_once('=').expect("a pair");
    let file = |name: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=files; filename=\"{name}\"\r\n\r\n{name}\r\n"
        )
    };
    let post = |token: &str| {
        let token = format!("--b\r\nContent-Disposition: form-data; name=_xsrf\r\n\r\n{token}\r\n");
        let form = format!(
            "{token}{}{}{}--b--\r\n",
            file("a.txt"),
            file("../b.txt"),
            file("")
        );
        uploads.ask(format!(
            "POST /upload HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\
             Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        ))
    };
    assert_eq!(post("wrong").status, 403);
    assert!(uploads.files().is_empty(), "{:?}", uploads.files());
    let reply = post(token);
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/upload"))
    );
    assert_eq!(uploads.files(), ["a.txt", "b.txt"]);
    let page = uploads.ask("GET /upload HTTP/1.1\r\nHost: a\r\n\r\n");
    for line in [
        "<dt>a.txt</dt><dd>5 bytes</dd>",
        "<dt>b.txt</dt><dd>8 bytes</dd>",
    ] {
        assert!(page.text().contains(line), "{}", page.text());
    }
}

#[test]
fn uploads_are_off_without_a_directory() {
    let site = Friendfeed::start(&[]);
    for request in ["GET /upload HTTP/1.1\r\nHost: a\r\n\r\n", &put("a.txt", 0)] {
        let mut wire = site.wire();
        wire.send(request);
        let reply = wire.response();
        assert_eq!(reply.status, 404, "{request}");
        assert!(reply.text().contains("--uploads DIR"), "{}", reply.text());
    }
}
