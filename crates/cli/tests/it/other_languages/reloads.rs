//! Six reloads under load: no request is lost where the program itself ends gracefully.

use super::{
    Fault, GO_STYLE, GUNICORN, GUNICORN_THREADS, Load, NODE, Program, Service, UVICORN, under_load,
};

/// Returns what the clients have seen, after checks that hold for each program.
fn six_reloads(program: Program, ready_when: &str) -> Option<Load> {
    let options = format!("--listen 127.0.0.1:0 --ready-when {ready_when}");
    let mut service = Service::start(program, &options)?;
    service.settled();
    let load = under_load(&service, || {
        for version in 2..=7 {
            service.deploy(&format!("version-{version}"), Fault::None);
            let result = service.run("reload");
            assert_eq!(result.code, Some(0), "{result:?}");
            assert!(
                result.output.contains(&format!("generation {version} ")),
                "{result:?}"
            );
        }
    });
    let status = service.settled();
    assert_eq!(status["generation"], 7);
    assert_eq!(status["restarts"], 0);
    for _ in 0..10 {
        let body = service.get("/").expect("the service responds");
        assert!(body.starts_with("version-7 "), "{body}");
    }
    service.stop();
    assert!(load.requests > 100, "{load:?}");
    assert_eq!(load.refused, 0, "{load:?}");
    Some(load)
}

fn loses_nothing(program: Program, ready_when: &str) {
    if let Some(load) = six_reloads(program, ready_when) {
        assert_eq!(load.lost, 0, "{load:?}");
    }
}

#[test]
fn gunicorn_loses_no_request() {
    loses_nothing(GUNICORN, "listening");
}

#[test]
fn gunicorn_with_threads_loses_no_request() {
    loses_nothing(GUNICORN_THREADS, "http:/healthz");
}

/// At SIGTERM, it closes connections that it has accepted and not read yet.
#[test]
fn uvicorn_loses_only_connections_that_it_has_closed_itself() {
    if let Some(load) = six_reloads(UVICORN, "http:/healthz") {
        // Two processes, six times, eight clients.
        assert!(load.lost <= 2 * 6 * 8, "{load:?}");
        assert!(load.lost * 100 < load.requests, "{load:?}");
    }
}

#[test]
fn node_loses_no_request() {
    loses_nothing(NODE, "listening");
}

#[test]
fn program_with_activation_as_in_go_loses_no_request() {
    loses_nothing(GO_STYLE, "http:/healthz");
}
