//! An axum program, one process a core, supervised by squall-prefork alone.
//!
//! `cargo run --example axum_prefork`, then: `kill -HUP` reloads, `kill -TERM` stops, and
//! <http://127.0.0.1:8000/metrics> shows all workers, from any of them.

use std::{
    io,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
    serve,
};
use squall_prefork::{
    Counters, Supervisor,
    control::Client,
    metrics,
    worker::{self, ListenerSocket, Notifier},
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::{JoinSet, spawn_blocking},
};

type Shared = Arc<Mutex<Counters>>;

#[expect(clippy::print_stderr, reason = "a program may speak to people")]
fn main() -> ExitCode {
    if worker::is_worker() {
        return match work() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let supervisor = Supervisor::new().processes(2).listen(address.as_str());
    eprintln!("process {} listens on {address}", std::process::id());
    match supervisor.run() {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => {
            eprintln!("{error:#}");
            error.exit_code()
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn work() -> io::Result<()> {
    worker::stop_with_supervisor()?;
    let counters = Shared::default();
    let app = Router::new()
        .route("/", get(|| async { "Hello, world\n" }))
        .route("/metrics", get(service_metrics))
        .layer(from_fn_with_state(Arc::clone(&counters), count));

    let mut servers = JoinSet::new();
    for socket in worker::sockets()? {
        let (ListenerSocket::Tcp(listener), _) = socket.listener.into_parts() else {
            continue;
        };
        listener.set_nonblocking(true)?;
        let mut term = signal(SignalKind::terminate())?;
        let server = serve(TcpListener::from_std(listener)?, app.clone()).with_graceful_shutdown(
            async move {
                term.recv().await;
            },
        );
        servers.spawn(server.into_future());
    }
    let notifier = Arc::new(Notifier::from_env());
    notifier.ready();
    let reporter = tokio::spawn(report(Arc::clone(&notifier), Arc::clone(&counters)));
    while let Some(ended) = servers.join_next().await {
        ended??;
    }
    reporter.abort();
    notifier.finished(&counters.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(())
}

/// Signs of life and numbers, once a second, from the loop that serves.
async fn report(notifier: Arc<Notifier>, counters: Shared) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        second.tick().await;
        notifier.alive();
        notifier.counters(&counters.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

async fn count(State(counters): State<Shared>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let response = next.run(request).await;
    let mut counters = counters.lock().unwrap_or_else(PoisonError::into_inner);
    counters.record(response.status().as_u16(), began.elapsed());
    response
}

/// The numbers of the whole service, whichever worker is asked.
async fn service_metrics() -> Response {
    let asked = spawn_blocking(|| {
        let path = worker::control_path().ok_or(io::ErrorKind::NotFound)?;
        Client::connect(path)?.status()
    });
    match asked.await {
        Ok(Ok(status)) => (
            [("content-type", metrics::CONTENT_TYPE)],
            metrics::render(&status),
        )
            .into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
