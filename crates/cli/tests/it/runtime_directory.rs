//! Control commands with a deleted runtime directory, and with a supervisor stopped by SIGSTOP.

use std::fs;

use testkit::{Signal, wait_until};

use crate::fixture::Service;

#[test]
fn commands_find_the_service_after_its_directory_is_deleted() {
    let Some(mut service) = Service::start("") else {
        return;
    };
    service.settled(2);
    for round in 1..=3 {
        for entry in fs::read_dir(service.directory()).expect("it is ours") {
            let path = entry.expect("it is ours").path();
            if path.join("control").exists() {
                fs::remove_dir_all(path).expect("it is ours");
            }
        }
        let gone = service.run("status");
        assert!(
            gone.code == Some(0) || gone.errors.contains("--control"),
            "{gone:?}"
        );
        wait_until("the service to be found", || {
            service.run("status").code == Some(0)
        });
        let result = service.run("reload");
        let generation = format!("reloaded: generation {} is serving\n", round + 1);
        assert_eq!(result.output, generation, "{result:?}");
    }
    let status = service.settled(2);
    assert_eq!(status["restarts"], 0);
    assert_eq!(service.run("stop").code, Some(0));
    assert!(service.running.wait().success());
}

#[test]
fn commands_print_how_to_continue_a_stopped_supervisor() {
    let Some(mut service) = Service::start("") else {
        return;
    };
    service.settled(2);
    service.running.signal(Signal::Stop);
    let pid = service.running.pid();
    for command in ["status", "scale 3", "stop"] {
        let result = service.run(command);
        assert_eq!(result.code, Some(1), "{result:?}");
        let advice = format!("kill -CONT {pid}");
        assert!(result.errors.contains(&advice), "{command}: {result:?}");
    }
    service.running.signal(Signal::Cont);
    // The supervisor then processes the requests that are still queued, `stop` included.
    assert!(service.running.wait().success());
}
