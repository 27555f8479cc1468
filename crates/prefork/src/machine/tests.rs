//! Transcripts: `milliseconds event | actions`. Workers are numbered in the order of their spawns.

use std::time::Duration;

use super::{Action, Event, Exit, Haste, Machine, Rules, Sharing, Signal};

fn rules(sharing: Sharing) -> Rules {
    Rules {
        sharing,
        start_timeout: Duration::from_secs(60),
        graceful_timeout: Duration::from_secs(30),
        worker_timeout: Some(Duration::from_secs(30)),
        max_restarts: Some(100),
        max_requests: None,
        max_requests_jitter: 0,
        max_rss: None,
        max_slots: 8,
    }
}

#[track_caller]
fn play(rules: Rules, transcript: &str) -> Machine {
    let mut machine = Machine::new(rules);
    for line in transcript
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (event, expected) = line.split_once('|').expect("event | actions");
        let (time, event) = event.trim().split_once(' ').expect("time event");
        let now = Duration::from_millis(time.parse().expect("milliseconds"));
        let actions = machine.handle(parse(event), now);
        let actions: Vec<String> = actions.iter().map(show).collect();
        assert_eq!(
            actions.join(", "),
            expected.trim(),
            "after: {line}\n{machine:#?}"
        );
    }
    machine
}

fn parse(event: &str) -> Event {
    let words: Vec<&str> = event.split_whitespace().collect();
    let number = |word: &str| word.parse().unwrap_or_else(|_| panic!("{word} in {event}"));
    match words[..] {
        ["start", count] => Event::Start(number(count) as usize),
        ["ready", worker] => Event::Ready(number(worker)),
        ["alive", worker] => Event::Alive(number(worker)),
        ["exit", worker, code] => Event::Exited(number(worker), Exit::Code(number(code) as i32)),
        ["killed", worker] => Event::Exited(number(worker), Exit::Signal(9)),
        ["nospawn", worker] => Event::SpawnFailed(number(worker), "no such file".to_owned()),
        ["reload"] => Event::Reload,
        ["upgrade"] => Event::Upgrade,
        ["scale", count] => Event::Scale(number(count) as usize),
        ["term"] => Event::Stop(Haste::Graceful),
        ["int"] => Event::Stop(Haste::Quick),
        ["tick"] => Event::Tick,
        ["measure", worker, requests, rss] => Event::Measured {
            worker: number(worker),
            requests: number(requests),
            rss: number(rss),
        },
        _ => panic!("{event} is no event"),
    }
}

fn show(action: &Action) -> String {
    match action {
        Action::Spawn {
            worker,
            task,
            generation,
            sets,
        } => {
            let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
            format!("spawn {worker} t{task} g{generation} s{}", sets.join("+"))
        }
        Action::Signal(worker, Signal::Term) => format!("term {worker}"),
        Action::Signal(worker, Signal::Int) => format!("int {worker}"),
        Action::Signal(worker, Signal::Kill) => format!("kill {worker}"),
        Action::Examine(worker) => format!("examine {worker}"),
        Action::StopGrowing(size) => format!("stay at {size}"),
        Action::CloseSet(set) => format!("close {set}"),
        Action::LetGo => "let go".to_owned(),
        Action::RolloutEnded {
            ticket,
            result: Ok(generation),
        } => format!("rollout {ticket}: g{generation}"),
        Action::RolloutEnded {
            ticket,
            result: Err(_),
        } => format!("rollout {ticket}: failed"),
        Action::ReplaceSupervisor => "replace".to_owned(),
        Action::End(end) => format!("end {end:?}"),
    }
}

const TWO_READY: &str = "
    0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s1
    0 ready 1 |
    0 ready 2 |
";

#[track_caller]
fn two_ready_then(rules: Rules, transcript: &str) -> Machine {
    play(rules, &format!("{TWO_READY}{transcript}"))
}

#[test]
fn exit_status_0_is_the_end_of_a_slot_and_then_of_all() {
    play(
        rules(Sharing::One),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        5 exit 1 0 |
        9 exit 2 0 | let go, end Finished
        ",
    );
}

