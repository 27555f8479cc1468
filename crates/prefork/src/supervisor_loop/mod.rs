//! The supervisor's loop: waits for events, passes them to the policy, performs its actions.

mod clock;
mod perform;
mod readiness;
mod report;
mod requests;
mod resume;
mod tend;
mod upstream;
mod watch;

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    os::fd::AsFd,
    path::PathBuf,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::Pid,
};

use self::{clock::Clock, upstream::Upstream};
use crate::{
    Counters, Error, Outcome, Supervisor, WorkerInfo, control,
    directory::{self, Directory},
    notices::Notices,
    policy::{Event, ExitReason, Policy, Sharing, TaskId, Time, WorkerId},
    probes::Probes,
    process::{
        program::{Generations, Program},
        usage::Usage,
    },
    signals::Signals,
    sockets::Sockets,
};

/// How often workers are measured.
const MEASURE: Duration = Duration::from_secs(1);

pub(crate) struct SupervisorLoop {
    settings: Supervisor,
    policy: Policy,
    sockets: Sockets,
    /// This program, as it was found when it started.
    own: Program,
    generations: Generations,
    workers: BTreeMap<WorkerId, Process>,
    probes: Probes,
    gone: Counters,
    reload_error: Option<String>,
    clock: Clock,
    measure_at: Time,
    directory: Directory,
    /// Whether it could be made again when it was last looked for.
    has_directory: bool,
    control_path: PathBuf,
    control: control::Server,
    has_control: bool,
    signals: Signals,
    upstream: Upstream,
    events: VecDeque<Event>,
    end: Option<ExitReason>,
}

/// A worker's process, as this one sees it.
struct Process {
    pid: Pid,
    task: TaskId,
    generation: u64,
    notices: Notices,
    /// Its notices cannot arrive, which has been logged.
    channel_is_lost: bool,
    started: Time,
    note: Option<String>,
    /// The signal that it ends because of, by its own notice.
    signal: Option<i32>,
    usage: Usage,
    counters: Counters,
}

impl SupervisorLoop {
    pub(crate) fn start(settings: Supervisor, mut sockets: Sockets) -> Result<Self, Error> {
        let signals = Signals::new().map_err(Error::io("cannot handle signals"))?;
        let own = Program::current().map_err(Error::io("cannot find this program"))?;
        let program = settings.program(&own);
        let size = settings.size();
        let sharing = sockets.sharing();
        for set in 0..if sharing == Sharing::One { 1 } else { size } {
            sockets.open(set)?;
        }
        let directory = Directory::new().map_err(Error::io("cannot make a runtime directory"))?;
        let control_path = match &settings.control {
            // Workers get the path, and may change their directory.
            Some(path) => {
                std::path::absolute(path).map_err(|error| Error::control(path.clone(), error))?
            }
            None => directory.path().join(directory::CONTROL),
        };
        let control = control::Server::bind(&control_path)
            .map_err(|error| Error::control(control_path.clone(), error))?;
        let mut supervisor_loop = Self {
            policy: Policy::new(settings.rules(sharing)),
            sockets,
            own,
            generations: Generations::new(program),
            workers: BTreeMap::new(),
            probes: Probes::default(),
            gone: Counters::default(),
            reload_error: None,
            clock: Clock::start(Time::ZERO, Instant::now()),
            measure_at: MEASURE,
            directory,
            has_directory: true,
            control_path,
            control,
            has_control: true,
            signals,
            upstream: Upstream::new(),
            events: VecDeque::new(),
            end: None,
            settings,
        };
        for address in supervisor_loop.sockets.addresses() {
            tracing::info!(%address, "listening");
        }
        supervisor_loop.feed(Event::Start(size));
        Ok(supervisor_loop)
    }

    pub(crate) fn run(mut self) -> Result<Outcome, Error> {
        while self.end.is_none() {
            self.wait().map_err(Error::io("cannot wait for events"))?;
            for request in self.signals.pending() {
                self.handle_signal(request);
            }
            self.read_notifications();
            self.reap();
            self.check_starting();
            for request in self.control.take_requests(self.clock.now()) {
                self.handle_request(request);
            }
            let now = self.clock.now();
            // Before a worker is judged by its silence, its channel is looked after.
            if now >= self.measure_at || self.policy.deadline().is_some_and(|at| now >= at) {
                self.tend();
            }
            if now >= self.measure_at {
                self.measure_at = now + MEASURE;
                self.measure();
            }
            self.feed(Event::Tick);
            let is_ready = self.policy.all_ready() && !self.policy.is_stopping();
            self.upstream.notify(is_ready, Instant::now());
        }
        match self.end {
            Some(ExitReason::NeverBooted) => Err(Error::never_booted()),
            Some(ExitReason::GaveUp) => Err(Error::gave_up(self.policy.restarts)),
            Some(ExitReason::Failed) => Err(Error::failed()),
            Some(ExitReason::Finished) => Ok(Outcome::Finished),
            Some(ExitReason::Stopped) | None => Ok(Outcome::Stopped),
        }
    }

    /// Sleeps until a descriptor is readable or a deadline is reached, and begins a turn.
    fn wait(&mut self) -> std::io::Result<()> {
        let deadlines = [
            self.policy.deadline(),
            self.control.deadline(),
            self.probes.deadline(),
            Some(self.measure_at),
        ];
        let deadline = deadlines.into_iter().flatten().min().unwrap_or_default();
        let began = Instant::now();
        let wait = self
            .clock
            .wait(deadline, self.policy.shortest_timeout(), began);
        let notify_at = self.upstream.deadline();
        let wait = notify_at.map_or(wait, |at| at.saturating_duration_since(began).min(wait));
        // Rounded up, or the last part of the wait would be spent spinning.
        let left = wait + Duration::from_millis(1);
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        let notices = self
            .workers
            .values()
            .flat_map(|worker| worker.notices.descriptors());
        let mut polled: Vec<PollFd<'_>> = std::iter::once(self.signals.as_fd())
            .chain(self.control.descriptors(self.clock.now()))
            .chain(notices)
            .chain(self.probes.descriptors())
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        self.clock.turn(Instant::now());
        Ok(())
    }
}

impl Process {
    fn info(&self) -> WorkerInfo {
        WorkerInfo {
            task_id: self.task,
            pid: pid_number(self.pid),
            generation: self.generation,
        }
    }
}

impl Drop for SupervisorLoop {
    fn drop(&mut self) {
        if self.control.is_at(&self.control_path) {
            // The next start removes a stale socket.
            let _ = fs::remove_file(&self.control_path);
        }
    }
}

fn pid_number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}
