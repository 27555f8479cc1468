//! Graceful shutdown: workers that are signalled at once, waited for, or killed.

use super::{Sharing, play, rules, two_ready_then};

#[test]
fn stopping() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 term | release, term 1, term 2
        20 exit 1 0 |
        30010 tick | kill 2
        30011 killed 2 | end Stopped
        ",
    );
    two_ready_then(
        rules(Sharing::Group),
        "
        10 int | release, int 1, int 2
        20 killed 1 |
        2010 tick | kill 2
        2011 killed 2 | end Stopped
        ",
    );
    two_ready_then(
        rules(Sharing::Group),
        "
        10 term | release, term 1, term 2
        20 term | kill 1, kill 2
        30 reload |
        30 scale 4 |
        40 killed 1 |
        40 killed 2 | end Stopped
        40 tick |
        ",
    );
    play(rules(Sharing::Group), "0 term | release, end Stopped");
}

#[test]
fn stopping_ends_a_reload() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        11 term | release, rollout 1: failed, term 1, term 2, term 3
        12 ready 3 |
        13 exit 1 0 |
        14 exit 2 0 |
        15 killed 3 | end Stopped
        ",
    );
}

/// Each with worker 2 starting in slot 1, the only worker for that slot's queue.
#[test]
fn starting_worker_gets_the_stop_signal_when_it_is_ready() {
    let one_starts = |transcript: &str| {
        let boot = "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s1
        1 ready 1 |
        ";
        play(rules(Sharing::Group), &format!("{boot}{transcript}"));
    };
    one_starts(
        "
        10 term | release, term 1
        20 exit 1 0 |
        5010 ready 2 | term 2
        30009 tick |
        30010 tick | kill 2
        30011 killed 2 | end Stopped
        ",
    );
    one_starts(
        "
        10 term | release, term 1
        20 exit 2 1 |
        30 exit 1 0 | end Stopped
        ",
    );
    // It gets no longer than either the stop or its start may take.
    one_starts(
        "
        10 term | release, term 1
        30009 tick |
        30010 tick | kill 1, kill 2
        ",
    );
    one_starts(
        "
        50000 term | release, term 1
        60000 tick | kill 2
        60001 killed 2 |
        60002 exit 1 0 | end Stopped
        ",
    );
    one_starts("10 int | release, int 1, int 2");
    one_starts(
        "
        10 term | release, term 1
        20 int | kill 1, kill 2
        ",
    );
}

#[test]
fn starting_worker_of_a_served_queue_gets_the_stop_signal_at_once() {
    play(
        rules(Sharing::One),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        1 ready 1 |
        10 term | release, term 1, term 2
        ",
    );
    play(
        rules(Sharing::One),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        10 term | release
        20 ready 1 | term 1
        30 ready 2 | term 2
        ",
    );
}

#[test]
fn a_new_generation_that_starts_is_waited_for_where_no_old_worker_serves() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        11 killed 1 | spawn 4 t0 g1 s0
        12 term | release, rollout 1: failed, term 2
        13 ready 3 | term 3
        14 ready 4 | term 4
        ",
    );
    // Worker 5 was to accept from set 1 too, which has no other worker.
    two_ready_then(
        rules(Sharing::Group),
        "
        10 killed 2 | spawn 3 t1 g1 s1
        20 exit 3 1 |
        120 tick | spawn 4 t1 g1 s1
        130 exit 4 1 | spawn 5 t0 g1 s0+1
        135 term | release, term 1
        140 ready 5 | term 5
        ",
    );
}

#[test]
fn a_slot_that_waits_for_its_next_worker_gets_none_when_all_stop() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 killed 2 | spawn 3 t1 g1 s1
        20 exit 3 1 |
        30 term | release, term 1
        120 tick |
        130 exit 1 0 | end Stopped
        ",
    );
}
