//! A server in the caller's runtime: configuration errors, factory, shutdown hooks.

use std::{
    io::{self, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use squall::{Application, Error, Phase, Server, State, Stop, get};
use testkit::Wire;
use tokio::{
    sync::{Notify, oneshot},
    task::{spawn_blocking, yield_now},
};

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    (listener, address)
}

fn server(application: Application) -> (Server, SocketAddr) {
    let (listener, address) = listener();
    let listener = listener.try_into().expect("a listening socket");
    (Server::new(application).listener(listener), address)
}

fn ask(address: SocketAddr, path: &str) -> (u16, String) {
    let mut wire = Wire::connect(address);
    wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let reply = wire.response();
    (reply.status, reply.text().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_in_the_callers_runtime() {
    let application = || Application::new().route("/", get(async || "hello"));
    let tokios = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stds, second) = listener();
    let first = tokios.local_addr().unwrap();
    let serving = [
        tokio::spawn(squall::serve(tokios, application())),
        tokio::spawn(squall::serve(stds, application())),
    ];
    for address in [first, second] {
        let answer = spawn_blocking(move || ask(address, "/")).await.unwrap();
        assert_eq!(answer, (200, "hello".to_owned()));
    }
    for server in serving {
        server.abort();
        assert!(server.await.unwrap_err().is_cancelled());
    }
}

#[tokio::test]
async fn configuration_errors_precede_serving() {
    let (listener, _) = listener();
    let twice = Application::new()
        .route("/a", get(async || ()))
        .route("/a", get(async || ()));
    let error = squall::serve(listener, twice).await.unwrap_err();
    assert!(
        error.to_string().contains("two endpoints for GET"),
        "{error}"
    );
    let error = Server::new(Application::new()).serve().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "nothing to listen on: bind an address first"
    );
    let error = Server::new(Application::new())
        .bind("nonsense")
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("\"nonsense\" is not an address"),
        "{error}"
    );
}

#[tokio::test]
async fn start_inside_a_runtime_is_an_error() {
    let listened = Application::new().listen("127.0.0.1:0").unwrap_err();
    let started = server(Application::new()).0.start(1).unwrap_err();
    for error in [listened, started] {
        assert!(error.to_string().contains("await `serve(..)`"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_wait_for_the_factory() {
    let (listener, address) = listener();
    let (ready, connected) = oneshot::channel::<&str>();
    let server = Server::from_fn(|worker| async move {
        assert_eq!(worker.handle.phase(), Phase::Starting);
        let text = connected.await?;
        Ok(Application::with_state(text)
            .route("/", get(async |State(text): State<&'static str>| text)))
    })
    .listener(listener.try_into().unwrap());
    let handle = server.handle();
    let serving = tokio::spawn(server.serve());
    let mut wire = Wire::connect(address);
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(handle.phase(), Phase::Starting);
    ready.send("from the factory").unwrap();
    let reply = spawn_blocking(move || wire.response()).await.unwrap();
    assert_eq!(reply.text(), "from the factory");
    handle.stop(Stop::Now);
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn failing_factory_ends_the_start_with_its_error() {
    let fails = async |error: io::Error| Err::<Application, Error>(error.into());
    let server = Server::from_fn(move |_| fails(io::Error::other("no database")))
        .bind("127.0.0.1:0")
        .unwrap()
        .on_shutdown(|| async { panic!("it never served") });
    let error = server.serve().await.unwrap_err();
    assert_eq!(error.to_string(), "no database");
    assert!(error.source().unwrap().is::<io::Error>());
}

#[tokio::test]
async fn stop_cancels_a_pending_factory() {
    let server = Server::from_fn(|worker| async move {
        worker.handle.stop(Stop::Graceful);
        std::future::pending::<squall::Result<Application>>().await
    });
    server.bind("127.0.0.1:0").unwrap().serve().await.unwrap();
}

#[test]
fn shutdown_hooks_run_in_order_after_the_last_response() {
    let done = Arc::new(AtomicUsize::new(0));
    let release = Arc::new(Notify::new());
    let (responded, released) = (Arc::clone(&done), Arc::clone(&release));
    let slow = move || {
        let (responded, released) = (Arc::clone(&responded), Arc::clone(&released));
        async move {
            released.notified().await;
            responded.store(1, Ordering::SeqCst);
            "slow"
        }
    };
    let (server, address) = server(Application::new().route("/", get(slow)));
    let step = |from, to| {
        let done = Arc::clone(&done);
        move || async move {
            let before = done.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst);
            assert_eq!(before, Ok(from));
        }
    };
    let server = server.on_shutdown(step(1, 2)).on_shutdown(step(2, 3));
    let handle = server.handle();
    let serving = thread::spawn(|| server.start(1));
    let mut wire = Wire::connect(address);
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    testkit::wait_until("the connection is accepted", || handle.connections() == 1);
    handle.stop(Stop::Graceful);
    release.notify_one();
    assert_eq!(wire.response().text(), "slow");
    wire.closed();
    serving.join().unwrap().unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 3);
    assert_eq!(handle.phase(), Phase::Stopped);
}

#[tokio::test]
async fn connections_during_stop_are_served_or_refused() {
    let (server, address) = server(Application::new().route("/", get(async || "in time")));
    let handle = server.handle();
    let serving = tokio::spawn(server.serve());
    handle.reached(Phase::Serving).await;
    let connect = || {
        let mut client = TcpStream::connect(address)?;
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")?;
        Ok::<_, io::Error>(client)
    };
    let mut clients: Vec<_> = (0..100).map(|_| connect().unwrap()).collect();
    handle.stop(Stop::Graceful);
    // The runtime has one thread, so a new client connects between any two polls of the sockets.
    while let Ok(client) = connect() {
        clients.push(client);
        yield_now().await;
    }
    let last = clients.len() - 1;
    for (number, mut client) in clients.into_iter().enumerate() {
        let read = spawn_blocking(move || io::read_to_string(&mut client));
        match read.await.unwrap() {
            Ok(response) => assert!(response.ends_with("in time"), "{response:?}"),
            // A busy kernel may process the last packet of the handshake after the listener is closed.
            Err(error) => assert_eq!(
                (number, error.kind()),
                (last, io::ErrorKind::ConnectionReset)
            ),
        }
    }
    serving.await.unwrap().unwrap();
}
