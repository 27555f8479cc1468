//! "Never" as a duration, in every setting of the supervisor that takes one.

use testkit::Signal;

use crate::house::{Program, signal, wait_gone};

#[test]
fn timeouts_without_end_are_no_faults() {
    for value in ["never", "u64"] {
        let program = Program::new("old");
        let settings = ["start_timeout", "graceful_timeout", "worker_timeout"];
        let settings = settings.map(|name| format!("{name}={value}"));
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let mut service = program.service(&settings);
        service.settled(2);
        program.deploy("new");
        service.client().reload().expect("the build is good");
        let pids = service.pids(2);
        signal(pids[0], rustix::process::Signal::KILL);
        wait_gone(&pids[..1]);
        service.client().scale(3).expect("that is allowed");
        service.client().scale(1).expect("that is allowed");
        service.settled(1);
        service.client().upgrade().expect("the build is good");
        service.running.wait_line("replaced the supervisor");
        assert_eq!(service.get().field("words"), "new");
        service.running.signal(Signal::Term);
        assert!(service.running.wait().success(), "{value}");
        let output = service.running.output();
        assert!(!output.contains("panicked"), "{value}: {output}");
    }
}
