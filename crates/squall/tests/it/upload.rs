//! The example `upload`: in a browser behind a proxy that stops in the middle, and over sockets.

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

use testkit::{Browser, Running, TempDir, Wire, temp_dir, wait_until};

use crate::program::{address, built};

const MIB: u64 = 1024 * 1024;

struct Site {
    running: Running,
    address: SocketAddr,
    directory: TempDir,
}

impl Site {
    fn start() -> Self {
        let directory = temp_dir();
        let mut command = Command::new(built("upload"));
        command.env_remove("RUST_LOG").args(["--port", "0"]);
        // Incomplete files are there as well, so that the test sees what is left of them.
        command.env("TMPDIR", directory.path());
        command.arg("--directory").arg(directory.path());
        let running = Running::spawn(&mut command);
        let address = address(&running);
        Self {
            running,
            address,
            directory,
        }
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).expect("it is ours");
        let entries = entries.map(|entry| entry.expect("it is ours").file_name());
        let mut names: Vec<_> = entries
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Passes bytes on to a server, and stops after a number of them until the gate is opened.
struct Proxy {
    address: SocketAddr,
    gate: Arc<Mutex<()>>,
}

impl Proxy {
    fn start(server: SocketAddr, stop_after: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let gate = Arc::new(Mutex::new(()));
        let shared = Arc::clone(&gate);
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("a client");
                let server = TcpStream::connect(server).expect("it accepts");
                let gate = Arc::clone(&shared);
                let back = (clone(&server), clone(&client));
                thread::spawn(move || pass(back.0, back.1, usize::MAX, &Mutex::new(())));
                thread::spawn(move || pass(client, server, stop_after, &gate));
            }
        });
        Self { address, gate }
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a descriptor")
}

fn pass(mut from: TcpStream, mut to: TcpStream, stop_after: usize, gate: &Mutex<()>) {
    let mut buffer = [0; 16 * 1024];
    let mut passed = 0;
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
        passed += length;
        if passed > stop_after {
            drop(gate.lock());
        }
    }
    // It may have closed already.
    let _ = to.shutdown(Shutdown::Both);
}

fn file(directory: &TempDir, name: &str, size: u64) -> String {
    let path = directory.path().join(name);
    let file = fs::File::create(&path).expect("it is ours");
    file.set_len(size).expect("a sparse file");
    path.to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn browser_shows_progress_and_reasons() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let (site, files) = (Site::start(), temp_dir());
    let proxy = Proxy::start(site.address, MIB as usize);
    let url = format!("http://{}/", proxy.address);
    let part = file(&files, "half.bin", 40 * MIB);
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("upload");
    let picture = |name: &str| {
        for (size, width, height) in [("desktop", 1100, 420), ("phone", 390, 700)] {
            for (scheme, dark) in [("light", false), ("dark", true)] {
                browser.look(width, height, dark);
                let wide = browser.run(
                    "return document.documentElement.scrollWidth - innerWidth",
                    &[],
                );
                assert_eq!(
                    wide.as_i64().map(|wide| wide.max(0)),
                    Some(0),
                    "{name} {size}"
                );
                browser.screenshot(pictures.join(format!("{name}-{size}-{scheme}.png")));
            }
        }
    };
    let value = || browser.run("return document.querySelector('#bar').value", &[]);

    // Canceled in the middle: nothing is left.
    browser.open(&url);
    browser.type_into("#files", &part);
    let closed = proxy.gate.lock().expect("no panic");
    browser.click("#send");
    browser.wait_text("#state", "% of 40.0 MiB");
    let sent = value().as_f64().expect("a number");
    assert!(sent < 1.0, "{sent}");
    picture("progress");
    browser.click("#cancel");
    browser.wait_text("#reason", "canceled; no file was saved");
    drop(closed);
    site.running.wait_line("400 POST /upload");
    wait_until("the incomplete file is deleted", || site.names().is_empty());

    // Sent to its end.
    browser.click("#send");
    browser.wait_text("#list", "half.bin, 41943040 bytes");
    let saved = fs::metadata(site.directory.path().join("half.bin"));
    assert_eq!(saved.expect("the file").len(), 40 * MIB);

    // A file that is too large is refused before it is sent.
    browser.type_into("#files", &file(&files, "large.bin", 50 * MIB + 1));
    browser.click("#send");
    browser.wait_text("#reason", "large.bin is larger than 50.0 MiB");
    picture("refused");

    // A limit that the script does not know: the reason is the server's.
    browser.reload();
    let many: Vec<_> = (0..11)
        .map(|number| file(&files, &format!("{number}.txt"), 1))
        .collect();
    browser.type_into("#files", &many.join("\n"));
    browser.click("#send");
    browser.wait_text("#reason", "fields");
    picture("reason");
    assert_eq!(site.names(), ["half.bin"]);
}

#[test]
fn files_are_kept_all_or_none_and_are_downloads() {
    let site = Site::start();
    let mut wire = Wire::connect(site.address);
    wire.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let page = wire.response();
    let cookie = page.header("set-cookie").expect("a token");
    let token = cookie.split(['=', ';']).nth(1).expect("a value").to_owned();
    let post = |parts: &[(&str, &str)], length: Option<usize>| {
        let mut body = String::new();
        for (disposition, content) in parts {
            body += &format!(
                "--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n"
            );
        }
        body += "--b--\r\n";
        let length = length.unwrap_or(body.len());
        let mut wire = Wire::connect(site.address);
        wire.send(format!(
            "POST /upload HTTP/1.1\r\nHost: localhost\r\nCookie: _xsrf={token}\r\nX-XSRFToken: {token}\r\n\
             Accept: application/json\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\r\n{body}"
        ));
        wire.response()
    };
    let page_of_a_user = r#"name="files"; filename="../evil.html""#;
    let last = r#"name="files"; filename="last.txt""#;

    // The form is cut off at a field that is malformed: the file before it is not kept.
    let cut = post(&[(page_of_a_user, "<script>"), ("nothing", "")], None);
    assert_eq!(cut.status, 400, "{}", cut.text());
    assert!(site.names().is_empty(), "{:?}", site.names());
    // Refused by its announced length.
    let large = post(&[(last, "")], Some(101 * MIB as usize));
    assert_eq!(large.status, 413, "{}", large.text());
    assert!(large.text().contains("104857600"), "{}", large.text());

    let both = post(&[(page_of_a_user, "<script>"), (last, "text")], None);
    assert_eq!((both.status, both.header("location")), (303, Some("/")));
    assert_eq!(site.names(), ["evil.html", "last.txt"]);

    wire.send("GET /files/evil.html HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let file = wire.response();
    assert_eq!((file.status, file.text()), (200, "<script>"));
    assert_eq!(file.header("content-disposition"), Some("attachment"));
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
}
