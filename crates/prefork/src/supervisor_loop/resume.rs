//! The supervisor replaces itself: same process id, same sockets, same workers.

use std::{
    collections::VecDeque,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::PathBuf,
    time::Instant,
};

use rustix::process::Pid;
use serde::{Deserialize, Serialize};

use super::{MEASURE, Process, SupervisorLoop, clock::Clock, upstream::Upstream};
use crate::{
    Counters, Error, Supervisor, control,
    directory::Directory,
    notices::{self, Notices},
    policy::{Generation, Policy, TaskId, Time, WorkerId},
    probes::Probes,
    process::{
        handover::{self, Handover},
        program::{Executable, Generations, Program},
        usage::Usage,
    },
    signals::Signals,
    sockets::{HeldSocket, Sockets},
};

/// The state for the successor. The descriptors follow in the order of the fields.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    now: Time,
    /// Named as earlier versions name it: one may be the predecessor, or the successor.
    #[serde(rename = "machine")]
    policy: Policy,
    gone: Counters,
    directory: PathBuf,
    control_path: PathBuf,
    control_identity: control::Identity,
    // Control socket and the directory's lock: two descriptors.
    workers: Vec<HeldWorker>,
    sockets: Vec<HeldSocket>,
    generations: Vec<HeldGeneration>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeldWorker {
    id: WorkerId,
    pid: i32,
    task: TaskId,
    generation: Generation,
    started: Time,
    note: Option<String>,
    counters: Counters,
    notices: notices::State,
    /// The number of its sockets.
    sockets: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeldGeneration {
    generation: Generation,
    /// A script has a path, a binary a descriptor.
    script: Option<PathBuf>,
    /// The working directory has a descriptor too.
    has_directory: bool,
}

impl SupervisorLoop {
    /// Executes the new program in this process. Returns only when that fails, and then nothing
    /// has changed.
    pub(super) fn replace_supervisor(&mut self) {
        tracing::info!("replacing the supervisor");
        self.upstream.reloading();
        let error = match self.handover() {
            Ok(handover) => self.execute(handover),
            Err(error) => error,
        };
        tracing::error!(%error, "cannot replace the supervisor, the old one goes on");
        self.reload_error = Some(format!("cannot replace the supervisor: {error}"));
        self.upstream.reload_ended();
    }

    fn execute(&mut self, handover: Handover) -> io::Error {
        if self.settings.command.is_some() {
            return match self.own.open() {
                Ok(executable) => handover.execute(&self.own, &executable),
                Err(error) => error,
            };
        }
        // The very file that the workers have just proved to be good.
        match self.generations.get(self.policy.generation) {
            Ok(executable) => handover.execute(&self.own, executable),
            Err(error) => error,
        }
    }

    fn handover(&mut self) -> io::Result<Handover> {
        let (sockets, listeners) = self.sockets.held();
        let generations = self
            .generations
            .open
            .iter()
            .map(|(&generation, executable)| {
                let script = match executable {
                    Executable::Path(path) => Some(path.clone()),
                    Executable::Binary(_) => None,
                };
                HeldGeneration {
                    generation,
                    script,
                    has_directory: self.generations.directories.contains_key(&generation),
                }
            });
        let state = State {
            now: self.clock.now(),
            policy: self.policy.snapshot()?,
            gone: self.gone.clone(),
            directory: self.directory.path().to_owned(),
            control_path: self.control_path.clone(),
            control_identity: self.control.identity,
            workers: self
                .workers
                .iter()
                .map(|(&id, process)| process.held(id))
                .collect(),
            sockets,
            generations: generations.collect(),
        };
        let binaries = self
            .generations
            .open
            .values()
            .filter_map(|executable| match executable {
                Executable::Binary(file) => Some(file.as_fd()),
                Executable::Path(_) => None,
            });
        let own = [self.control.listener.as_fd(), self.directory.lock()];
        let notices = self
            .workers
            .values()
            .flat_map(|process| process.notices.descriptors());
        let descriptors: Vec<BorrowedFd<'_>> = own
            .into_iter()
            .chain(notices)
            .chain(listeners)
            .chain(binaries)
            .chain(self.generations.directories.values().map(AsFd::as_fd))
            .collect();
        let state = serde_json::to_vec(&state)?;
        Handover::new(&state, &descriptors, self.directory.path())
    }

    /// Goes on where the predecessor stopped, with the settings of this program.
    pub(crate) fn resume(
        settings: Supervisor,
        (state, descriptors): handover::Received,
    ) -> Result<Self, Error> {
        let signals = Signals::new().map_err(Error::io("cannot handle signals"))?;
        settings.check()?;
        let invalid = || Error::io("cannot take over");
        let state: State =
            serde_json::from_slice(&state).map_err(|error| invalid()(error.into()))?;
        let mut descriptors = VecDeque::from(descriptors);
        let mut next = || {
            let missing = || io::Error::new(io::ErrorKind::UnexpectedEof, "too few descriptors");
            descriptors.pop_front().ok_or_else(missing)
        };
        let control = next()
            .and_then(|fd| control::Server::resume(fd.into(), state.control_identity))
            .map_err(Error::io("cannot take over the control socket"))?;
        let directory = next()
            .and_then(|lock| Directory::resume(state.directory, lock))
            .map_err(Error::io("cannot take over the runtime directory"))?;
        let mut workers = std::collections::BTreeMap::new();
        for held in state.workers {
            workers.insert(held.id, held.process(&mut next).map_err(invalid())?);
        }
        let listeners: io::Result<Vec<(HeldSocket, OwnedFd)>> = state
            .sockets
            .into_iter()
            .map(|held| Ok((held, next()?)))
            .collect();
        let sockets = Sockets::resume(
            settings.endpoints()?,
            settings.sharing(),
            listeners.map_err(invalid())?,
        )
        .map_err(invalid())?;
        settings.check_connects(&sockets)?;
        let own = Program::current().map_err(Error::io("cannot find this program"))?;
        let mut generations = Generations::new(settings.program(&own));
        for held in &state.generations {
            let executable = match &held.script {
                Some(path) => Executable::Path(path.clone()),
                None => Executable::Binary(next().map_err(invalid())?),
            };
            generations.open.insert(held.generation, executable);
        }
        for held in state.generations.iter().filter(|held| held.has_directory) {
            let directory = next().map_err(invalid())?;
            generations.directories.insert(held.generation, directory);
        }
        tracing::info!("replaced the supervisor");
        crate::worker::identity::name_process();
        let mut resumed = Self {
            policy: state.policy.resume(settings.rules(sockets.sharing())),
            sockets,
            own,
            generations,
            workers,
            probes: Probes::default(),
            gone: state.gone,
            reload_error: None,
            clock: Clock::start(state.now, Instant::now()),
            measure_at: state.now + MEASURE,
            directory,
            has_directory: true,
            control_path: state.control_path,
            control,
            has_control: true,
            signals,
            upstream: Upstream::new(),
            events: VecDeque::new(),
            end: None,
            settings,
        };
        let ids: Vec<WorkerId> = resumed.workers.keys().copied().collect();
        for id in ids {
            resumed.check_readiness(id);
        }
        Ok(resumed)
    }
}

impl Process {
    fn held(&self, id: WorkerId) -> HeldWorker {
        HeldWorker {
            id,
            pid: self.pid.as_raw_nonzero().get(),
            task: self.task,
            generation: self.generation,
            started: self.started,
            note: self.note.clone(),
            counters: self.counters.clone(),
            notices: self.notices.state(),
            sockets: self.notices.descriptors().count(),
        }
    }
}

impl HeldWorker {
    fn process(self, next: &mut impl FnMut() -> io::Result<OwnedFd>) -> io::Result<Process> {
        let no_pid = || io::Error::new(io::ErrorKind::InvalidData, "no process id");
        Ok(Process {
            pid: Pid::from_raw(self.pid).ok_or_else(no_pid)?,
            task: self.task,
            generation: self.generation,
            notices: Notices::resume(self.notices, next, self.sockets)?,
            channel_is_lost: false,
            started: self.started,
            note: self.note,
            signal: None,
            usage: Usage::default(),
            counters: self.counters,
        })
    }
}
