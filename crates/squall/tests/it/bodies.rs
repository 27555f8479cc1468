//! Bodies over real connections: each fault has its status and its reason, one line in the log, and
//! leaves nothing on disk.

use std::{
    fs,
    net::{Shutdown, SocketAddr, TcpStream},
    process::Command,
};

use testkit::{Running, TempDir, Wire, temp_dir, wait_for, wait_until};

use crate::program::{address, built};

/// The program, and the directories that it writes to.
struct Bodies {
    running: Running,
    address: SocketAddr,
    uploads: TempDir,
    temporary: TempDir,
    /// The number of lines that the program has written at its start.
    first: usize,
}

/// One request.
struct Case {
    what: &'static str,
    request: Vec<u8>,
    end: End,
    status: u16,
    /// A part of the reason in the body.
    reason: &'static str,
}

/// The client's action after the request.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// It waits for the response.
    Wait,
    /// It ends its side of the connection.
    Shutdown,
}

impl Bodies {
    fn start() -> Self {
        let (uploads, temporary) = (temp_dir(), temp_dir());
        let mut command = Command::new(built("bodies"));
        command
            .arg(uploads.path())
            .env_remove("RUST_LOG")
            // A backtrace that is captured would be logged.
            .env("RUST_BACKTRACE", "1")
            .env("TMPDIR", temporary.path());
        let running = Running::spawn(&mut command);
        let address = address(&running);
        let first = running.output().lines().count();
        Self {
            running,
            address,
            uploads,
            temporary,
            first,
        }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).expect("the program listens")
    }

    /// Sends a request, and returns the response's status and body.
    fn ask(&self, request: &[u8], end: End) -> (u16, String) {
        let stream = self.connect();
        let mut wire = Wire::over(stream.try_clone().expect("a socket"));
        wire.send(request);
        if end == End::Shutdown {
            // The peer may have closed already.
            let _ = stream.shutdown(Shutdown::Write);
        }
        let reply = wire.response();
        (reply.status, reply.text().to_owned())
    }

    /// Returns the lines of the log since the start, of which there are at least `count`.
    fn lines(&self, count: usize) -> Vec<String> {
        wait_for("the line in the log", || {
            let output = self.running.output();
            let lines: Vec<_> = output.lines().skip(self.first).map(str::to_owned).collect();
            (lines.len() >= count).then_some(lines)
        })
    }

    /// Returns the names of the files that were written.
    fn files(&self) -> Vec<String> {
        let mut names = Vec::new();
        for directory in [&self.uploads, &self.temporary] {
            for entry in fs::read_dir(directory.path()).expect("a directory of ours") {
                let name = entry.expect("an entry").file_name();
                names.push(name.to_string_lossy().into_owned());
            }
        }
        names.sort();
        names
    }

    /// Sends each request, and checks its response, its line and the disk.
    fn check(&self, cases: &[Case]) {
        let before = self.lines(0).len();
        for (index, case) in cases.iter().enumerate() {
            let (what, status) = (case.what, case.status);
            let (found, body) = self.ask(&case.request, case.end);
            assert_eq!(found, status, "{what}: {body}");
            let problem: serde_json::Value = serde_json::from_str(&body)
                .unwrap_or_else(|error| panic!("{what}: {error}: {body}"));
            let detail = problem["detail"].as_str().unwrap_or_default();
            assert_eq!(problem["status"], status, "{what}: {body}");
            assert!(detail.contains(case.reason), "{what}: {body}");
            let lines = self.lines(before + index + 1);
            assert_eq!(lines.len(), before + index + 1, "{what}: {lines:#?}");
            let line = lines.last().expect("a line");
            assert!(line.contains(" WARN "), "{what}: {line}");
            assert!(line.contains(&format!(" {status} ")), "{what}: {line}");
            assert!(line.contains(case.reason), "{what}: {line}");
            wait_until("nothing is left on disk", || self.files().is_empty());
        }
        // The program has written nothing else, such as a backtrace.
        let lines = self.lines(0);
        assert_eq!(lines.len(), before + cases.len(), "{lines:#?}");
    }
}

