//! More slots and fewer.

use std::time::Duration;

use super::{Event, Policy, Sharing, play, rules, two_ready_then};

#[test]
fn more_workers_and_fewer() {
    let policy = two_ready_then(
        rules(Sharing::Group),
        "
        10 scale 3 | spawn 3 t2 g1 s2
        20 ready 3 |
        30 scale 2 | spawn 4 t0 g1 s0+2
        40 ready 4 | term 1, term 3
        50 exit 3 0 |
        60 exit 1 0 |
        70 scale 3 | spawn 5 t2 g1 s2
        80 ready 5 |
        90 scale 0 | term 5, spawn 6 t0 g1 s0+1+2
        95 ready 6 | term 4, term 2
        ",
    );
    assert_eq!(policy.size(), 1);
    let mut policy = Policy::new(rules(Sharing::One));
    assert_eq!(policy.handle(Event::Start(9), Duration::ZERO).len(), 8);
}

#[test]
fn slots_are_added_one_by_one_until_one_fails() {
    let policy = two_ready_then(
        rules(Sharing::Group),
        "
        10 scale 8 | spawn 3 t2 g1 s2
        20 ready 3 | spawn 4 t3 g1 s3
        25 nospawn 4 | close 3, stay at 3
        26 scale 8 | spawn 5 t3 g1 s3
        30 exit 5 1 | stay at 3, spawn 6 t0 g1 s0+3
        40 ready 6 | term 1
        50 exit 1 0 |
        60 scale 4 | spawn 7 t3 g1 s3
        70 scale 3 | term 7
        ",
    );
    assert_eq!((policy.size(), policy.restarts), (3, 0));
}

#[test]
fn a_leaving_slot_that_comes_back_keeps_its_worker() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 scale 1 | spawn 3 t0 g1 s0+1
        20 scale 2 |
        30 ready 3 | term 1
        40 exit 1 0 |
        ",
    );
}

#[test]
fn set_outside_a_group_is_not_covered() {
    play(
        rules(Sharing::Apart),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s1
        0 ready 1 |
        0 ready 2 |
        10 scale 1 | term 2
        20 exit 2 0 | close 1
        ",
    );
    play(
        rules(Sharing::One),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        0 ready 1 |
        0 ready 2 |
        10 scale 1 | term 2
        20 exit 2 0 |
        ",
    );
}
