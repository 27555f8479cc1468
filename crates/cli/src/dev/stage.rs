//! The event loop of `squall dev`: turns thread messages into session events, performs actions.

use std::{
    collections::BTreeSet,
    io::{self, Write, stderr},
    path::PathBuf,
    process::ExitStatus,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use squall_autoreload::{Built, Cancel, StateFile, Watch, Watching};

use super::{
    Dev,
    keys::{self, RawTerminal},
    print_status,
    project::Project,
    service::{Service, ServiceSettings, StartKind},
    session::{Action, BuildId, BuildOutcome, Event, Session},
};
use crate::print_error;

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
    _terminal: Option<RawTerminal>,
}

struct Build {
    cancel: Cancel,
    started: Instant,
}

/// A message from one of the threads.
enum Message {
    Event(Event),
    Changed(BTreeSet<PathBuf>),
    Built(BuildId, io::Result<Built>),
    HandedOver(io::Result<StartKind>, Duration),
    Exited(ExitStatus),
}

impl Stage {
    pub(super) fn prepare(arguments: Dev) -> io::Result<Self> {
        let project = Project::new(arguments.command, &arguments.watch)?;
        let directory = tempfile::Builder::new().prefix("squall-dev-").tempdir()?;
        let state = (!arguments.no_browser).then(|| StateFile::new(directory.path().join("state")));
        let path = state.as_ref().map(|file| file.path().to_owned());
        let settings = ServiceSettings {
            bind: arguments.bind,
            ready_on_exec: arguments.ready_on_exec,
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
        let watching = Watch::new(project.roots())
            .poll(arguments.poll)
            .start(move |files| {
                let _ = changed.send(Message::Changed(files));
            })?;
        Ok(Self {
            session: Session::new(project.has_build(), arguments.until_success),
            project,
            service: Arc::new(service),
            state,
            watching,
            _terminal: watch_signals_and_keys(&sender)?,
            sender,
            inbox,
            build: None,
            build_time: None,
            _directory: directory,
        })
    }

    pub(super) fn run(mut self) -> io::Result<()> {
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
                    Action::Stop => self.service.signal(Signal::TERM),
                    Action::Kill => self.service.signal(Signal::KILL),
                    Action::Exit => return Ok(()),
                }
            }
            next = self.inbox.recv().ok();
        }
        Ok(())
    }

    fn event_of(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Event(event) => Some(event),
            Message::Changed(files) => self.project.classify(&files),
            // A cancelled build may still have finished with success before it was killed.
            Message::Built(build, _) if !self.session.awaits(build) => None,
            Message::Built(build, result) => {
                self.build_time = self.build.take().map(|build| build.started.elapsed());
                let outcome = result.and_then(|built| self.project.finish_build(built));
                self.watching.watch(self.project.roots());
                let outcome = outcome.unwrap_or_else(|error| {
                    print_error(&error.to_string());
                    BuildOutcome::Failed(error.to_string())
                });
                Some(Event::Built(build, outcome))
            }
            Message::HandedOver(result, took) => {
                match &result {
                    Ok(kind) => self.report(*kind, took),
                    Err(error) => print_error(&error.to_string()),
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

    fn build(&mut self, build: BuildId) -> io::Result<()> {
        let Some(building) = self.project.build() else {
            return Ok(());
        };
        let building = building?;
        self.build = Some(Build {
            cancel: building.cancel(),
            started: Instant::now(),
        });
        let sender = self.sender.clone();
        thread::spawn(move || {
            let built = building.wait(Terminal);
            let _ = sender.send(Message::Built(build, built));
        });
        Ok(())
    }

    fn cancel_build(&mut self) {
        if let Some(build) = self.build.take() {
            build.cancel.cancel();
        }
    }

    fn hand_over(&mut self) {
        let program = self.project.program();
        let (service, sender) = (Arc::clone(&self.service), self.sender.clone());
        thread::spawn(move || {
            let started = Instant::now();
            let result = service.hand_over(program);
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
        self.service.signal(Signal::TERM);
    }
}

/// Sends signals and key presses as events.
fn watch_signals_and_keys(sender: &Sender<Message>) -> io::Result<Option<RawTerminal>> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let by_signal = sender.clone();
    thread::spawn(move || {
        for _ in signals.forever() {
            let _ = by_signal.send(Message::Event(Event::Quit));
        }
    });
    let terminal = RawTerminal::open()?;
    if terminal.is_some() {
        print_status("press r to restart the program, q to quit");
        let by_key = sender.clone();
        thread::spawn(move || {
            keys::for_each_key(|key| {
                let event = match key {
                    b'r' => Event::Begin,
                    b'q' => Event::Quit,
                    _ => return,
                };
                let _ = by_key.send(Message::Event(event));
            });
        });
    }
    Ok(terminal)
}

/// Standard error for compiler output; colours are stripped unless it is a terminal.
#[derive(Clone)]
struct Terminal;

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        anstream::AutoStream::auto(stderr()).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}
