//! Readiness checks: connections to workers that start, to find out whether they accept and respond.
//!
//! Old and new workers accept from the same socket, so a connection may be accepted by any of them.
//! It counts for the worker whose process group has accepted it, and says nothing about the others.

mod connection;

use std::{collections::BTreeMap, os::fd::BorrowedFd};

use rustix::process::Pid;
use squall_listen::Address;

use crate::{
    policy::{Time, WorkerId},
    readiness::HealthCheck,
    system,
};
use connection::{Connection, Step};

/// Between two connections for the same worker: each costs an old worker a wake-up.
const PAUSE: Time = Time::from_millis(50);
/// Until the next request after one that failed.
const RETRY: Time = Time::from_millis(250);
/// Where each slot has a socket of its own, the kernel chooses one of them for a connection: another
/// is made when none has been accepted for this long.
const PATIENCE: Time = Time::from_millis(250);
/// A kernel that wakes one process may always wake the same one while it is idle. After so many
/// connections that others have accepted, one more is made at a time.
const MISSES: u32 = 8;
const CONNECTIONS: usize = 4;

/// The result of a check.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Ready(WorkerId),
    /// The reason, for people.
    Unready(WorkerId, String),
}

/// The checks of all workers that start.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    targets: BTreeMap<WorkerId, Target>,
    connections: Vec<Connection>,
}

#[derive(Debug)]
struct Target {
    group: Pid,
    address: Address,
    /// The kernel balances connections to this address over the sockets of several slots.
    is_balanced: bool,
    /// Connections that another process has accepted.
    misses: u32,
    connect_at: Time,
    reason: Option<String>,
}

impl Probes {
    /// Checks a worker, which leads a process group, from now on.
    pub(crate) fn add(
        &mut self,
        worker: WorkerId,
        group: Pid,
        address: Address,
        is_balanced: bool,
        now: Time,
    ) -> Finding {
        let target = Target {
            group,
            address,
            is_balanced,
            misses: 0,
            connect_at: now,
            reason: None,
        };
        self.targets.insert(worker, target);
        Finding::Unready(worker, "it has not accepted a connection".to_owned())
    }

    /// Drops the checks of workers that do not start any more.
    pub(crate) fn keep(&mut self, is_starting: impl Fn(WorkerId) -> bool) {
        self.targets.retain(|&worker, _| is_starting(worker));
        let targets = &self.targets;
        self.connections
            .retain(|connection| targets.contains_key(&connection.worker()));
    }

    /// When `turn` must be called again.
    pub(crate) fn deadline(&self) -> Option<Time> {
        let next = self.connections.iter().map(Connection::deadline);
        let targets = self.targets.iter();
        let connects = targets
            .filter(|&(&worker, target)| self.wants_connection(worker, target))
            .map(|(_, target)| target.connect_at);
        next.chain(connects).min()
    }

    /// The descriptors that a response arrives on.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.connections.iter().filter_map(Connection::descriptor)
    }

    /// Looks after all connections, and makes those that are due. Without a `check`, a worker that
    /// accepts is ready.
    pub(crate) fn turn(&mut self, check: Option<&HealthCheck>, now: Time) -> Vec<Finding> {
        self.connect(now);
        let mut findings = Vec::new();
        for mut connection in std::mem::take(&mut self.connections) {
            match connection.step(now) {
                Step::Wait => self.connections.push(connection),
                Step::Lost => self.missed(connection.worker(), now),
                Step::Accepted(socket) => {
                    let groups: Vec<Pid> = self.targets.values().map(|one| one.group).collect();
                    match system::group_with(socket, &groups) {
                        Ok(Some(group)) => {
                            self.accepted(connection, group, check, now, &mut findings);
                        }
                        Ok(None) => self.missed(connection.worker(), now),
                        Err(error) => {
                            let worker = connection.worker();
                            self.unready(worker, &denied(&error), &mut findings);
                            self.missed(worker, now);
                        }
                    }
                }
                Step::Healthy(worker) => findings.push(Finding::Ready(worker)),
                Step::Unhealthy(worker, reason) => {
                    let reason = check.map_or(reason.clone(), |check| format!("{check}: {reason}"));
                    self.unready(worker, &reason, &mut findings);
                    if let Some(target) = self.targets.get_mut(&worker) {
                        target.connect_at = now + RETRY;
                    }
                }
            }
        }
        findings
    }

    fn connect(&mut self, now: Time) {
        let due: Vec<WorkerId> = self
            .targets
            .iter()
            .filter(|&(&worker, target)| {
                now >= target.connect_at && self.wants_connection(worker, target)
            })
            .map(|(&worker, _)| worker)
            .collect();
        for worker in due {
            let target = self
                .targets
                .get_mut(&worker)
                .expect("it was found just now");
            let wait = if target.is_balanced { PATIENCE } else { PAUSE };
            target.connect_at = now + wait;
            // A full queue, or no descriptor left: the next attempt may succeed.
            self.connections
                .extend(Connection::new(worker, &target.address, now).ok());
        }
    }

    fn wants_connection(&self, worker: WorkerId, target: &Target) -> bool {
        let open = self
            .connections
            .iter()
            .filter(|connection| connection.worker() == worker);
        let is_asked = open.clone().any(Connection::is_asked);
        let most = if target.is_balanced {
            CONNECTIONS
        } else {
            CONNECTIONS.min(1 + usize::try_from(target.misses / MISSES).unwrap_or(CONNECTIONS))
        };
        !is_asked && open.count() < most
    }

    fn accepted(
        &mut self,
        mut connection: Connection,
        group: Pid,
        check: Option<&HealthCheck>,
        now: Time,
        findings: &mut Vec<Finding>,
    ) {
        let found = self.targets.iter().find(|(_, one)| one.group == group);
        let Some((&worker, _)) = found else {
            return;
        };
        let Some(check) = check else {
            findings.push(Finding::Ready(worker));
            return;
        };
        let is_asked = |one: &Connection| one.is_asked() && one.worker() == worker;
        if self.connections.iter().any(is_asked) {
            return;
        }
        if connection.ask(worker, &check.request(), now).is_ok() {
            self.connections.push(connection);
        }
    }

    fn missed(&mut self, worker: WorkerId, now: Time) {
        if let Some(target) = self.targets.get_mut(&worker) {
            target.misses += 1;
            target.connect_at = now + PAUSE;
        }
    }

    /// Each reason once, for the log.
    fn unready(&mut self, worker: WorkerId, reason: &str, findings: &mut Vec<Finding>) {
        if let Some(target) = self.targets.get_mut(&worker)
            && target.reason.as_deref() != Some(reason)
        {
            target.reason = Some(reason.to_owned());
            findings.push(Finding::Unready(worker, reason.to_owned()));
        }
    }
}

fn denied(error: &std::io::Error) -> String {
    format!(
        "cannot examine which process accepts connections, since the program runs as another user \
         or its file cannot be read: {error}; use the readiness notify or exec"
    )
}
