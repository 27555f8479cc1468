//! Worker supervision: start timeouts, watchdog, unknown notifications and recycling.

use super::{Sharing, play, rules, two_ready_then};
use crate::policy::recycle::spread;

#[test]
fn a_worker_that_is_never_ready_is_killed() {
    play(
        rules(Sharing::One),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        0 ready 2 |
        59999 tick |
        60000 tick | kill 1
        60001 tick |
        60002 killed 1 | spawn 3 t0 g1 s0
        ",
    );
}

#[test]
fn a_worker_that_showed_signs_of_life_is_watched() {
    play(
        rules(Sharing::One),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        0 ready 1 |
        0 ready 2 |
        5 alive 1 |
        30005 tick | examine 1, kill 1
        30006 killed 1 | spawn 3 t0 g1 s0
        90000 ready 3 |
        ",
    );
}

#[test]
fn silent_worker_is_not_killed_while_its_channel_is_broken() {
    play(
        rules(Sharing::One),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        0 ready 1 |
        0 ready 2 |
        5 alive 1 |
        5 alive 2 |
        20000 restored 1 |
        25000 lost 2 |
        30005 tick |
        49999 tick |
        50000 tick | examine 1, kill 1
        50001 killed 1 | spawn 3 t0 g1 s0
        50002 ready 3 |
        99000 tick |
        99001 alive 2 |
        129001 tick | examine 2, kill 2
        ",
    );
}

#[test]
fn worker_that_was_never_watched_is_not_watched_when_its_channel_is_restored() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 restored 1 |
        10 lost 2 |
        10 restored 9 |
        60000 tick |
        ",
    );
}

#[test]
fn events_of_unknown_workers_change_nothing() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 ready 9 |
        10 alive 9 |
        10 exit 9 1 |
        10 measure 9 1 1 |
        10 ready 1 |
        ",
    );
}

#[test]
fn a_spent_worker_is_renewed_and_a_failure_is_not_repeated_at_once() {
    let mut rules = rules(Sharing::Group);
    rules.max_requests = Some(100);
    rules.max_rss = Some(1000);
    two_ready_then(
        rules,
        "
        10 measure 1 99 1000 |
        20 measure 1 100 5 | spawn 3 t0 g1 s0
        21 measure 1 120 5 |
        30 ready 3 | term 1
        31 measure 1 200 5 |
        40 measure 2 0 1001 | exceeded 2 for 0 s, spawn 4 t1 g1 s1
        70 exit 4 1 |
        80 measure 2 0 1001 |
        10070 measure 2 0 1001 | spawn 5 t1 g1 s1
        ",
    );
}

#[test]
fn max_rss_below_the_start_size_is_retried_ever_more_rarely() {
    let mut rules = rules(Sharing::One);
    rules.max_rss = Some(1000);
    play(
        rules,
        "
        0 start 1 | spawn 1 t0 g1 s0
        0 ready 1 |
        1000 measure 1 0 1001 | exceeded 1 for 0 s, spawn 2 t0 g1 s0
        1500 ready 2 | term 1
        1600 exit 1 0 |
        2000 measure 2 0 1001 | exceeded 2 for 60 s
        3000 measure 2 0 1001 |
        61999 measure 2 0 2000 |
        62000 measure 2 0 1001 | spawn 3 t0 g1 s0
        62000 ready 3 | term 2
        62100 exit 2 0 |
        63000 measure 3 0 1001 | exceeded 3 for 120 s
        64000 reload | spawn 4 t0 g2 s0
        64500 ready 4 | term 3, rollout 1: g2
        64600 exit 3 0 |
        65000 measure 4 0 1001 | exceeded 4 for 0 s
        183000 measure 4 0 1001 | spawn 5 t0 g2 s0
        184000 ready 5 | term 4
        184100 exit 4 0 |
        300000 measure 5 0 1001 | exceeded 5 for 0 s, spawn 6 t0 g2 s0
        ",
    );
}

#[test]
fn jitter_spreads_the_limits_and_stays_within_them() {
    let limits: Vec<u64> = (1..9).map(|id| spread(id) % 51).collect();
    assert!(limits.iter().all(|&extra| extra <= 50));
    assert!(
        limits.windows(2).any(|pair| pair[0] != pair[1]),
        "{limits:?}"
    );
}
