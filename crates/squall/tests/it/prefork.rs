//! A service in several processes under load: reload, upgrade, crash, metrics and shutdown.

use std::{fs, net::TcpListener, path::PathBuf, process::Command};

use rustix::process::Signal;
use squall::Supervisor;
use testkit::{Running, Wire, wait_for, wait_until};

use crate::{
    load::under_load,
    program,
    supervised::{
        Supervised, children, is_alive, is_another_build, quiet, signal, sockets, wait_gone,
    },
};

const TWO: &[&str] = &["--processes", "2"];

#[test]
fn reload_loses_no_request() {
    for flags in [TWO, &["--processes", "2", "--threads", "2"]] {
        let site = Supervised::friendfeed(flags);
        site.settled(2);
        let account = under_load(site.address, || {
            for generation in 2..=4 {
                let reloaded = site.client().reload();
                assert_eq!(reloaded.expect("the build is good"), generation);
            }
        });
        account.nothing_is_lost();
        // Four generations of two workers; some may have had no request.
        assert!((4..=8).contains(&account.pids.len()), "{account:?}");
    }
}

#[test]
fn upgrade_replaces_workers_and_loses_no_request() {
    let site = Supervised::friendfeed(TWO);
    let old = site.pids(2);
    assert!(!old.iter().any(|pid| is_another_build(*pid)));
    let account = under_load(site.address, || {
        wait_until("every old worker to have answered", || {
            let workers = site.status().workers;
            workers.iter().all(|worker| worker.counters.requests() > 0)
        });
        site.deploy_another_build();
        site.client().upgrade().expect("the build is good");
        wait_gone(&old);
        let new = site.settled(2);
        assert!(new.iter().all(|worker| is_another_build(worker.pid)));
        wait_until("every new worker to have answered", || {
            let workers = site.status().workers;
            workers.iter().all(|worker| worker.counters.requests() > 0)
        });
        assert!(is_another_build(site.running.pid()));
    });
    account.nothing_is_lost();
    let new = site.pids(2);
    assert!(old.iter().chain(&new).all(|pid| account.pids.contains(pid)));
}

#[test]
fn killed_worker_loses_only_its_own_requests() {
    let site = Supervised::friendfeed(TWO);
    let others = sockets(site.pids(2)[0]);
    let mut accepted = 0;
    let account = under_load(site.address, || {
        for task_id in [0, 1] {
            let worker = &site.settled(2)[task_id];
            wait_until("clients to come to the worker", || {
                site.status().workers[task_id].counters.requests() > 0
            });
            signal(worker.pid, Signal::STOP);
            wait_until("the worker to stop", || {
                let stat = fs::read_to_string(format!("/proc/{}/stat", worker.pid));
                stat.expect("it is alive").contains(") T ")
            });
            accepted += sockets(worker.pid) - others;
            signal(worker.pid, Signal::KILL);
            wait_gone(&[worker.pid]);
        }
        site.settled(2);
    });
    assert!(account.refused.is_empty(), "{account:?}");
    assert!(
        account.lost.len() <= accepted,
        "{accepted} connections of the dead, but {account:?}"
    );
    assert_eq!(site.status().restarts, 2);
}

#[test]
fn failing_build_keeps_old_workers() {
    let garbage = testkit::temp_dir();
    let garbage = garbage.path().join("garbage");
    fs::write(&garbage, "no program").expect("a writable directory");
    let not_executable = "could not be started";
    for (name, build, reason) in [
        ("panics", program::built("service"), "exit status 101"),
        ("fails", PathBuf::from("/bin/false"), "exit status 1"),
        ("is no program", garbage, not_executable),
    ] {
        let site = Supervised::friendfeed(TWO);
        let old = site.pids(2);
        let account = under_load(site.address, || {
            site.deploy(&build);
            let error = site.client().reload().expect_err(name).to_string();
            assert!(error.contains(reason), "{name}: {error}");
            assert_eq!(site.pids(2), old, "{name}");
        });
        account.nothing_is_lost();
        assert!(account.pids.iter().all(|pid| old.contains(pid)), "{name}");
        let said = site.status().reload_error.unwrap_or_default();
        assert!(said.contains(reason), "{name}: {said}");
    }
}