fn case(what: &'static str, request: Vec<u8>, status: u16, reason: &'static str) -> Case {
    Case {
        what,
        request,
        end: End::Wait,
        status,
        reason,
    }
}

fn cut(what: &'static str, request: Vec<u8>, reason: &'static str) -> Case {
    Case {
        end: End::Shutdown,
        ..case(what, request, 400, reason)
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";
const OCTETS: &str = "application/octet-stream";

/// Returns a request with a body.
fn sent(target: &str, media_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    announced(target, media_type, body.len(), body)
}

/// Returns a request with a body and another length.
fn announced(target: &str, media_type: &str, length: usize, body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut request = head(target, media_type, &format!("Content-Length: {length}"));
    request.extend_from_slice(body.as_ref());
    request
}

/// Returns a request with a chunked body, whose last chunk is missing unless `is_whole`.
fn chunked(target: &str, media_type: &str, chunks: &[&[u8]], is_whole: bool) -> Vec<u8> {
    let mut request = head(target, media_type, "Transfer-Encoding: chunked");
    for chunk in chunks {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    if is_whole {
        request.extend_from_slice(b"0\r\n\r\n");
    }
    request
}

fn head(target: &str, media_type: &str, framing: &str) -> Vec<u8> {
    let method = if target.starts_with("/stream") || target.starts_with("/large/") {
        "PUT"
    } else {
        "POST"
    };
    let mut head = format!(
        "{method} {target} HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n{framing}\r\n"
    );
    if !media_type.is_empty() {
        head.push_str(&format!("Content-Type: {media_type}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// Returns the part of a form that is one field, with the line end before the next boundary.
fn field(parameters: &str, content: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; {parameters}\r\n\r\n{content}\r\n")
}

fn form(fields: &[String]) -> String {
    format!("{}--b--\r\n", fields.concat())
}

const TOO_LARGE: &str = "the request body is longer than 65536 bytes";
const STALLED: &str = "no byte of the request body came for 500ms";
const BROKEN: &str = "the request body broke off or is malformed";

#[test]
fn every_body_extractor_refuses_faults_of_the_transfer() {
    let bodies = Bodies::start();
    let large = vec![b'a'; 100_000];
    let mut cases = Vec::new();
    let file = "--b\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\nx";
    for (target, media_type, begin) in [
        ("/json", JSON, r#"{"name": ""#),
        ("/form", FORM, "name="),
        ("/text", "", "a"),
        ("/bytes", "", "a"),
        ("/files", MULTIPART, file),
        ("/memory", MULTIPART, file),
        ("/temporary", MULTIPART, file),
        (
            "/limited",
            MULTIPART,
            "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n",
        ),
        ("/stream/file", OCTETS, "a"),
    ] {
        let body = [begin.as_bytes(), &large].concat();
        let chunks: Vec<&[u8]> = body.chunks(1000).collect();
        // The field's own limit comes first.
        let reason = match target {
            "/limited" => "the field \"a\" is longer than 100 bytes",
            _ => TOO_LARGE,
        };
        cases.extend([
            case(
                "too large, length given",
                sent(target, media_type, &body),
                413,
                TOO_LARGE,
            ),
            case(
                "too large, chunked",
                chunked(target, media_type, &chunks, true),
                413,
                reason,
            ),
            case(
                "stalled",
                announced(target, media_type, 200, begin),
                408,
                STALLED,
            ),
            case(
                "stalled at once",
                announced(target, media_type, 200, ""),
                408,
                STALLED,
            ),
            case(
                "stalled, chunked",
                chunked(target, media_type, &[begin.as_bytes()], false),
                408,
                STALLED,
            ),
            cut(
                "cut short",
                announced(target, media_type, 200, begin),
                BROKEN,
            ),
            cut(
                "cut short at once",
                announced(target, media_type, 200, ""),
                BROKEN,
            ),
            cut(
                "cut short, chunked",
                chunked(target, media_type, &[begin.as_bytes()], false),
                BROKEN,
            ),
        ]);
    }
    bodies.check(&cases);
}

#[test]
fn every_extractor_refuses_a_body_that_it_cannot_read() {
    let bodies = Bodies::start();
    let get = |target: &str| {
        format!("GET {target} HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n").into_bytes()
    };
    let many: String = (0..10_000).map(|i| format!("f{i}=x&")).collect();
    let coded = |target: &str, media_type: &str| {
        let framing = "Content-Encoding: gzip\r\nContent-Length: 1";
        [head(target, media_type, framing), b"a".to_vec()].concat()
    };
    let coding = "expected a body without a content coding";
    bodies.check(&[
        case("path", get("/path/x"), 404, "\"x\" is not a u8"),
        case("query", get("/query?name=Ada&age=old"), 400, "age"),
        case(
            "query without a field",
            get("/query?name=Ada"),
            400,
            "missing field `age`",
        ),
        case(
            "query of many fields",
            get(&format!("/query?{}", &many[..9000])),
            400,
            "missing field `name`",
        ),
        case(
            "JSON of another type",
            sent("/json", FORM, "{}"),
            415,
            "expected a body with `Content-Type: application/json`",
        ),
        case(
            "JSON without a type",
            sent("/json", "", "{}"),
            415,
            "application/json",
        ),
        case("coded JSON", coded("/json", JSON), 415, coding),
        case(
            "empty JSON",
            sent("/json", JSON, ""),
            400,
            "EOF while parsing",
        ),
        case(
            "JSON that ends early",
            sent("/json", JSON, r#"{"name": "A"#),
            400,
            "EOF while parsing a string",
        ),
        case(
            "JSON with more",
            sent("/json", JSON, r#"{"name": "A", "age": 1} x"#),
            400,
            "trailing characters",
        ),
        case(
            "JSON with a wrong field",
            sent("/json", JSON, r#"{"name": "A", "age": 256}"#),
            422,
            "age",
        ),
        case(
            "JSON without a field",
            sent("/json", JSON, r#"{"name": "A"}"#),
            422,
            "missing field `age`",
        ),
        case(
            "form of another type",
            sent("/form", JSON, "name=A&age=1"),
            415,
            "application/x-www-form-urlencoded",
        ),
        case(
            "multipart for a form",
            sent("/form", MULTIPART, "--b--"),
            415,
            "application/x-www-form-urlencoded",
        ),
        case("coded form", coded("/form", FORM), 415, coding),
        case(
            "form with a wrong field",
            sent("/form", FORM, "name=A&age=old"),
            422,
            "age",
        ),
        case(
            "form without a field",
            sent("/form", FORM, "name=A"),
            422,
            "missing field `age`",
        ),
        case(
            "form of many fields",
            sent("/form", FORM, &many[..60_000]),
            422,
            "missing field `name`",
        ),
        case(
            "text that is not UTF-8",
            sent("/text", "", b"\xff"),
            400,
            "invalid utf-8 sequence",
        ),
        case(
            "malformed chunk",
            {
                let mut request = chunked("/bytes", "", &[b"a"], false);
                request.extend_from_slice(b"x\r\n");
                request
            },
            400,
            "",
        ),
    ]);
}

#[test]
fn form_of_10_000_fields_is_read_within_the_limit_of_its_body() {
    let bodies = Bodies::start();
    let pairs: String = (0..10_000).map(|i| format!("{i:x}=&")).collect();
    let reply = bodies.ask(&sent("/map", FORM, &pairs), End::Wait);
    assert_eq!(reply, (200, "10000".to_owned()));
    bodies.lines(1);
    let longer = format!("{pairs}a={}", "x".repeat(20_000));
    bodies.check(&[case(
        "beyond the limit",
        sent("/map", FORM, longer),
        413,
        TOO_LARGE,
    )]);
}

#[test]
fn malformed_forms_are_refused_at_every_stage() {
    let bodies = Bodies::start();
    let forms = |body: &str| sent("/files", MULTIPART, body);
    let long_name = field(&format!("name=\"{}\"", "n".repeat(1025)), "");
    let long_file_name = field(&format!("name=a; filename={}", "n".repeat(1025)), "");
    let no_boundary = "a".repeat(60_000);
    let many_headers = format!("--b\r\n{}\r\n--b--\r\n", "A: b\r\n".repeat(1000));
    let cut_short = "the form is cut short";
    let headers = "the headers of a field are malformed";
    let file_name = "is not `filename=\"…\"` in UTF-8";
    let boundary = "expected a `Content-Type` with a boundary of 1 to 70 characters";
    let media_type = "expected a body with `Content-Type: multipart/form-data`";
    let with = |media_type: &str| sent("/files", media_type, form(&[field("name=a", "1")]));
    let long_boundary = format!("multipart/form-data; boundary={}", "b".repeat(71));
    let bytes = |begin: &[u8], end: &[u8]| {
        let body = [
            b"--b\r\nContent-Disposition: form-data; ",
            begin,
            b"\r\n\r\nx\r\n--b--\r\n",
            end,
        ]
        .concat();
        sent("/files", MULTIPART, body)
    };
    bodies.check(&[
        case("no media type", with(""), 415, media_type),
        case("another media type", with(FORM), 415, media_type),
        case(
            "another multipart type",
            with("multipart/mixed; boundary=b"),
            415,
            media_type,
        ),
        case(
            "media type that is none",
            with("multipart"),
            415,
            media_type,
        ),
        case("no boundary", with("multipart/form-data"), 400, boundary),
        case(
            "empty boundary",
            with("multipart/form-data; boundary=\"\""),
            400,
            boundary,
        ),
        case("long boundary", with(&long_boundary), 400, boundary),
        case(
            "coded form",
            {
                let framing = "Content-Encoding: gzip\r\nContent-Length: 1";
                [head("/files", MULTIPART, framing), b"a".to_vec()].concat()
            },
            415,
            "expected a body without a content coding",
        ),
        case("empty", forms(""), 400, cut_short),
        case("text before the form alone", forms("hello"), 400, cut_short),
        case(
            "another boundary",
            forms("--c\r\n\r\n--c--\r\n"),
            400,
            cut_short,
        ),
        case(
            "no boundary in a long body",
            forms(&no_boundary),
            400,
            "the form has no boundary",
        ),
        case("end of the first boundary", forms("--b"), 400, cut_short),
        case(
            "no line end behind a boundary",
            forms("--bx\r\n\r\n--b--\r\n"),
            400,
            cut_short,
        ),
        case(
            "end of the headers",
            forms("--b\r\nContent-Disposition: form-data; name=a\r\n"),
            400,
            cut_short,
        ),
        case(
            "header that is none",
            forms("--b\r\nno colon\r\n\r\nx\r\n--b--\r\n"),
            400,
            headers,
        ),
        case(
            "headers without an end",
            forms(&format!("--b\r\n{}", "A: b\r\n".repeat(8000))),
            400,
            "headers of more than 16384 bytes",
        ),
        case("many headers", forms(&many_headers), 400, headers),
        case(
            "long name",
            forms(&form(&[long_name])),
            400,
            "is longer than 1024 bytes",
        ),
        case(
            "long file name",
            forms(&form(&[long_file_name])),
            400,
            "is longer than 1024 bytes",
        ),
        case(
            "no name",
            forms(&form(&[field("filename=a", "1")])),
            400,
            "a field has no name",
        ),
        case(
            "no disposition",
            forms("--b\r\nA: b\r\n\r\nx\r\n--b--\r\n"),
            400,
            "a field has no name",
        ),
        case(
            "no headers",
            forms("--b\r\n\r\nx\r\n--b--\r\n"),
            400,
            cut_short,
        ),
        case(
            "name that is not UTF-8",
            bytes(b"name=\"\xff\"", b""),
            400,
            "a field has no name",
        ),
        case(
            "name without an end",
            bytes(b"name=\"a", b""),
            400,
            "a field has no name",
        ),
        case(
            "file name that is not UTF-8",
            bytes(b"name=a; filename=\"\xff\"", b""),
            400,
            file_name,
        ),
        case(
            "file name without an end",
            bytes(b"name=a; filename=\"x", b""),
            400,
            file_name,
        ),
        case(
            "file name of RFC 8187",
            bytes(b"name=a; filename*=UTF-8''x", b""),
            400,
            file_name,
        ),
        case(
            "NUL in a file name",
            bytes(b"name=a; filename=\"a\0b\"", b""),
            400,
            headers,
        ),
        case(
            "line feed in a file name",
            bytes(b"name=a; filename=\"a\nb\"", b""),
            400,
            headers,
        ),
        case(
            "line end in a file name",
            bytes(b"name=a; filename=\"a\r\nb\"", b""),
            400,
            headers,
        ),
        case(
            "end of a field",
            forms("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx"),
            400,
            cut_short,
        ),
        case(
            "end of a file",
            forms("--b\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\nx"),
            400,
            cut_short,
        ),
        case(
            "end of the last boundary",
            sent(
                "/temporary",
                MULTIPART,
                "--b\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\nx\r\n--b-",
            ),
            400,
            cut_short,
        ),
        case(
            "field that is not UTF-8",
            sent(
                "/files",
                MULTIPART,
                b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--b--",
            ),
            400,
            "the field \"a\" is not text in UTF-8",
        ),
        case(
            "long text behind the form",
            forms(&format!("--b--\r\n{no_boundary}")),
            400,
            "headers of more than 16384 bytes",
        ),
        case(
            "no file",
            sent("/temporary", MULTIPART, "--b--\r\n"),
            400,
            "expected a file",
        ),
    ]);
}

#[test]
fn limits_of_fields_and_files_are_refused() {
    let bodies = Bodies::start();
    let post = |target: &str, fields: &[String]| sent(target, MULTIPART, form(fields));
    let many: Vec<String> = (0..10_000)
        .map(|i| field(&format!("name={i}"), ""))
        .collect();
    let text = |length: usize| "x".repeat(length);
    bodies.check(&[
        case(
            "10,000 fields",
            post("/large", &many),
            413,
            "the form has more than 1000 fields",
        ),
        case(
            "four fields of three",
            post("/limited", &many[..4]),
            413,
            "more than 3 fields",
        ),
        case(
            "field",
            post("/limited", &[field("name=a", &text(101))]),
            413,
            "the field \"a\" is longer than 100 bytes",
        ),
        case(
            "file",
            post("/limited", &[field("name=a; filename=f", &text(1001))]),
            413,
            "the field \"a\" is longer than 1000 bytes",
        ),
        case(
            "field with a limit of its own",
            post("/limited", &[field("name=small", &text(11))]),
            413,
            "the field \"small\" is longer than 10 bytes",
        ),
        case(
            "field beyond the default",
            post("/large", &[field("name=a", &text(1024 * 1024 + 1))]),
            413,
            "longer than 1048576 bytes",
        ),
        case(
            "field without an end",
            chunked(
                "/large",
                MULTIPART,
                &[field("name=a", &text(2_000_000)).as_bytes()],
                false,
            ),
            413,
            "longer than 1048576 bytes",
        ),
    ]);
    for (target, fields, reply) in [
        (
            "/limited",
            vec![
                field("name=a", &text(100)),
                field("name=a; filename=f", &text(1000)),
            ],
            "2",
        ),
        (
            "/limited",
            vec![
                field("name=small", &text(10)),
                field("name=a", ""),
                field("name=b", ""),
            ],
            "3",
        ),
        ("/limited", vec![], "0"),
        ("/large", vec![field("name=a", &text(3))], "a = \"xxx\"\n"),
    ] {
        assert_eq!(
            bodies.ask(&post(target, &fields), End::Wait),
            (200, reply.to_owned())
        );
    }
}

#[test]
fn client_that_disconnects_leaves_a_line_and_no_file() {
    let bodies = Bodies::start();
    let file = "--b\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\n";
    let content = "x".repeat(30_000);
    let mut count = 0;
    for (target, media_type, begin) in [
        ("/json", JSON, ""),
        ("/form", FORM, ""),
        ("/text", "", ""),
        ("/bytes", "", ""),
        ("/files", MULTIPART, file),
        ("/memory", MULTIPART, file),
        ("/temporary", MULTIPART, file),
        ("/stream/file", OCTETS, ""),
    ] {
        let stream = bodies.connect();
        let mut wire = Wire::over(stream);
        wire.send(announced(
            target,
            media_type,
            60_000,
            format!("{begin}{content}"),
        ));
        if matches!(target, "/files" | "/temporary" | "/stream/file") {
            wait_until("the file is begun", || !bodies.files().is_empty());
        }
        drop(wire);
        count += 1;
        let lines = bodies.lines(count);
        let line = lines.last().expect("a line");
        assert_eq!(lines.len(), count, "{lines:#?}");
        assert!(line.contains(" WARN "), "{line}");
        assert!(line.contains(" 499 ") || line.contains(" 400 "), "{line}");
        wait_until("nothing is left on disk", || bodies.files().is_empty());
    }
}

#[test]
fn files_are_saved_under_safe_names() {
    let bodies = Bodies::start();
    for (sent_name, shown, saved) in [
        ("photo.jpg", "\"photo.jpg\"", Some("photo.jpg")),
        ("../../etc/passwd", "\"../../etc/passwd\"", Some("passwd")),
        ("..\\boot.ini", "\"..\\\\boot.ini\"", Some("boot.ini")),
        ("/etc/hosts", "\"/etc/hosts\"", Some("hosts")),
        ("..", "\"..\"", None),
        ("", "\"\"", None),
        (".htaccess", "\".htaccess\"", Some("htaccess")),
        ("nul.txt", "\"nul.txt\"", Some("_nul.txt")),
        ("写真.jpg", "\"写真.jpg\"", Some("写真.jpg")),
        ("a%0D%0Ab", "\"a%0D%0Ab\"", Some("a%0D%0Ab")),
    ] {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{sent_name}\"\r\n\
             Content-Type: image/png\r\n\r\nx\r\ny\r\n--b--\r\n"
        );
        let (status, reply) = bodies.ask(&sent("/files", MULTIPART, body), End::Wait);
        let expected = match saved {
            Some(name) => format!("file: {shown} as {name:?}, image/png, 4 bytes\n"),
            None => format!("file: {shown} is skipped\n"),
        };
        assert_eq!((status, reply), (200, expected), "{sent_name}");
        let files: Vec<_> = saved.into_iter().map(str::to_owned).collect();
        assert_eq!(bodies.files(), files, "{sent_name}");
        if let Some(name) = saved {
            let path = bodies.uploads.path().join(name);
            assert_eq!(fs::read(&path).expect("the file"), b"x\r\ny");
            fs::remove_file(path).expect("a file of ours");
        }
    }
}

#[test]
fn large_uploads_are_streamed_within_the_limit_of_their_route() {
    let bodies = Bodies::start();
    let megabytes: Vec<u8> = (0..5_000_000_u32).map(|i| (i % 251) as u8).collect();
    let request = sent("/large/file", OCTETS, &megabytes);
    assert_eq!(bodies.ask(&request, End::Wait), (200, "5000000".to_owned()));
    let saved = fs::read(bodies.uploads.path().join("file")).expect("the file");
    assert!(saved == megabytes, "the file differs");
    // The next upload replaces it.
    let pieces: Vec<&[u8]> = megabytes.chunks(70_000).take(3).collect();
    let request = chunked("/large/file", OCTETS, &pieces, true);
    assert_eq!(bodies.ask(&request, End::Wait), (200, "210000".to_owned()));
    // In a form, in pieces that cut boundaries and headers anywhere.
    let begin = "--b\r\nContent-Disposition: form-data; name=a; filename=file\r\n\r\n";
    let body = [begin.as_bytes(), &megabytes, b"\r\n--b--\r\n"].concat();
    for size in [7, 4099, 1_000_000] {
        let body = if size == 7 {
            [begin.as_bytes(), &megabytes[..1000], b"\r\n--b--\r\n"].concat()
        } else {
            body.clone()
        };
        let pieces: Vec<&[u8]> = body.chunks(size).collect();
        let (status, reply) = bodies.ask(&chunked("/large", MULTIPART, &pieces, true), End::Wait);
        assert_eq!(status, 200, "{reply}");
        let saved = fs::read(bodies.uploads.path().join("file")).expect("the file");
        let length = body.len() - begin.len() - 9;
        assert!(saved == megabytes[..length], "{size}: the file differs");
    }
}

#[test]
fn temporary_files_are_deleted_unless_they_are_kept() {
    let bodies = Bodies::start();
    let fields = [
        field("name=a; filename=f", "kept"),
        field("name=b; filename=g", "not kept"),
    ];
    let (status, reply) = bodies.ask(&sent("/temporary", MULTIPART, form(&fields)), End::Wait);
    assert_eq!((status, &*reply), (200, "4"));
    wait_until("the others are deleted", || bodies.files() == ["kept"]);
    assert_eq!(
        fs::read(bodies.uploads.path().join("kept")).expect("the file"),
        b"kept"
    );
}

#[test]
fn connection_is_reused_after_a_form() {
    let bodies = Bodies::start();
    let body = form(&[field("name=a", "1")]);
    let mut wire = Wire::connect(bodies.address);
    for _ in 0..2 {
        wire.send(chunked("/files", MULTIPART, &[body.as_bytes()], true));
        assert_eq!(wire.response().text(), "a = \"1\"\n");
    }
    wire.send(sent("/ignored", MULTIPART, &body));
    assert_eq!(wire.response().text(), "ignored");
}

#[test]
fn media_type_of_a_form_has_white_space_quotes_and_other_parameters() {
    let bodies = Bodies::start();
    for media_type in [
        "multipart/form-data;boundary=b",
        "multipart/form-data ; boundary=b",
        "Multipart/Form-Data; charset=utf-8; boundary=\"b\"",
        "multipart/form-data; Boundary=b;",
    ] {
        let request = sent("/files", media_type, form(&[field("name=a", "1")]));
        let reply = bodies.ask(&request, End::Wait);
        assert_eq!(reply, (200, "a = \"1\"\n".to_owned()), "{media_type}");
    }
}

#[test]
fn xsrf_token_of_a_form_comes_first() {
    let bodies = Bodies::start();
    let mut wire = Wire::connect(bodies.address);
    wire.send("GET /token HTTP/1.1\r\nHost: a\r\n\r\n");
    let reply = wire.response();
    let token = reply.text();
    let cookie = reply.header("set-cookie").expect("a cookie");
    let cookie = cookie.split(';').next().expect("a pair");
    let guarded = |fields: &[String], more: &str| {
        let body = form(fields);
        let framing = format!("Content-Length: {}\r\nCookie: {cookie}{more}", body.len());
        [head("/guarded", MULTIPART, &framing), body.into_bytes()].concat()
    };
    let token_field = field("name=\"_xsrf\"", token);
    let file = field("name=a; filename=f", &"x".repeat(50_000));
    let saved = "a: \"f\" as \"f\", -, 50000 bytes\n";
    let both = format!("_xsrf = {token:?}\n{saved}");
    let request = guarded(&[token_field, file.clone()], "");
    assert_eq!(bodies.ask(&request, End::Wait), (200, both));
    let request = guarded(
        std::slice::from_ref(&file),
        &format!("\r\nX-XSRFToken: {token}"),
    );
    assert_eq!(bodies.ask(&request, End::Wait), (200, saved.to_owned()));
    fs::remove_file(bodies.uploads.path().join("f")).expect("a file of ours");
    let begin = "--b\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\nx";
    bodies.check(&[
        case("no token", guarded(&[file], ""), 403, "_xsrf"),
        case(
            "wrong token",
            guarded(&[field("name=\"_xsrf\"", "2|x")], ""),
            403,
            "_xsrf",
        ),
        case(
            "stalled",
            announced("/guarded", MULTIPART, 200, begin),
            408,
            STALLED,
        ),
        cut(
            "cut short",
            announced("/guarded", MULTIPART, 200, begin),
            BROKEN,
        ),
        case(
            "too large, chunked",
            chunked(
                "/guarded",
                MULTIPART,
                &[begin.as_bytes(), &[b'x'; 70_000]],
                true,
            ),
            413,
            TOO_LARGE,
        ),
    ]);
}
