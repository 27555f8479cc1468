//! `Supervisor::run`: from the settings to the loop.

use std::io;

use crate::{
    ConfigError, Error, Supervisor,
    error::Outcome,
    policy::Sharing,
    process::{handover, spawn},
    signals::{stop_ignoring, unblock_signals},
    sockets::Sockets,
    supervisor_loop::SupervisorLoop,
    worker::{
        self,
        inherit::{self, Socket},
    },
};

impl Supervisor {
    /// Supervises until everything has ended. Blocks; call it from the main thread.
    ///
    /// It handles SIGTERM and SIGQUIT (graceful), SIGINT (quick; a second one of the three:
    /// immediate), SIGHUP (reload), SIGTTIN and SIGTTOU (one worker more, less), SIGUSR1 (passed
    /// on, to reopen logs) and SIGUSR2 (reload, then replace this process too).
    ///
    /// # Errors
    ///
    /// Before any worker starts: a wrong setting, or an address that can't be listened on. Later:
    /// no worker ever booted, or too many had to be restarted. An error in a process that has just
    /// replaced its predecessor (SIGUSR2) stops the workers gracefully.
    pub fn run(self) -> Result<Outcome, Error> {
        if let Some(task_id) = worker::task_id() {
            let Some(program) = self.foreign() else {
                return Err(ConfigError::AlreadyWorker { task_id }.into());
            };
            return Err(Error::io("cannot become the worker's program")(
                spawn::become_program(&program),
            ));
        }
        if spawn::is_unfinished() {
            // Its sockets would make this process a second supervisor.
            let gone = io::Error::from(io::ErrorKind::NotConnected);
            return Err(Error::io(
                "the supervisor ended during the spawn of this worker",
            )(gone));
        }
        unblock_signals().map_err(Error::io("cannot unblock signals"))?;
        stop_ignoring();
        if let Some(state) = handover::receive().map_err(Error::io("cannot take over"))? {
            return SupervisorLoop::resume(self, state)?.run();
        }
        self.check()?;
        let inherited = inherit::take()?;
        let sockets = self.bind(inherited, self.sharing())?;
        self.check_connects(&sockets)?;
        SupervisorLoop::start(self, sockets)?.run()
    }

    /// The sockets for a program that serves in this process, without supervisor (`processes(1)`);
    /// in a worker, the ones it was passed. The file of a unix socket is removed with its listener.
    ///
    /// # Errors
    ///
    /// A wrong setting, or an address that can't be listened on.
    pub fn sockets(self) -> Result<Vec<Socket>, Error> {
        let inherited = inherit::take()?;
        if worker::is_worker() {
            return Ok(inherited);
        }
        self.check()?;
        let mut sockets = self.bind(inherited, Sharing::One)?;
        sockets.open(0)?;
        sockets
            .of(&[0])
            .map_err(Error::io("cannot duplicate a socket"))
    }

    fn bind(&self, inherited: Vec<Socket>, sharing: Sharing) -> Result<Sockets, Error> {
        Ok(Sockets::new(self.endpoints()?, sharing, inherited)?)
    }
}
