//! Workers that end unasked: who is restarted and how soon, and when the supervisor ends with them.

use super::{Rules, Sharing, play, rules};
use crate::Restart;

#[test]
fn exit_status_0_is_the_end_of_a_slot_and_then_of_all() {
    play(
        rules(Sharing::One),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        5 exit 1 0 |
        9 exit 2 0 | release, end Finished
        ",
    );
}

#[test]
fn a_crash_is_restarted_at_once_and_then_ever_later() {
    let policy = play(
        rules(Sharing::One),
        "
        0 start 1 | spawn 1 t0 g1 s0
        0 ready 1 |
        10 killed 1 | spawn 2 t0 g1 s0
        20 exit 2 1 |
        119 tick |
        120 tick | spawn 3 t0 g1 s0
        130 exit 3 1 |
        330 tick | spawn 4 t0 g1 s0
        330 exit 4 1 |
        730 tick | spawn 5 t0 g1 s0
        730 exit 5 1 |
        1530 tick | spawn 6 t0 g1 s0
        1530 exit 6 1 |
        3130 tick | spawn 7 t0 g1 s0
        3130 exit 7 1 |
        6330 tick | spawn 8 t0 g1 s0
        6330 exit 8 1 |
        11329 tick |
        11330 tick | spawn 9 t0 g1 s0
        11330 ready 9 |
        12330 killed 9 | spawn 10 t0 g1 s0
        ",
    );
    assert_eq!(policy.restarts, 9);
}

#[test]
fn when_no_worker_ever_boots_the_supervisor_ends() {
    play(
        rules(Sharing::Group),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s1
        1 exit 1 101 | spawn 3 t0 g1 s0
        2 exit 2 101 | release, int 3
        3 killed 3 | end NeverBooted
        ",
    );
    play(
        rules(Sharing::One),
        "
        0 start 1 | spawn 1 t0 g1 s0
        0 nospawn 1 | release, end NeverBooted
        ",
    );
}

#[test]
fn too_many_restarts_are_the_end() {
    let mut rules = rules(Sharing::One);
    rules.max_restarts = Some(1);
    play(
        rules,
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        0 ready 1 |
        0 ready 2 |
        1 killed 1 | spawn 3 t0 g1 s0
        1 ready 3 |
        2 killed 3 | release, term 2
        3 exit 2 0 | end GaveUp
        ",
    );
}

#[test]
fn restart_always_replaces_a_worker_that_exits_with_0() {
    let rules = Rules {
        restart: Restart::Always,
        max_restarts: Some(1),
        ..rules(Sharing::One)
    };
    let policy = play(
        rules,
        "
        0 start 1 | spawn 1 t0 g1 s0
        0 ready 1 |
        1000 exit 1 0 | spawn 2 t0 g1 s0
        1000 ready 2 |
        2000 exit 2 0 | spawn 3 t0 g1 s0
        2000 ready 3 |
        3000 exit 3 0 | spawn 4 t0 g1 s0
        3000 ready 4 |
        3500 exit 4 0 | spawn 5 t0 g1 s0
        3600 exit 5 0 | release, end GaveUp
        ",
    );
    assert_eq!(policy.restarts, 2);
}

#[test]
fn restart_never_ends_with_the_last_worker() {
    let rules = || Rules {
        restart: Restart::Never,
        ..rules(Sharing::One)
    };
    play(
        rules(),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        0 ready 1 |
        5 killed 2 |
        9 exit 1 0 | release, end Failed
        ",
    );
    play(
        rules(),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        0 ready 1 |
        5 exit 2 0 |
        9 exit 1 0 | release, end Finished
        ",
    );
    play(
        rules(),
        "
        0 start 1 | spawn 1 t0 g1 s0
        0 nospawn 1 | release, end NeverBooted
        ",
    );
}
