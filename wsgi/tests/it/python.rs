//! The module in Python itself: forks after the first use, sub-interpreters, arguments that no server passes.

use std::process::{Command, Output};

use crate::containers::{Container, FRIENDFEED, python};

/// Calls an application without a server.
const CALL: &str = r#"
import io, os, sys
from probe_wsgi import application

def environ(path="/", **more):
    return {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
            "SERVER_NAME": "site", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(b""),
            "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
            "HTTP_HOST": "site", **more}

def call(path="/", **more):
    answer = []
    body = application(environ(path, **more), lambda status, headers, exc_info=None: answer.append((status, headers)))
    status, headers = answer[0]
    return status, dict(headers), body

def text(path="/", **more):
    status, headers, body = call(path, **more)
    return status + " " + b"".join(body).decode("latin-1")
"#;

/// Runs a script after [`CALL`], and returns its output; `None` without Python.
fn run(script: &str) -> Option<String> {
    let (mut command, _files) = python(&format!("{CALL}\n{script}"))?;
    Some(said(&mut command))
}

fn said(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("python3 runs");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "{status}\n{stdout}\n{stderr}");
    stdout.into_owned()
}

#[test]
fn a_process_that_forks_after_the_first_use_gets_a_runtime_of_its_own() {
    let script = r#"
import threading, time
assert text("/stream") == "200 OK one two three"
status, headers, unfinished = call("/stream")
stop = False
def busy():
    while not stop:
        text("/stream")
busy_threads = [threading.Thread(target=busy) for _ in range(4)]
for thread in busy_threads: thread.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        # A timer needs the thread of the runtime.
        assert text("/stream") == "200 OK one two three"
        assert text("/pid") == "200 OK %d" % os.getpid()
        try:
            next(unfinished)
            os._exit(1)
        except RuntimeError as error:
            assert "before a fork" in str(error), error
        unfinished.close()
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
stop = True
for thread in busy_threads: thread.join()
assert b"".join(unfinished) == b"one two three"
assert text("/pid") == "200 OK %d" % os.getpid()
print("forked")
"#;
    if let Some(said) = run(script) {
        assert_eq!(said, "forked\n");
    }
}

#[test]
fn a_sub_interpreter_gets_a_clear_error() {
    let script = r#"
try:
    import _interpreters as interpreters
    run = interpreters.exec
except ImportError:
    import _xxsubinterpreters as interpreters
    run = interpreters.run_string
other = interpreters.create()
try:
    said = run(other, "import hello_wsgi")
    print(said.formatted if said else "no error")
except Exception as error:
    print(error)
"#;
    if let Some(said) = run(script) {
        let is_clear = said.contains("in the main interpreter only")
            // From Python 3.12 on, an isolated one does not load such modules.
            || said.contains("does not support loading in subinterpreters");
        assert!(is_clear, "{said}");
    }
}

#[test]
fn each_bad_environ_is_a_clear_error() {
    let script = r#"
def said(**more):
    try:
        return text(**more)
    except Exception as error:
        return type(error).__name__ + ": " + str(error)

for more in [
    dict(REQUEST_METHOD="GE T"),
    dict(REQUEST_METHOD=""),
    dict(path="nowhere"),
    dict(SCRIPT_NAME="app"),
    dict(SCRIPT_NAME="//evil.example"),
    dict(path="/\u20ac"),
    dict(HTTP_X_A="a\nb"),
    dict(HTTP_X_A="\u20ac"),
    dict(HTTP_X_A=7),
    {"HTTP_X A": "a"},
    dict(CONTENT_LENGTH="x"),
    dict(CONTENT_LENGTH="-1"),
    dict(HTTP_TRANSFER_ENCODING="chunked"),
    dict(path="/up", CONTENT_LENGTH="10"),
    dict(path="/up", CONTENT_LENGTH="10", **{"wsgi.input": io.StringIO("0123456789")}),
    dict(path="/up", CONTENT_LENGTH="10", **{"wsgi.input": None}),
    dict(path="/up", CONTENT_LENGTH="4", **{"wsgi.input": io.BytesIO(b"0123456789")}),
    dict(path="/fail-first"),
]:
    print(said(**more).splitlines()[0][:110])
for arguments in [(), ({},), (None, None), ([], print)]:
    try:
        application(*arguments)
    except TypeError as error:
        print("TypeError")
"#;
    let Some(said) = run(script) else { return };
    let lines: Vec<&str> = said.lines().collect();
    let expected = [
        "400 Bad Request",
        "400 Bad Request",
        "ValueError: PATH_INFO does not begin with a slash",
        "ValueError: SCRIPT_NAME does not begin with a slash",
        "ValueError: MountPrefix: expected a path",
        "ValueError: environ[\"PATH_INFO\"] is not a string of bytes",
        "400 Bad Request",
        "ValueError: environ[\"X_A\"] is not a string of bytes",
        "ValueError: environ[\"X_A\"] is not a string of bytes",
        "400 Bad Request",
        "400 Bad Request",
        "400 Bad Request",
        "411 Length Required",
        "400 Bad Request",
        "400 Bad Request",
        "400 Bad Request",
        "200 OK 4 ",
        "RuntimeError: the body of the response failed",
        "TypeError",
        "TypeError",
        "TypeError",
        "TypeError",
    ];
    assert_eq!(lines.len(), expected.len(), "{said}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{expected:?}: {said}");
    }
}

#[test]
fn mod_wsgi_without_the_main_interpreter_logs_the_setting_that_is_missing() {
    let Some(site) = Container::ModWsgi.start(crate::containers::Options {
        variables: &[("SUB_INTERPRETER", "1")],
        ..FRIENDFEED
    }) else {
        return;
    };
    assert_eq!(site.get("/").status, 500);
    let log = site.stop();
    assert!(log.contains("WSGIApplicationGroup %{GLOBAL}"), "{log}");
}
