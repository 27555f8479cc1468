//! Transcripts: `milliseconds event | actions`. Workers are numbered in the order of their spawns.

mod covering;
mod crashes;
mod durations;
mod reloading;
mod scaling;
mod stopping;
mod watching;

use std::time::Duration;

use crate::Restart;

use super::{Action, Event, Exit, Policy, Rules, Sharing, Signal, StopMode};

pub(crate) fn rules(sharing: Sharing) -> Rules {
    Rules {
        sharing,
        takes_one_socket: false,
        restart: Restart::OnFailure,
        start_timeout: Duration::from_secs(60),
        graceful_timeout: Duration::from_secs(30),
        worker_timeout: Some(Duration::from_secs(30)),
        max_restarts: Some(100),
        max_requests: None,
        max_requests_jitter: 0,
        max_rss: None,
        serves_early: false,
        max_slots: 8,
    }
}

#[track_caller]
fn play(rules: Rules, transcript: &str) -> Policy {
    let mut policy = Policy::new(rules);
    for line in transcript
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (event, expected) = line.split_once('|').expect("event | actions");
        let (time, event) = event.trim().split_once(' ').expect("time event");
        let now = Duration::from_millis(time.parse().expect("milliseconds"));
        let actions = policy.handle(parse(event), now);
        let actions: Vec<String> = actions.iter().map(show).collect();
        assert_eq!(
            actions.join(", "),
            expected.trim(),
            "after: {line}\n{policy:#?}"
        );
    }
    policy
}

fn parse(event: &str) -> Event {
    let words: Vec<&str> = event.split_whitespace().collect();
    let number = |word: &str| word.parse().unwrap_or_else(|_| panic!("{word} in {event}"));
    match words[..] {
        ["start", count] => Event::Start(number(count) as usize),
        ["ready", worker] => Event::Ready(number(worker)),
        ["unready", worker, ref reason @ ..] => Event::Unready(number(worker), reason.join(" ")),
        ["alive", worker] => Event::Alive(number(worker)),
        ["restored", worker] => Event::ChannelRestored(number(worker)),
        ["lost", worker] => Event::ChannelLost(number(worker)),
        ["exit", worker, code] => Event::Exited(number(worker), Exit::Code(number(code) as i32)),
        ["killed", worker] => Event::Exited(number(worker), Exit::Signal(9)),
        ["nospawn", worker] => Event::SpawnFailed(number(worker), "no such file".to_owned()),
        ["reload"] => Event::Reload,
        ["upgrade"] => Event::Upgrade,
        ["scale", count] => Event::Scale(number(count) as usize),
        ["term"] => Event::Stop(StopMode::Graceful),
        ["int"] => Event::Stop(StopMode::Quick),
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
        Action::ExceededMemory { worker, pause, .. } => {
            format!("exceeded {worker} for {} s", pause.as_secs())
        }
        Action::StopGrowing(size) => format!("stay at {size}"),
        Action::CloseSet(set) => format!("close {set}"),
        Action::ReleaseSockets => "release".to_owned(),
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
fn two_ready_then(rules: Rules, transcript: &str) -> Policy {
    play(rules, &format!("{TWO_READY}{transcript}"))
}
