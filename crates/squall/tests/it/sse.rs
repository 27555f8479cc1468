//! Server-sent events, background tasks and start hooks, on real sockets.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use squall::{
    Application, Error, Event, Handle, Limits, Phase, Server, Shutdown, Sse, Stop, Tasks, get, post,
};
use testkit::{Wire, wait_until};
use tokio::sync::Notify;

use crate::supervised::{Supervised, wait_gone};

/// A server in a thread of its own, stopped when this is dropped.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    thread: Option<thread::JoinHandle<squall::Result<()>>>,
}

impl Serving {
    pub(crate) fn start(application: Application) -> Self {
        Self::with(Server::new(application))
    }

    fn with(server: Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let server = server.listener(listener.try_into().expect("a listening socket"));
        let handle = server.handle();
        let thread = Some(thread::spawn(|| server.start(1)));
        Self {
            address,
            handle,
            thread,
        }
    }

    pub(crate) fn stopped(mut self) {
        self.handle.stop(Stop::Graceful);
        let thread = self.thread.take().expect("it is running");
        thread.join().expect("no panic").expect("a clean end");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.handle.stop(Stop::Now);
    }
}

/// An open event stream, whose lines are read one by one.
pub(crate) struct EventLines(BufReader<TcpStream>);

impl EventLines {
    pub(crate) fn open(address: SocketAddr, path: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).expect("it accepts");
        let timeout = Some(Duration::from_secs(60));
        stream.set_read_timeout(timeout).expect("a socket");
        let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).expect("it reads");
        Self(BufReader::new(stream))
    }

    /// Reads lines up to one that begins so.
    pub(crate) fn wait_line(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            let length = self.0.read_line(&mut line).expect("a line");
            assert!(length > 0, "the stream ended before {start:?}");
            if line.starts_with(start) {
                return line.trim_end().to_owned();
            }
        }
    }

    /// Reads up to the end, which must be that of a whole body.
    pub(crate) fn end(mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).expect("an end");
        assert!(rest.ends_with("0\r\n\r\n"), "cut off: {rest:?}");
        rest
    }
}

async fn silent(sse: Sse) -> squall::Response {
    let id = sse.last_event_id().unwrap_or("none").to_owned();
    sse.keep_alive(Duration::from_millis(10))
        .run(async move |events| {
            events
                .send(Event::new().id("7").data(format!("after {id}")))
                .await?;
            std::future::pending().await
        })
}

#[test]
fn silent_stream_has_comments_and_ends_whole_at_shutdown() {
    let site = Serving::start(Application::new().route("/", get(silent)));
    let mut first = EventLines::open(site.address, "/", "");
    for (header, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-cache"),
        ("x-accel-buffering", "no"),
    ] {
        let mut lines = EventLines::open(site.address, "/", "");
        assert_eq!(lines.wait_line(header), format!("{header}: {value}"));
    }
    assert_eq!(first.wait_line("data"), "data: after none");
    first.wait_line(":");
    first.wait_line(":");
    let mut again = EventLines::open(site.address, "/", "Last-Event-ID: 7\r\n");
    assert_eq!(again.wait_line("data"), "data: after 7");
    site.handle.stop(Stop::Graceful);
    first.end();
    again.end();
    site.stopped();
}

#[test]
fn function_is_dropped_with_its_client_and_its_error_ends_the_stream() {
    static IS_DROPPED: AtomicBool = AtomicBool::new(false);
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            IS_DROPPED.store(true, Ordering::SeqCst);
        }
    }
    let endless = async |sse: Sse| {
        sse.run(async |events| {
            let _guard = Guard;
            loop {
                events.send(Event::new().data("x".repeat(1000))).await?;
            }
        })
    };
    let failing = async |sse: Sse| {
        sse.run(async |events| {
            events.send(Event::new().data("one")).await?;
            events.send(Event::new().data("two")).await?;
            Err(Error::new("secret"))
        })
    };
    let routes = Application::new()
        .route("/endless", get(endless))
        .route("/failing", get(failing));
    let site = Serving::start(routes);
    let failed = EventLines::open(site.address, "/failing", "Connection: close\r\n").end();
    assert!(
        failed.contains("data: one") && failed.contains("data: two"),
        "{failed}"
    );
    assert!(!failed.contains("secret"), "{failed}");
    let mut lines = EventLines::open(site.address, "/endless", "");
    lines.wait_line("data");
    assert!(!IS_DROPPED.load(Ordering::SeqCst));
    drop(lines);
    wait_until("the function to be dropped", || {
        IS_DROPPED.load(Ordering::SeqCst)
    });
    site.stopped();
}

#[test]
fn stream_that_always_has_an_event_ends_whole_at_shutdown() {
    let endless = async |sse: Sse| {
        sse.run(async |events| {
            loop {
                events.send(Event::new().data("more")).await?;
            }
        })
    };
    let site = Serving::start(Application::new().route("/", get(endless)));
    let mut lines = EventLines::open(site.address, "/", "");
    lines.wait_line("data");
    site.handle.stop(Stop::Graceful);
    lines.end();
    site.stopped();
}

