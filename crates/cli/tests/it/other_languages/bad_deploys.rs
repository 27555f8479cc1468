//! A bad version never takes the place of a good one, although both accept from the same socket.

use std::time::Duration;

use testkit::{despite_standstills, wait_until};

use super::{Fault, GO_STYLE, GUNICORN, NODE, Program, Service, UVICORN};
use crate::fixture::Finished;

/// Deploys versions with faults to a service that is ready by `ready_when`.
fn stays_at_first(program: Program, options: &str, faults: &[(Fault, &str)]) {
    let options = format!("--start-timeout 4 --graceful-timeout 5 {options}");
    let Some(mut service) = Service::start(program, &options) else {
        return;
    };
    let before = service.settled();
    for (fault, reason) in faults {
        service.deploy("bad", *fault);
        let result = reload(&service, |result| result.errors.contains(reason));
        assert_eq!(result.code, Some(1), "{fault:?}: {result:?}");
        let after = service.settled();
        assert_eq!(after["generation"], 1, "{fault:?}: {after}");
        let error = after["reload_error"].as_str().unwrap_or_default();
        assert!(error.contains(reason), "{fault:?}: {after}");
        for task in 0..2 {
            let pid = |status: &serde_json::Value| status["workers"][task]["pid"].clone();
            assert_eq!(pid(&after), pid(&before), "{fault:?}");
        }
        for _ in 0..10 {
            let body = service.get("/").expect("the service responds");
            assert!(body.starts_with("first "), "{fault:?}: {body}");
        }
    }
    service.deploy("good", Fault::None);
    reload(&service, |result| result.code == Some(0));
    service.settled();
    wait_until("the good version to respond", || {
        service.get("/").expect("it responds").starts_with("good ")
    });
    service.stop();
}

/// Reloads with the expected result. On a machine that stands still now and then, a good version may
/// not be ready within the start timeout, and a bad one may not have failed.
#[track_caller]
fn reload(service: &Service, is_expected: impl Fn(&Finished) -> bool) -> Finished {
    let attempt = || {
        let result = service.run("reload");
        if is_expected(&result) {
            Ok(result)
        } else {
            Err(result)
        }
    };
    match despite_standstills(Duration::from_millis(250), attempt) {
        Ok(result) => result,
        Err(result) => panic!("{result:?}"),
    }
}

const CRASHES: &str = "the new worker ended before it was ready: exit status";
const NEVER_ACCEPTS: &str =
    "the new worker was not ready within 4s; it has not accepted a connection";
const IS_UNHEALTHY: &str = "the new worker was not ready within 4s; GET /healthz: status 503";

/// gunicorn sends READY=1 before its own workers have loaded the application.
#[test]
fn gunicorn_is_not_ready_by_its_own_notice() {
    let options = "--listen 127.0.0.1:0 --ready-when listening";
    let faults = [(Fault::Crash, CRASHES), (Fault::Hang, NEVER_ACCEPTS)];
    stays_at_first(GUNICORN, options, &faults);
}

#[test]
fn uvicorn_with_a_bad_version() {
    let options = "--listen 127.0.0.1:0 --ready-when http:/healthz";
    let faults = [(Fault::Crash, CRASHES), (Fault::Unhealthy, IS_UNHEALTHY)];
    stays_at_first(UVICORN, options, &faults);
}

#[test]
fn node_with_a_bad_version_on_a_unix_socket() {
    // Relative to the directory of the test.
    let options = "--listen unix:app.sock --ready-when http://example.org/healthz";
    let faults = [
        (Fault::Crash, CRASHES),
        (Fault::Hang, NEVER_ACCEPTS),
        (Fault::Unhealthy, IS_UNHEALTHY),
    ];
    stays_at_first(NODE, options, &faults);
}

#[test]
fn program_with_a_bad_version_on_a_socket_for_each_process() {
    let options = "--balance --listen 127.0.0.1:0 --ready-when http:/healthz";
    let faults = [
        (Fault::Hang, NEVER_ACCEPTS),
        (Fault::Unhealthy, IS_UNHEALTHY),
    ];
    stays_at_first(GO_STYLE, options, &faults);
}

#[test]
fn service_whose_first_version_is_unhealthy_ends_with_status_3() {
    let options = "--listen 127.0.0.1:0 --start-timeout 3 --ready-when http:/healthz";
    let Some(mut service) = Service::start_with(GO_STYLE, options, Fault::Unhealthy) else {
        return;
    };
    assert_eq!(service.running.wait().code(), Some(3));
    service
        .running
        .wait_line("the worker is not ready yet task_id=0");
    service.running.wait_line("reason=GET /healthz: status 503");
    service
        .running
        .wait_line("squall: no worker ever became ready");
}
