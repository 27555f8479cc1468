//! The commands while the runtime directory is deleted, and while the supervisor is stopped.

use std::fs;

use testkit::{Signal, wait_until};

use crate::house::Service;

#[test]
fn commands_find_the_service_after_its_directory_was_deleted() {
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
        let gone = service.say("status");
        assert!(
            gone.code == Some(0) || gone.errors.contains("--control"),
            "{gone:?}"
        );
        wait_until("the service to be found", || {
            service.say("status").code == Some(0)
        });
        let said = service.say("reload");
        let generation = format!("generation {} serves\n", round + 1);
        assert_eq!(said.output, generation, "{said:?}");
    }
    let status = service.settled(2);
    assert_eq!(status["restarts"], 0);
    assert_eq!(service.say("stop").code, Some(0));
    assert!(service.running.wait().success());
}

#[test]
fn commands_say_how_to_continue_a_stopped_supervisor() {
    let Some(mut service) = Service::start("") else {
        return;
    };
    service.settled(2);
    service.running.signal(Signal::Stop);
    let pid = service.running.pid();
    for command in ["status", "scale 3", "stop"] {
        let said = service.say(command);
        assert_eq!(said.code, Some(1), "{said:?}");
        let advice = format!("kill -CONT {pid}");
        assert!(said.errors.contains(&advice), "{command}: {said:?}");
    }
    service.running.signal(Signal::Cont);
    // It acts on what it was asked meanwhile, `stop` included.
    assert!(service.running.wait().success());
}