#[test]
fn a_crash_is_restarted_at_once_and_then_ever_later() {
    let machine = play(
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
    assert_eq!(machine.restarts, 9);
}

#[test]
fn when_no_worker_ever_boots_the_supervisor_ends() {
    play(
        rules(Sharing::Group),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s1
        1 exit 1 101 | spawn 3 t0 g1 s0
        2 exit 2 101 | let go, int 3
        3 killed 3 | end NeverBooted
        ",
    );
    play(
        rules(Sharing::One),
        "
        0 start 1 | spawn 1 t0 g1 s0
        0 nospawn 1 | let go, end NeverBooted
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
        2 killed 3 | let go, term 2
        3 exit 2 0 | end GaveUp
        ",
    );
}

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
fn stopping() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 term | let go, term 1, term 2
        20 exit 1 0 |
        30010 tick | kill 2
        30011 killed 2 | end Stopped
        ",
    );
    two_ready_then(
        rules(Sharing::Group),
        "
        10 int | let go, int 1, int 2
        20 killed 1 |
        2010 tick | kill 2
        2011 killed 2 | end Stopped
        ",
    );
    two_ready_then(
        rules(Sharing::Group),
        "
        10 term | let go, term 1, term 2
        20 term | kill 1, kill 2
        30 reload |
        30 scale 4 |
        40 killed 1 |
        40 killed 2 | end Stopped
        40 tick |
        ",
    );
    play(rules(Sharing::Group), "0 term | let go, end Stopped");
}

#[test]
fn a_reload_goes_slot_by_slot_and_the_old_worker_goes_last() {
    let machine = two_ready_then(
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
    assert_eq!(machine.generation, 2);
    assert_eq!(machine.restarts, 1);
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
    let machine = two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        20 exit 3 101 | rollout 1: failed
        30 killed 1 | spawn 4 t0 g1 s0
        ",
    );
    assert_eq!(machine.generation, 1);
    // The restart of worker 1 only: a failed reload is no crash.
    assert_eq!(machine.restarts, 1);
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
fn a_reload_that_fails_later_goes_back() {
    let machine = two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        20 ready 3 | term 1, spawn 4 t1 g2 s1
        30 exit 4 101 |
        40 exit 1 0 | spawn 5 t0 g1 s0
        50 ready 5 | term 3, rollout 1: failed
        ",
    );
    assert_eq!(machine.generation, 1);
    let machine = two_ready_then(
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
    assert_eq!(machine.generation, 1);
}

#[test]
fn a_storm_of_reloads_is_two() {
    let machine = two_ready_then(
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
    assert!(!machine.is_rolling_out());
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
fn stopping_ends_a_reload() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 reload | spawn 3 t0 g2 s0
        11 term | let go, rollout 1: failed, term 1, term 2, term 3
        12 ready 3 |
        13 exit 1 0 |
        14 exit 2 0 |
        15 killed 3 | end Stopped
        ",
    );
}

/// Each with worker 2 starting in slot 1, and nobody else for that slot's queue.
#[test]
fn who_starts_is_told_to_stop_when_it_is_ready() {
    let one_starts = |transcript: &str| {
        let boot = "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s1
        1 ready 1 |
        ";
        play(rules(Sharing::Group), &format!("{boot}{transcript}"));
    };
    one_starts(
        "
        10 term | let go, term 1
        20 exit 1 0 |
        5010 ready 2 | term 2
        30009 tick |
        30010 tick | kill 2
        30011 killed 2 | end Stopped
        ",
    );
    one_starts(
        "
        10 term | let go, term 1
        20 exit 2 1 |
        30 exit 1 0 | end Stopped
        ",
    );
    // It gets no longer than either the stop or its start may take.
    one_starts(
        "
        10 term | let go, term 1
        30009 tick |
        30010 tick | kill 1, kill 2
        ",
    );
    one_starts(
        "
        50000 term | let go, term 1
        60000 tick | kill 2
        60001 killed 2 |
        60002 exit 1 0 | end Stopped
        ",
    );
    one_starts("10 int | let go, int 1, int 2");
    one_starts(
        "
        10 term | let go, term 1
        20 int | kill 1, kill 2
        ",
    );
}

#[test]
fn who_starts_for_a_queue_that_is_served_is_told_to_stop_at_once() {
    play(
        rules(Sharing::One),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        1 ready 1 |
        10 term | let go, term 1, term 2
        ",
    );
    play(
        rules(Sharing::One),
        "
        0 start 2 | spawn 1 t0 g1 s0, spawn 2 t1 g1 s0
        10 term | let go
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
        12 term | let go, rollout 1: failed, term 2
        13 ready 3 | term 3
        14 ready 4 | term 4
        ",
    );
    // Worker 5 was to accept from set 1 too, where nobody else does.
    two_ready_then(
        rules(Sharing::Group),
        "
        10 killed 2 | spawn 3 t1 g1 s1
        20 exit 3 1 |
        120 tick | spawn 4 t1 g1 s1
        130 exit 4 1 | spawn 5 t0 g1 s0+1
        135 term | let go, term 1
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
        30 term | let go, term 1
        120 tick |
        130 exit 1 0 | end Stopped
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
fn a_slot_that_keeps_failing_is_covered_by_another() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 killed 2 | spawn 3 t1 g1 s1
        20 exit 3 1 |
        120 tick | spawn 4 t1 g1 s1
        130 exit 4 1 | spawn 5 t0 g1 s0+1
        140 ready 5 | term 1
        330 tick | spawn 6 t1 g1 s1
        340 ready 6 |
        350 exit 1 0 |
        360 killed 5 | spawn 7 t0 g1 s0
        ",
    );
}

#[test]
fn a_set_that_nobody_can_cover_is_closed_and_its_slot_lodges() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 killed 2 | spawn 3 t1 g1 s1
        20 exit 3 1 |
        120 tick | spawn 4 t1 g1 s1
        130 exit 4 1 | spawn 5 t0 g1 s0+1
        140 exit 5 1 | close 1
        330 tick | spawn 6 t1 g1 s0
        340 ready 6 |
        350 reload | spawn 7 t0 g2 s0
        360 ready 7 | term 1, spawn 8 t1 g2 s1
        370 ready 8 | term 6, rollout 1: g2
        ",
    );
}

