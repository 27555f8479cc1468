//! New generations, slot by slot: reload, upgrade, their failures, and the successor that goes on.

use std::time::Duration;

use super::{Action, Event, Exit, Rules, Sharing, play, rules, show, two_ready_then};

#[test]
fn a_reload_goes_slot_by_slot_and_the_old_worker_goes_last() {
    let policy = two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        20 ready 3 | term 1, spawn 4 t1 g2 s1
        30 exit 1 0 |
        40 ready 4 | term 2, rollout 1: g2
        50 exit 2 0 |
        60 killed 3 | spawn 5 t0 g2 s0
        ",
    );
    assert_eq!(policy.generation, 2);
    assert_eq!(policy.restarts, 1);
}

#[test]
fn an_upgrade_replaces_the_supervisor_after_the_workers() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 upgrade | spawn 3 t0 g2 s0
        20 ready 3 | term 1, spawn 4 t1 g2 s1
        40 ready 4 | term 2, rollout 1: g2, replace
        ",
    );
    two_ready_then(
        rules(Sharing::Group),
        "
        10 upgrade | spawn 3 t0 g2 s0
        20 exit 3 101 | rollout 1: failed
        ",
    );
}

#[test]
fn a_reload_that_fails_leaves_the_old_workers() {
    let policy = two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        20 exit 3 101 | rollout 1: failed
        30 killed 1 | spawn 4 t0 g1 s0
        ",
    );
    assert_eq!(policy.generation, 1);
    // The restart of worker 1 only: a failed reload is no crash.
    assert_eq!(policy.restarts, 1);
    two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        10 nospawn 3 | rollout 1: failed
        ",
    );
    two_ready_then(
        rules(Sharing::Group),
        "
        0 reload | spawn 3 t0 g2 s0
        60000 tick | kill 3
        60000 killed 3 | rollout 1: failed
        ",
    );
}

#[test]
fn a_worker_that_may_have_accepted_connections_and_is_late_ends_gracefully() {
    let serves_early = || Rules {
        serves_early: true,
        ..rules(Sharing::One)
    };
    let policy = play(
        serves_early(),
        "
        0 start 1 | spawn 1 t0 g1 s0
        0 ready 1 |
        0 reload | spawn 2 t0 g2 s0
        10 unready 2 GET /healthz: status 503 |
        60000 tick | term 2
        60001 ready 2 |
        60010 exit 2 0 | rollout 1: failed
        60010 reload | spawn 3 t0 g3 s0
        120010 tick | term 3
        150010 tick | kill 3
        150010 killed 3 | rollout 2: failed
        ",
    );
    assert_eq!(policy.generation, 1);
    // Its exit status is not that of a worker that has finished.
    play(
        serves_early(),
        "
        0 start 1 | spawn 1 t0 g1 s0
        60000 tick | term 1
        60010 exit 1 0 | release, end NeverBooted
        ",
    );
    // In a shutdown, all workers have one deadline.
    play(
        serves_early(),
        "
        0 start 1 | spawn 1 t0 g1 s0
        10 term | release
        30010 tick | kill 1
        30010 killed 1 | end Stopped
        ",
    );
}

#[test]
fn a_failed_reload_has_the_reason_of_the_check() {
    let mut policy = two_ready_then(rules(Sharing::Group), "10 reload | spawn 3 t0 g2 s0");
    let unready = Event::Unready(3, "GET /healthz: status 503".to_owned());
    policy.handle(unready, Duration::from_millis(20));
    for (now, event, expected) in [
        (60_020, Event::Tick, None),
        (
            60_030,
            Event::Exited(3, Exit::Signal(9)),
            Some("the new worker was not ready within 60s; GET /healthz: status 503"),
        ),
    ] {
        let actions = policy.handle(event, Duration::from_millis(now));
        let reason = actions.into_iter().find_map(|action| match action {
            Action::RolloutEnded { result, .. } => result.err(),
            _ => None,
        });
        assert_eq!(reason.as_deref(), expected);
    }
}

#[test]
fn a_reload_that_fails_later_goes_back() {
    let policy = two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        20 ready 3 | term 1, spawn 4 t1 g2 s1
        30 exit 4 101 |
        40 exit 1 0 | spawn 5 t0 g1 s0
        50 ready 5 | term 3, rollout 1: failed
        ",
    );
    assert_eq!(policy.generation, 1);
    let policy = two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        20 ready 3 | term 1, spawn 4 t1 g2 s1
        25 exit 1 0 |
        30 exit 4 101 | spawn 5 t0 g1 s0
        40 exit 5 101 | rollout 1: failed
        50 killed 3 | spawn 6 t0 g2 s0
        ",
    );
    assert_eq!(policy.generation, 1);
}

#[test]
fn a_storm_of_reloads_is_two() {
    let policy = two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        11 reload |
        12 reload |
        13 reload |
        20 ready 3 | term 1, spawn 4 t1 g2 s1
        30 ready 4 | term 2, rollout 1: g2
        31 exit 2 0 | spawn 5 t1 g3 s1
        32 ready 5 | term 4
        33 exit 1 0 | spawn 6 t0 g3 s0
        34 ready 6 | term 3, rollout 2: g3
        ",
    );
    assert!(!policy.is_rolling_out());
}

#[test]
fn a_reload_during_boot_waits_for_each_slot() {
    play(
        rules(Sharing::Group),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s1
        1 reload |
        2 ready 1 | spawn 3 t0 g2 s0
        3 ready 3 | term 1
        4 exit 2 1 | spawn 4 t1 g1 s1
        5 exit 4 1 | spawn 5 t1 g2 s1
        6 ready 5 | rollout 1: g2
        ",
    );
}

#[test]
fn an_old_worker_that_crashes_during_its_renewal_is_restarted() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        11 killed 1 | spawn 4 t0 g1 s0
        12 ready 3 | term 4, spawn 5 t1 g2 s1
        ",
    );
}

#[test]
fn a_successor_goes_on_where_its_predecessor_stopped() {
    let before = two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        20 ready 3 | term 1, spawn 4 t1 g2 s1
        ",
    );
    let mut after = before.snapshot().unwrap().resume(rules(Sharing::Group));
    let actions = after.handle(Event::Ready(4), Duration::from_millis(30));
    let actions: Vec<String> = actions.iter().map(show).collect();
    assert_eq!(actions.join(", "), "term 2, rollout 1: g2");
    assert_eq!(after.deadline(), Some(Duration::from_millis(30_020)));
}