#[test]
fn a_handler_that_waits_gets_the_shutdown_signal() {
    let waits = async |shutdown: Shutdown| {
        shutdown.received().await;
        "stopping"
    };
    let site = Serving::start(Application::new().route("/", get(waits)));
    let mut wire = Wire::connect(site.address);
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until("the connection", || site.handle.connections() == 1);
    site.handle.stop(Stop::Graceful);
    assert_eq!(wire.response().text(), "stopping");
    site.stopped();
}

/// An old worker with open streams ends long before its deadline, and each stream ends whole. Each client connects again with the
/// id of the last event that it has, and no event is missing.
#[test]
fn reload_ends_500_streams_and_loses_no_event() {
    let site = Supervised::friendfeed(&["--processes", "2"]);
    let old = site.pids(2);
    let mut streams: Vec<_> = (0..500)
        .map(|_| EventLines::open(site.address, "/sse", ""))
        .collect();
    let id = |line: &str| -> u64 {
        let id = line.strip_prefix("id: ").expect("an id");
        id.parse().expect("a number of seconds")
    };
    let first_ids: Vec<u64> = streams
        .iter_mut()
        .map(|stream| id(&stream.wait_line("id: ")))
        .collect();
    site.client().reload().expect("the build is good");
    for (stream, first) in streams.into_iter().zip(first_ids) {
        let rest = stream.end();
        let ids = rest.lines().filter(|line| line.starts_with("id: ")).map(id);
        let ids: Vec<u64> = [first].into_iter().chain(ids).collect();
        let last = first + ids.len() as u64 - 1;
        assert_eq!(ids, (first..=last).collect::<Vec<_>>());
        let header = format!("Last-Event-ID: {last}\r\n");
        let mut again = EventLines::open(site.address, "/sse", &header);
        assert_eq!(id(&again.wait_line("id: ")), last + 1);
    }
    wait_gone(&old);
}

#[test]
fn shutdown_waits_for_background_tasks_and_then_runs_the_hooks() {
    let release = Arc::new(Notify::new());
    let steps = Arc::new(Mutex::new(Vec::new()));
    let step = |name: &'static str| {
        let steps = Arc::clone(&steps);
        move || steps.lock().unwrap().push(name)
    };
    let (task_ends, hook_runs, started) = (step("task"), step("shutdown"), step("start"));
    let released = Arc::clone(&release);
    let register = move |tasks: Tasks| {
        let (task_ends, released) = (task_ends.clone(), Arc::clone(&released));
        async move {
            tasks.spawn(async move {
                released.notified().await;
                task_ends();
            });
            "check your mail"
        }
    };
    let looping = step("loop");
    let server = Server::new(Application::new().route("/", post(register)))
        .on_start(|worker| async move {
            let shutdown = worker.handle.shutdown_signal();
            assert_eq!(worker.handle.phase(), Phase::Starting);
            worker.tasks.spawn(async move {
                shutdown.received().await;
                looping();
            });
            started();
            Ok(())
        })
        .on_shutdown(|| async move { hook_runs() });
    let site = Serving::with(server);
    let mut wire = Wire::connect(site.address);
    wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert_eq!(wire.response().text(), "check your mail");
    site.handle.stop(Stop::Graceful);
    wait_until("the server to stop", || {
        site.handle.phase() == Phase::Stopped
    });
    assert_eq!(*steps.lock().unwrap(), ["start", "loop"]);
    release.notify_one();
    site.stopped();
    assert_eq!(
        *steps.lock().unwrap(),
        ["start", "loop", "task", "shutdown"]
    );
}

#[test]
fn tasks_that_do_not_end_are_cut_off_at_the_deadline() {
    let endless = async |tasks: Tasks| tasks.spawn(std::future::pending());
    let limits = Limits::default().shutdown_timeout(Duration::from_millis(50));
    let limits = limits.idle_grace(Duration::ZERO);
    let server = Server::new(Application::new().route("/", get(endless))).limits(limits);
    let site = Serving::with(server);
    let mut wire = Wire::connect(site.address);
    wire.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(wire.response().status, 200);
    site.stopped();
}

#[test]
fn failed_start_hook_ends_the_start() {
    let server = Server::new(Application::new())
        .on_start(|_| async { Err(Error::new("no database")) })
        .bind("127.0.0.1:0")
        .unwrap();
    assert_eq!(server.start(1).unwrap_err().to_string(), "no database");
}

#[test]
fn a_handler_can_stop_the_server_by_a_handle_in_the_state() {
    let handle = Handle::new();
    let stop = async |squall::State(handle): squall::State<Handle>| handle.stop(Stop::Graceful);
    let application = Application::with_state(handle.clone()).route("/stop", post(stop));
    let site = Serving::with(Server::new(application).with_handle(handle.clone()));
    let mut wire = Wire::connect(site.address);
    wire.send("POST /stop HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(wire.response().status, 200);
    wait_until("the server to stop", || handle.phase() == Phase::Stopped);
}
