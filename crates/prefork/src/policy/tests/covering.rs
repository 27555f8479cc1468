//! Sets whose own slot fails or is finished: another worker accepts from them, or they are closed.

use super::{Rules, Sharing, rules, two_ready_then};

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
fn set_without_a_worker_to_cover_it_is_closed_and_its_slot_shares_another() {
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
fn failing_slot_keeps_its_set_while_no_worker_is_ready() {
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
        40 exit 3 0 | release, end Finished
        ",
    );
}

fn one_socket() -> Rules {
    Rules {
        takes_one_socket: true,
        ..rules(Sharing::Group)
    }
}

#[test]
fn the_set_of_a_failing_slot_is_closed_where_programs_take_one_socket() {
    two_ready_then(
        one_socket(),
        "
        10 killed 2 | spawn 3 t1 g1 s1
        20 exit 3 1 |
        120 tick | spawn 4 t1 g1 s1
        130 exit 4 1 | close 1
        330 tick | spawn 5 t1 g1 s0
        340 ready 5 |
        350 exit 1 0 |
        360 reload | spawn 6 t1 g2 s1
        370 ready 6 | term 5, close 0, rollout 1: g2
        ",
    );
}

#[test]
fn the_set_of_a_finished_slot_is_closed_where_programs_take_one_socket() {
    two_ready_then(
        one_socket(),
        "
        10 exit 2 0 | close 1
        20 exit 1 0 | release, end Finished
        ",
    );
}

#[test]
fn the_set_of_a_removed_slot_is_closed_where_programs_take_one_socket() {
    two_ready_then(
        one_socket(),
        "
        10 scale 1 | close 1, term 2
        20 exit 2 0 |
        30 scale 2 | spawn 3 t1 g1 s1
        40 ready 3 |
        ",
    );
}