#[test]
fn metrics_count_every_request() {
    let site = Supervised::friendfeed(TWO);
    site.settled(2);
    let mut requests = 0;
    let mut connections = 0;
    for (path, status) in [("/users/x", 404), ("/panic", 500), ("/users/7", 200)] {
        assert_eq!(site.ask(path).0, status);
        requests += 1;
        connections += 1;
    }
    let account = under_load(site.address, || {
        site.client().reload().expect("the build is good");
    });
    account.nothing_is_lost();
    requests += account.answered;
    connections += account.connections;
    let settled = |requests: u64| {
        wait_until("every request to be counted", || {
            site.settled(2);
            let total = site.status().total();
            assert!(total.requests() <= requests, "{total:?} of {requests}");
            total.requests() == requests && total.in_flight == 0 && total.connections == 0
        });
    };
    settled(requests);
    // Reported counters outlive their process.
    let pids = site.pids(2);
    signal(pids[0], Signal::KILL);
    wait_gone(&pids[..1]);
    site.settled(2);
    let account = under_load(site.address, || {
        for _ in 0..100 {
            assert_eq!(site.ask("/users/7").0, 200);
        }
    });
    account.nothing_is_lost();
    requests += account.answered + 100;
    connections += account.connections + 100;
    settled(requests);
    let total = site.status().total();
    assert_eq!(total.accepted, connections);
    assert_eq!(total.responses, [0, requests - 2, 0, 1, 1]);
    assert_eq!(total.latency.iter().sum::<u64>(), requests);
    let (status, text) = site.ask("/metrics");
    assert_eq!(status, 200);
    for line in [
        format!("squall_requests_total{{status=\"2xx\"}} {}", requests - 2),
        "squall_requests_total{status=\"4xx\"} 1".to_owned(),
        "squall_requests_total{status=\"5xx\"} 1".to_owned(),
        format!("squall_request_duration_seconds_count {requests}"),
        format!("squall_connections_accepted_total {}", connections + 1),
        "squall_requests_in_flight 1".to_owned(),
        "squall_connections 1".to_owned(),
        "squall_worker_restarts_total 1".to_owned(),
        "squall_generation 2".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn connections_are_spread_evenly() {
    let most = descriptor_limit() - 100;
    // Two clients hold half of the connections each; the busier worker may have 60 %.
    let count = 10_000.min(most).min(most * 5 / 6);
    let limit = format!("max_connections={}", 2 * count);
    let site = Supervised::start("service", &["processes=2", &limit]);
    site.settled(2);
    let arguments = [format!("hold={}", site.address), format!("count={count}")];
    let client = || Running::spawn(Command::new(program::built("service")).args(&arguments));
    let held: Vec<[usize; 2]> = [client(), client()]
        .iter()
        .map(|client| {
            for step in (500..=count).step_by(500) {
                let line = format!("at {step}\n");
                wait_until(&line, || client.output().contains(&line));
            }
            let line = wait_for("all connections", || {
                let output = client.output();
                Some(
                    output
                        .lines()
                        .find(|line| line.starts_with("held"))?
                        .to_owned(),
                )
            });
            let mut numbers = line.split(' ').skip(1).map(str::parse);
            [(); 2].map(|()| numbers.next().expect("two tasks").expect("a number"))
        })
        .collect();
    let by_task = [held[0][0] + held[1][0], held[0][1] + held[1][1]];
    assert_eq!(by_task.iter().sum::<usize>(), 2 * count);
    assert!(
        by_task.iter().all(|held| *held * 10 <= 2 * count * 6),
        "{by_task:?}"
    );
}

fn descriptor_limit() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").expect("Linux");
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let hard = files.and_then(|line| line.split_whitespace().nth(4));
    hard.expect("a hard limit").parse().unwrap_or(usize::MAX)
}

#[test]
fn readyz_is_503_during_the_drain_delay() {
    for (processes, workers) in [("processes=1", 0), ("processes=2", 2)] {
        let mut site = Supervised::start("service", &[processes, "drain_delay=60"]);
        if workers > 0 {
            site.pids(workers);
        }
        let mut kept = site.wire();
        kept.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(kept.response().status, 200);
        assert_eq!(site.ask("/readyz"), (200, "ready\n".to_owned()));
        site.running.signal(testkit::Signal::Term);
        wait_until("nobody to be ready", || site.ask("/readyz").0 == 503);
        for _ in 0..10 {
            assert_eq!(site.ask("/readyz"), (503, "leaving\n".to_owned()));
            assert_eq!(site.ask("/").0, 200, "{processes}");
            kept.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(kept.response().status, 200, "{processes}");
        }
        // Kill it instead of waiting for the delay.
        site.running.signal(testkit::Signal::Int);
        site.running.wait();
    }
}

#[test]
fn stop_while_workers_start_loses_no_request() {
    for processes in ["processes=2", "processes=4"] {
        let mut site = Supervised::start("service", &[processes]);
        let mut waiting: Vec<_> = (0..64).map(|_| site.wire()).collect();
        for wire in &mut waiting {
            wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        site.running.signal(testkit::Signal::Term);
        for wire in &mut waiting {
            assert_eq!(wire.response().status, 200, "{processes}");
        }
        assert_eq!(site.running.wait().code(), Some(0), "{processes}");
    }
}

#[test]
fn reload_keeps_readyz_200() {
    let mut site = Supervised::start("service", &["processes=2", "drain_delay=60"]);
    let old = site.pids(2);
    let mut kept: Vec<_> = (0..8).map(|_| site.wire()).collect();
    let mut all_ready = || {
        for wire in &mut kept {
            wire.send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(wire.response().status, 200);
        }
    };
    all_ready();
    site.client().reload().expect("the build is good");
    // During the drain delay, old workers respond on connections that are kept alive.
    assert!(old.iter().all(|pid| is_alive(*pid)));
    all_ready();
    site.running.signal(testkit::Signal::Int);
    site.running.wait();
}

#[test]
fn zero_processes_start_one_worker_per_cpu() {
    let cpus = Supervisor::new().size();
    let site = Supervised::friendfeed(&["--processes", "0"]);
    site.settled(cpus);
    assert_eq!(site.status().processes, cpus);
    let Some(taskset) = testkit::outside("taskset") else {
        return;
    };
    let directory = testkit::temp_dir();
    let mut command = Command::new(taskset);
    quiet(&mut command, directory.path());
    let one = Running::spawn(command.args(["-c", "0"]).arg(program::example()).args([
        "--port",
        "0",
        "--processes",
        "0",
    ]));
    one.wait_line("listening on http://");
    assert_eq!(children(one.pid()).len(), 1);
}

#[test]
fn each_worker_has_its_threads() {
    let site = Supervised::friendfeed(&["--processes", "2", "--threads", "2"]);
    for pid in site.pids(2) {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("it is alive");
        assert_eq!(tasks.count(), 2);
    }
}

#[test]
fn address_in_use_error_names_the_other_process() {
    let site = Supervised::friendfeed(TWO);
    let port = site.address.port().to_string();
    let directory = testkit::temp_dir();
    let mut command = Command::new(program::example());
    quiet(&mut command, directory.path()).args(["--port", &port]);
    let mut second = Running::spawn(command.args(TWO));
    assert_eq!(second.wait().code(), Some(1));
    let output = second.output();
    let said = format!("127.0.0.1:{port} is in use by another process");
    assert!(output.contains(&said), "{output}");
    assert!(output.contains("in use"), "{output}");
    assert_eq!(site.ask("/").0, 200);
}

/// Requests that are complete when their bodies are.
struct UnderWay(Vec<Wire>);

impl UnderWay {
    fn at(site: &Supervised) -> Self {
        let mut wires: Vec<_> = (0..8).map(|_| site.wire()).collect();
        for wire in &mut wires {
            wire.send("POST /echo HTTP/1.1\r\nHost: a\r\n");
            wire.send("Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            // The handler waits for the body.
            assert_eq!(wire.response().status, 100);
        }
        Self(wires)
    }

    fn end_well(mut self) {
        for wire in &mut self.0 {
            wire.send("hello");
            assert_eq!(wire.response().text(), "hello");
            wire.closed();
        }
    }
}

#[test]
fn stop_signal_to_the_supervisor_finishes_requests() {
    use testkit::Signal::{Int, Quit, Term};
    for order in [Term, Quit, Int] {
        let mut site = Supervised::start("service", &["processes=2"]);
        let pids = site.pids(2);
        let under_way = UnderWay::at(&site);
        site.running.signal(order);
        wait_for_orders(&site, 2);
        under_way.end_well();
        assert_eq!(site.running.wait().code(), Some(0), "{order:?}");
        wait_gone(&pids);
        TcpListener::bind(site.address).expect("the port is free");
    }
}

#[test]
fn stop_signal_to_every_process_finishes_requests() {
    let mut site = Supervised::start("service", &["processes=2"]);
    let pids = site.pids(2);
    let under_way = UnderWay::at(&site);
    // As systemd without KillMode=mixed; the supervisor forwards the signal as well.
    site.running.signal(testkit::Signal::Term);
    wait_for_orders(&site, 2);
    for pid in pids {
        signal(pid, Signal::TERM);
    }
    wait_for_orders(&site, 4);
    under_way.end_well();
    assert_eq!(site.running.wait().code(), Some(0));
}

/// Waits until workers have logged that many stop signals.
fn wait_for_orders(site: &Supervised, count: usize) {
    wait_until("the orders to arrive", || {
        site.running.output().matches("stop signal mode=").count() >= count
    });
}

#[test]
fn workers_ignore_sighup_and_sigusr1() {
    let site = Supervised::friendfeed(TWO);
    let pids = site.pids(2);
    for pid in &pids {
        for one in [Signal::HUP, Signal::USR1] {
            signal(*pid, one);
        }
    }
    site.running.signal(testkit::Signal::Usr1);
    for _ in 0..20 {
        assert_eq!(site.ask("/healthz").0, 200);
    }
    assert_eq!(site.pids(2), pids);
}

#[test]
fn worker_stopped_by_foreign_signal_is_replaced() {
    let site = Supervised::friendfeed(TWO);
    let pids = site.pids(2);
    for pid in &pids {
        signal(*pid, Signal::TERM);
    }
    wait_gone(&pids);
    let others = site.pids(2);
    assert!(others.iter().all(|pid| !pids.contains(pid)), "{others:?}");
    assert_eq!(site.ask("/healthz").0, 200);
}

#[test]
fn workers_stop_when_the_supervisor_dies() {
    let site = Supervised::start("service", &["processes=2"]);
    let pids = site.pids(2);
    let under_way = UnderWay::at(&site);
    site.running.signal(testkit::Signal::Kill);
    wait_for_orders(&site, 2);
    under_way.end_well();
    wait_gone(&pids);
    TcpListener::bind(site.address).expect("the port is free");
}
