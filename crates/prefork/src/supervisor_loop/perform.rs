//! Performs the policy's actions: spawns, signals, responses.

use std::{io, time::Duration};

use rustix::process::{Signal, kill_process};

use super::{Process, SupervisorLoop, pid_number};
use crate::{
    Counters, Readiness, WorkerExit,
    control::Response,
    directory::notify_name,
    notices::Notices,
    policy::{self, Action, Event, Exit, Generation, TaskId, WorkerId},
    process::{
        spawn::Launch,
        usage::{self, Usage},
    },
};

impl SupervisorLoop {
    /// Passes an event to the policy and performs its actions, and those of the events that
    /// follow from them.
    pub(super) fn feed(&mut self, event: Event) {
        self.events.push_back(event);
        while let Some(event) = self.events.pop_front() {
            let was_rolling_out = self.policy.is_rolling_out();
            let was_stopping = self.policy.is_stopping();
            let actions = self.policy.handle(event, self.clock.now());
            if self.policy.is_rolling_out() && !was_rolling_out {
                tracing::info!("reloading");
                self.upstream.reloading();
            }
            if self.policy.is_stopping() && !was_stopping {
                tracing::info!("stopping");
                self.upstream.stopping();
            }
            for action in actions {
                self.perform(action);
            }
        }
        self.generations.keep(&self.policy.generations());
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Spawn {
                worker,
                task,
                generation,
                sets,
            } => self.spawn(worker, task, generation, &sets),
            Action::Signal(worker, signal) => self.signal(worker, signal),
            Action::Examine(worker) => self.examine(worker),
            Action::CloseSet(set) => {
                tracing::warn!(
                    task_id = set,
                    "closing the socket of this task: no worker accepts from it, and connections in its queue are reset"
                );
                self.sockets.close(set);
            }
            Action::ReleaseSockets => self.sockets.release(),
            Action::StopGrowing(processes) => {
                tracing::error!(processes, "the added worker failed: no more are added");
            }
            Action::RolloutEnded { ticket, result } => self.rollout_ended(ticket, result),
            Action::ExceededMemory {
                worker,
                rss,
                limit,
                age,
                pause,
            } => self.exceeded_memory(worker, [rss, limit], age, pause),
            Action::ReplaceSupervisor => self.replace_supervisor(),
            Action::End(end) => self.end = Some(end),
        }
    }

    fn spawn(&mut self, worker: WorkerId, task: TaskId, generation: Generation, sets: &[usize]) {
        match self.try_spawn(worker, task, generation, sets) {
            Ok(process) => {
                let pid = pid_number(process.pid);
                tracing::info!(task_id = task, pid, generation, "worker started");
                self.workers.insert(worker, process);
                if self.settings.readiness == Readiness::Exec {
                    self.became_ready(worker);
                }
                self.check_readiness(worker);
            }
            Err(error) => {
                tracing::error!(task_id = task, generation, %error, "cannot start a worker");
                self.events
                    .push_back(Event::SpawnFailed(worker, error.to_string()));
            }
        }
    }

    fn try_spawn(
        &mut self,
        worker: WorkerId,
        task: TaskId,
        generation: Generation,
        sets: &[usize],
    ) -> io::Result<Process> {
        self.ensure_directory();
        let notices = Notices::bind(self.directory.path().join(notify_name(worker)))?;
        self.generations.get(generation)?;
        // As late as possible: from here on connections wait for this worker.
        for &set in sets {
            let opened = self.sockets.open(set).map_err(crate::Error::from);
            opened.map_err(|error| io::Error::other(format!("{error:#}")))?;
        }
        let launch = Launch {
            program: &self.generations.program,
            executable: &self.generations.open[&generation],
            directory: self.generations.directories.get(&generation),
            is_foreign: self.settings.command.is_some(),
            task,
            generation,
            sockets: self.sockets.of(sets)?,
            notify: &notices.address(),
            unnamed_notify: notices.unnamed_address(),
            control: &self.control_path,
            worker_timeout: self.settings.worker_timeout,
        };
        let pid = launch.spawn(&mut *self.settings.hooks.before_spawn)?;
        Ok(Process {
            pid,
            task,
            generation,
            notices,
            channel_is_lost: false,
            started: self.clock.now(),
            note: None,
            signal: None,
            usage: Usage::default(),
            counters: Counters::default(),
        })
    }

    fn signal(&self, worker: WorkerId, signal: policy::Signal) {
        let Some(process) = self.workers.get(&worker) else {
            return;
        };
        let (task_id, pid) = (process.task, pid_number(process.pid));
        let signal = match signal {
            policy::Signal::Term => Signal::TERM,
            policy::Signal::Int => Signal::INT,
            policy::Signal::Kill => {
                tracing::warn!(task_id, pid, "killing a worker");
                Signal::KILL
            }
        };
        if let Err(error) = kill_process(process.pid, signal) {
            tracing::warn!(task_id, pid, %error, "cannot signal a worker");
        }
    }

    fn exceeded_memory(
        &self,
        worker: WorkerId,
        [rss, max_rss]: [u64; 2],
        age: Duration,
        pause: Duration,
    ) {
        let Some(process) = self.workers.get(&worker) else {
            return;
        };
        let (task_id, pid) = (process.task, pid_number(process.pid));
        let (rss, max_rss) = (mebibytes(rss), mebibytes(max_rss));
        if pause.is_zero() {
            tracing::info!(task_id, pid, %rss, %max_rss, ?age, "the worker exceeds max_rss: replacing it");
        } else {
            tracing::warn!(
                task_id, pid, %rss, %max_rss, ?age, replaced_in = ?pause,
                "max_rss is too low: new workers exceed it soon after their start; raise it well above rss"
            );
        }
    }

    fn examine(&self, worker: WorkerId) {
        let Some(process) = self.workers.get(&worker) else {
            return;
        };
        let (task_id, pid) = (process.task, pid_number(process.pid));
        let found = usage::whereabouts(process.pid);
        tracing::error!(task_id, pid, %found, "the worker's event loop stands still");
    }

    /// The process is gone; its last notices are still in its socket.
    pub(super) fn ended(&mut self, id: WorkerId, exit: Exit) {
        self.read_notifications_of(id);
        let Some(process) = self.workers.remove(&id) else {
            return;
        };
        self.gone.add(&process.counters.settled());
        let info = process.info();
        tracing::info!(task_id = info.task_id, pid = info.pid, %exit, "worker ended");
        let public = match exit {
            Exit::Code(code) => WorkerExit::Code(code),
            Exit::Signal(signal) => WorkerExit::Signal(signal),
        };
        (self.settings.hooks.worker_exit)(&info, public);
        // A worker stopped by a foreign signal exits with 0: by that signal, so it is restarted.
        let exit = match (exit, process.signal) {
            (Exit::Code(0), Some(signal)) => Exit::Signal(signal),
            (exit, _) => exit,
        };
        self.feed(Event::Exited(id, exit));
    }

    fn rollout_ended(&mut self, ticket: u64, result: Result<Generation, String>) {
        let response = match &result {
            Ok(generation) => {
                tracing::info!(generation, "reloaded");
                Response {
                    generation: Some(*generation),
                    ..Response::done()
                }
            }
            Err(reason) => {
                tracing::error!(%reason, "the reload failed, the old workers go on");
                Response::failed(reason)
            }
        };
        self.reload_error = result.err();
        self.control
            .rollout_ended(ticket, &response, self.clock.now());
        self.upstream.reload_ended();
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}
