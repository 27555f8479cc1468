//! Where it happens: what the threads tell becomes the session's events, and its actions are done.

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
    keys::{self, Keys},
    project::Project,
    service::{How, Service, Settings},
    session::{Action, BuildId, Event, Outcome, Session},
    tell,
};
use crate::complain;

pub(super) struct Stage {
    session: Session,
    project: Project,
    service: Arc<Service>,
    state: Option<StateFile>,
    watching: Watching,
    sender: Sender<Message>,
    inbox: Receiver<Message>,
    build: Option<Build>,
    built: Option<Duration>,
    /// Of the state and the control socket: it goes with us.
    _directory: tempfile::TempDir,
    _keys: Option<Keys>,
}

struct Build {
    cancel: Cancel,
    began: Instant,
}

/// What the threads tell.
enum Message {
    Event(Event),
    Changed(BTreeSet<PathBuf>),
    Built(BuildId, io::Result<Built>),
    HandedOver(io::Result<How>, Duration),
    Ended(ExitStatus),
}

impl Stage {
    pub(super) fn prepare(arguments: Dev) -> io::Result<Self> {
        let project = Project::new(arguments.command, &arguments.watch)?;
        let directory = tempfile::Builder::new().prefix("squall-dev-").tempdir()?;
        let state = (!arguments.no_browser).then(|| StateFile::new(directory.path().join("state")));
        let path = state.as_ref().map(|file| file.path().to_owned());
        let settings = Settings {
            bind: arguments.bind,
            ready_on_exec: arguments.ready_on_exec,
            state: path.unwrap_or_default(),
            control: directory.path().join("control"),
        };
        // Whoever sends after the loop is over is not heard, here and below.
        let (sender, inbox) = channel();
        let ended = sender.clone();
        let service = Service::new(settings, move |status| {
            let _ = ended.send(Message::Ended(status));
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
            _keys: hear_people(&sender)?,
            sender,
            inbox,
            build: None,
            built: None,
            _directory: directory,
        })
    }

    pub(super) fn run(mut self) -> io::Result<()> {
        let mut next = Some(Message::Event(Event::Begin));
        while let Some(message) = next {
            let actions = match self.understand(message) {
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
                    Action::Wait => tell("waiting for a change"),
                    Action::Stop => self.service.signal(Signal::TERM),
                    Action::Kill => self.service.signal(Signal::KILL),
                    Action::End => return Ok(()),
                }
            }
            next = self.inbox.recv().ok();
        }
        Ok(())
    }

    fn understand(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Event(event) => Some(event),
            Message::Changed(files) => self.project.meaning(&files),
            // It was cancelled, and may have ended well before it heard of that.
            Message::Built(build, _) if !self.session.awaits(build) => None,
            Message::Built(build, result) => {
                self.built = self.build.take().map(|build| build.began.elapsed());
                let outcome = result.and_then(|built| self.project.choose(built));
                self.watching.watch(self.project.roots());
                let outcome = outcome.unwrap_or_else(|error| {
                    complain(&error.to_string());
                    Outcome::Failed(error.to_string())
                });
                Some(Event::Built(build, outcome))
            }
            Message::HandedOver(result, took) => {
                match &result {
                    Ok(how) => self.report(*how, took),
                    Err(error) => complain(&error.to_string()),
                }
                let told = |error: io::Error| {
                    format!("{error}\nWhat the program itself says is in the terminal.\n")
                };
                Some(Event::HandedOver(result.map(drop).map_err(told)))
            }
            Message::Ended(status) => {
                tell(&format!("the program ended ({status})"));
                let success = status.success();
                Some(Event::Ended { success })
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
            began: Instant::now(),
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
            let began = Instant::now();
            let result = service.hand_over(program);
            let _ = sender.send(Message::HandedOver(result, began.elapsed()));
        });
    }

    /// One line, which `cargo xtask bench reload` reads.
    fn report(&mut self, how: How, took: Duration) {
        let built = self.built.take();
        let built = built.map(|took| format!("built in {} ms; ", took.as_millis()));
        let took = took.as_millis();
        let rest = match how {
            How::Started => "started".to_owned(),
            How::HandedOver => format!("handed over in {took} ms"),
            How::Restarted => format!("restarted in {took} ms, in which nobody listened"),
        };
        tell(&format!("{}{rest}", built.unwrap_or_default()));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // After an error, the program would stay on its port.
        self.service.signal(Signal::TERM);
    }
}

/// Signals and keys.
fn hear_people(sender: &Sender<Message>) -> io::Result<Option<Keys>> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let by_signal = sender.clone();
    thread::spawn(move || {
        for _ in signals.forever() {
            let _ = by_signal.send(Message::Event(Event::Quit));
        }
    });
    let keys = Keys::listen()?;
    if keys.is_some() {
        tell("r runs the program again, q quits");
        let by_key = sender.clone();
        thread::spawn(move || {
            keys::each(|key| {
                let event = match key {
                    b'r' => Event::Begin,
                    b'q' => Event::Quit,
                    _ => return,
                };
                let _ = by_key.send(Message::Event(event));
            });
        });
    }
    Ok(keys)
}

/// Where a build's words go, in colours if somebody sees them.
#[derive(Clone)]
struct Terminal;

impl Write for Terminal {
    fn write(&mut self, words: &[u8]) -> io::Result<usize> {
        anstream::AutoStream::auto(stderr()).write(words)
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}
