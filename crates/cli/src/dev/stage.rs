//! The event loop of `squall dev`: turns thread messages into session events, performs actions.

use std::{
    collections::BTreeMap,
    env, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use squall_autoreload::{Built, Cancel, Change, StateFile, Status, Watch, Watching};

use super::{
    Dev,
    keys::Keys,
    project::{Project, SQUALL},
    screen::{self, print_status},
    service::{Service, ServiceSettings, StartKind},
    session::{Action, BuildId, BuildOutcome, Event, Session},
};

/// How often the line of progress is drawn.
const TICK: Duration = Duration::from_millis(200);

/// The longest path of a directory with sockets: `sun_path` has 104 bytes on macOS.
const MAX_DIRECTORY: usize = 80;

pub(super) struct Stage {
    session: Session,
    project: Project,
    service: Arc<Service>,
    state: Option<StateFile>,
    watching: Watching,
    sender: Sender<Message>,
    inbox: Receiver<Message>,
    build: Option<Build>,
    build_time: Option<Duration>,
    /// Holds the state file and the control socket; deleted on drop.
    _directory: tempfile::TempDir,
    _keys: Option<Keys>,
}

struct Build {
    cancel: Cancel,
    started: Instant,
}

/// A message from one of the threads.
enum Message {
    Event(Event),
    Changed(BTreeMap<PathBuf, Change>),
    Key(u8),
    Built(BuildId, io::Result<Box<Built>>),
    HandedOver(io::Result<StartKind>, Duration),
    Exited(ExitStatus),
}

impl Stage {
    pub(super) fn prepare(arguments: Dev) -> io::Result<Self> {
        let directory = private_directory()?;
        let project = Project::new(arguments.command, &arguments.watch, directory.path())?;
        let state = (!arguments.no_browser).then(|| StateFile::new(directory.path().join("state")));
        let path = state.as_ref().map(|file| file.path().to_owned());
        let settings = ServiceSettings {
            bind: arguments.bind,
            ready_when: arguments.ready_when,
            state: path.unwrap_or_default(),
            control: directory.path().join("control"),
        };
        // A send fails only after the loop has ended; the message no longer matters then.
        let (sender, inbox) = channel();
        let on_exit = sender.clone();
        let service = Service::new(settings, move |status| {
            let _ = on_exit.send(Message::Exited(status));
        });
        let changed = sender.clone();
        let ignored = arguments.ignore.iter().map(String::as_str);
        let watching = Watch::new(project.roots())
            .poll(arguments.poll)
            .ignore(project.here(), ignored)?
            .start(move |files| {
                let _ = changed.send(Message::Changed(files));
            })?;
        Ok(Self {
            session: Session::new(project.has_build(), arguments.until_success),
            project,
            service: Arc::new(service),
            state,
            watching,
            _keys: watch_signals_and_keys(&sender)?,
            sender,
            inbox,
            build: None,
            build_time: None,
            _directory: directory,
        })
    }

    pub(super) fn run(mut self) -> io::Result<()> {
        self.warn_if_nothing_is_watched();
        let mut next = Some(Message::Event(Event::Begin));
        while let Some(message) = next {
            let actions = match self.event_of(message) {
                Some(event) => self.session.handle(event),
                None => Vec::new(),
            };
            for action in actions {
                match action {
                    Action::Build(build) => self.build(build)?,
                    Action::CancelBuild => self.cancel_build(),
                    Action::HandOver => self.hand_over(),
                    Action::Publish(status) => {
                        if let Some(file) = &self.state {
                            file.publish(&status)?;
                        }
                    }
                    Action::Wait => print_status("waiting for a change"),
                    Action::Stop => {
                        print_status("stopping the program; a second signal kills it");
                        self.service.request_stop();
                    }
                    Action::Kill => self.service.kill(),
                    Action::Exit => {
                        self.service.stop();
                        return Ok(());
                    }
                }
            }
            next = self.next_message();
        }
        Ok(())
    }

    fn next_message(&self) -> Option<Message> {
        loop {
            if !screen::is_active() {
                return self.inbox.recv().ok();
            }
            match self.inbox.recv_timeout(TICK) {
                Ok(message) => return Some(message),
                Err(RecvTimeoutError::Timeout) => screen::tick(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn event_of(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Event(event) => Some(event),
            Message::Key(key) => self.key(key),
            Message::Changed(files) => self.project.classify(&files),
            // A cancelled build may still have finished with success before it was killed.
            Message::Built(build, _) if !self.session.awaits(build) => None,
            Message::Built(build, result) => {
                screen::end_build();
                self.build_time = self.build.take().map(|build| build.started.elapsed());
                let outcome = result.and_then(|built| {
                    let outcome = self.project.finish_build(&built)?;
                    self.watching.watch(self.project.roots(), built.started);
                    Ok(outcome)
                });
                let outcome = outcome.unwrap_or_else(|error| {
                    print_status(&error.to_string());
                    BuildOutcome::Failed(Status::failed(error.to_string()))
                });
                Some(Event::Built(build, outcome))
            }
            Message::HandedOver(result, took) => {
                match &result {
                    Ok(kind) => self.report(*kind, took),
                    Err(error) => print_status(&error.to_string()),
                }
                let with_hint = |error: io::Error| {
                    format!(
                        "{error}\nThe program's own output is in the terminal of `squall dev`.\n"
                    )
                };
                Some(Event::HandedOver(result.map(drop).map_err(with_hint)))
            }
            Message::Exited(status) => {
                print_status(&format!("the program exited ({status})"));
                let success = status.success();
                Some(Event::Exited { success })
            }
        }
    }

    fn key(&mut self, key: u8) -> Option<Event> {
        match key {
            b'r' => {
                self.project.reset();
                Some(Event::Begin)
            }
            b'q' => Some(Event::Quit),
            b'?' | b'h' => {
                print_status(KEYS);
                None
            }
            _ => None,
        }
    }

    fn warn_if_nothing_is_watched(&self) {
        if self.watching.files() == 0 {
            print_status(&format!(
                "warning: nothing is watched: {} has no files, or all of them are ignored; \
                 use --watch PATH",
                self.project.here().display()
            ));
        }
    }

    fn build(&mut self, build: BuildId) -> io::Result<()> {
        let Some(building) = self.project.build(build) else {
            return Ok(());
        };
        let building = building?;
        let reason = self.project.reason();
        screen::begin_build(if reason.is_empty() { "start" } else { reason });
        self.build = Some(Build {
            cancel: building.cancel(),
            started: Instant::now(),
        });
        let sender = self.sender.clone();
        thread::spawn(move || {
            let built = building.wait(screen::print_output);
            let _ = sender.send(Message::Built(build, built.map(Box::new)));
        });
        Ok(())
    }

    fn cancel_build(&mut self) {
        screen::end_build();
        if let Some(build) = self.build.take() {
            build.cancel.cancel();
        }
    }

    fn hand_over(&mut self) {
        let Some(launch) = self.project.launch() else {
            return;
        };
        let (service, sender) = (Arc::clone(&self.service), self.sender.clone());
        thread::spawn(move || {
            let started = Instant::now();
            let result = service.hand_over(&launch);
            let _ = sender.send(Message::HandedOver(result, started.elapsed()));
        });
    }

    /// Prints the line that `cargo xtask bench reload` parses.
    fn report(&mut self, kind: StartKind, took: Duration) {
        let built = self.build_time.take();
        let built = built.map(|took| format!("built in {} ms; ", took.as_millis()));
        let took = took.as_millis();
        let rest = match kind {
            StartKind::Started => "started".to_owned(),
            StartKind::HandedOver => format!("handed over in {took} ms"),
            StartKind::Restarted => format!("restarted in {took} ms without a listening socket"),
        };
        print_status(&format!("{}{rest}", built.unwrap_or_default()));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // When the loop ends with an error, the program still runs and holds its port.
        self.service.request_stop();
    }
}

/// The keys, as shown on `?`.
const KEYS: &str = "keys: r builds and restarts the program, q quits (as Ctrl-C does, twice kills), \
                    ? shows this";

/// Sends signals and key presses as messages.
fn watch_signals_and_keys(sender: &Sender<Message>) -> io::Result<Option<Keys>> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let by_signal = sender.clone();
    thread::spawn(move || {
        for _ in signals.forever() {
            let _ = by_signal.send(Message::Event(Event::Quit));
        }
    });
    let by_key = sender.clone();
    let keys = Keys::read(move |key| {
        let _ = by_key.send(Message::Key(key));
    })?;
    if keys.is_some() {
        print_status("press r to restart the program, q to quit, ? for help");
    }
    Ok(keys)
}

/// Creates the directory of the state file, the control socket and the runner. A path of a socket
/// is short, and cargo splits the runner at white space; if the directory for temporary files does
/// not do, `/tmp` does.
fn private_directory() -> io::Result<tempfile::TempDir> {
    let temporary = env::temp_dir();
    let is_good = |path: &Path| {
        let text = path.to_str().unwrap_or(" ");
        text.len() <= MAX_DIRECTORY && !text.contains(char::is_whitespace) && path.is_absolute()
    };
    let parent = if is_good(&temporary) {
        &temporary
    } else {
        Path::new("/tmp")
    };
    let directory = tempfile::Builder::new()
        .prefix("squall-dev-")
        .tempdir_in(parent)
        .map_err(|error| {
            let message = format!("{}: {error}; set TMPDIR to a short path", parent.display());
            io::Error::new(error.kind(), message)
        })?;
    symlink(env::current_exe()?, directory.path().join(SQUALL))?;
    Ok(directory)
}