#[test]
fn while_nobody_is_ready_a_failing_slot_keeps_its_set() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 killed 2 | spawn 3 t1 g1 s1
        11 killed 1 | spawn 4 t0 g1 s0
        20 exit 3 1 |
        21 exit 4 1 |
        121 tick | spawn 5 t0 g1 s0, spawn 6 t1 g1 s1
        130 exit 5 1 |
        131 exit 6 1 |
        330 tick | spawn 7 t0 g1 s0
        331 tick | spawn 8 t1 g1 s1
        340 ready 7 | spawn 9 t0 g1 s0+1
        350 exit 8 1 |
        360 ready 9 | term 7
        ",
    );
}

#[test]
fn a_finished_slot_is_covered() {
    two_ready_then(
        rules(Sharing::Group),
        "
        10 exit 2 0 | spawn 3 t0 g1 s0+1
        20 ready 3 | term 1
        30 exit 1 0 |
        40 exit 3 0 | let go, end Finished
        ",
    );
}

#[test]
fn more_workers_and_fewer() {
    let machine = two_ready_then(
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
    assert_eq!(machine.size(), 1);
    let mut machine = Machine::new(rules(Sharing::One));
    assert_eq!(machine.handle(Event::Start(9), Duration::ZERO).len(), 8);
}

#[test]
fn slots_are_added_one_by_one_until_one_fails() {
    let machine = two_ready_then(
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
    assert_eq!((machine.size(), machine.restarts), (3, 0));
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
fn without_a_group_nobody_need_cover() {
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
        40 measure 2 0 1001 | spawn 4 t1 g1 s1
        70 exit 4 1 |
        80 measure 2 0 1001 |
        10070 measure 2 0 1001 | spawn 5 t1 g1 s1
        ",
    );
}

#[test]
fn jitter_spreads_the_limits_and_stays_within_them() {
    let limits: Vec<u64> = (1..9).map(|id| super::spread(id) % 51).collect();
    assert!(limits.iter().all(|&extra| extra <= 50));
    assert!(
        limits.windows(2).any(|pair| pair[0] != pair[1]),
        "{limits:?}"
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
