//! `squall dev`: a program that is being written, built and handed over after each change.

mod keys;
mod service;
mod session;

use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    io::{self, IsTerminal, Write, stderr},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode, ExitStatus},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use clap::Args;
use rustix::process::Signal;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use squall_autoreload::{
    Built, Cancel, CargoRun, Executable, Roots, Sources, StateFile, Watch, Watching,
};

use crate::complain;
use keys::Keys;
use service::{How, Service, Settings};
use session::{Action, BuildId, Event, Outcome, Session};

/// Run a program, and again after each change, while the one before answers.
///
/// After `cargo run …`, sources are watched and built; after any other command, the files of this
/// directory are watched. A program of squall's that debugs hands over without refusing a request, as does any
/// other that takes sockets from its parent (LISTEN_FDS) with --bind. Keys: r runs it again, q quits.
#[derive(Args)]
pub(crate) struct Dev {
    /// Listen there for a program that takes its sockets from LISTEN_FDS; may come several times.
    #[arg(long, value_name = "ADDRESS")]
    bind: Vec<String>,
    /// The program does not say READY=1: count it as ready once it runs.
    #[arg(long, requires = "bind")]
    ready_on_exec: bool,
    /// Watch this file or directory too, and run the program again after a change; may come several times.
    #[arg(long, value_name = "PATH")]
    watch: Vec<PathBuf>,
    /// Look for changes twice a second instead of waiting for the kernel to tell.
    #[arg(long)]
    poll: bool,
    /// End when the program ends with exit status 0.
    #[arg(long)]
    until_success: bool,
    /// Leave pages in browsers alone: no reload, no overlay.
    #[arg(long)]
    no_browser: bool,
    /// The command, such as: cargo run --example hello -- --port 8888
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) fn run(arguments: Dev) -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .init();
    match Stage::prepare(arguments).and_then(Stage::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// What the threads tell the loop.
enum Message {
    Event(Event),
    Changed(BTreeSet<PathBuf>),
    Built(BuildId, io::Result<Built>),
    HandedOver(io::Result<How>, Duration),
    Ended(ExitStatus),
}

/// Everything that the session's actions need.
struct Stage {
    session: Session,
    command: Vec<OsString>,
    cargo: Option<Cargo>,
    service: Arc<Service>,
    state: Option<StateFile>,
    watching: Watching,
    extra: Vec<PathBuf>,
    sender: Sender<Message>,
    inbox: Receiver<Message>,
    cancel: Option<Cancel>,
    build_began: Instant,
    built: Option<Duration>,
    _directory: tempfile::TempDir,
    _keys: Option<Keys>,
}

struct Cargo {
    run: CargoRun,
    sources: Sources,
    /// What a change of a manifest has made doubtful.
    is_doubtful: bool,
    executable: Option<Executable>,
    running: Option<Identity>,
}

/// A file that is replaced is another, even under the same name.
type Identity = (u64, u64, Option<SystemTime>);

impl Stage {
    fn prepare(arguments: Dev) -> io::Result<Self> {
        let (sender, inbox) = channel();
        let directory = tempfile::Builder::new().prefix("squall-dev-").tempdir()?;
        let state = (!arguments.no_browser).then(|| StateFile::new(directory.path().join("state")));
        let settings = Settings {
            bind: arguments.bind,
            ready_on_exec: arguments.ready_on_exec,
            state: state
                .as_ref()
                .map(|file| file.path().to_owned())
                .unwrap_or_default(),
            control: directory.path().join("control"),
        };
        let ended = sender.clone();
        let service = Service::new(settings, move |status| {
            // The loop may be over.
            let _ = ended.send(Message::Ended(status));
        });
        let cargo = match CargoRun::parse(&arguments.command).map_err(io::Error::other)? {
            Some(run) => Some(Cargo {
                sources: run.sources()?,
                run,
                is_doubtful: false,
                executable: None,
                running: None,
            }),
            None => None,
        };
        let here = env::current_dir()?;
        let extra = arguments.watch.iter().map(|path| here.join(path));
        let extra: Vec<PathBuf> = extra.collect();
        let own = match &cargo {
            Some(cargo) => cargo.sources.roots(),
            None => Roots::new().sources(&here),
        };
        let changed = sender.clone();
        let watching = Watch::new(with_all(own, &extra))
            .poll(arguments.poll)
            .start(move |files| {
                let _ = changed.send(Message::Changed(files));
            })?;
        Ok(Self {
            session: Session::new(cargo.is_some(), arguments.until_success),
            command: arguments.command,
            cargo,
            service: Arc::new(service),
            state,
            watching,
            extra,
            _keys: hear_people(&sender)?,
            sender,
            inbox,
            cancel: None,
            build_began: Instant::now(),
            built: None,
            _directory: directory,
        })
    }

    fn run(mut self) -> io::Result<()> {
        let mut next = Some(Message::Event(Event::Begin));
        while let Some(message) = next {
            let actions = match self.understand(message) {
                Some(event) => self.session.handle(event),
                None => Vec::new(),
            };
            for action in actions {
                if action == Action::End {
                    return Ok(());
                }
                self.perform(action)?;
            }
            next = self.inbox.recv().ok();
        }
        Ok(())
    }

    fn understand(&mut self, message: Message) -> Option<Event> {
        Some(match message {
            Message::Event(event) => event,
            Message::Changed(files) => return self.meaning(&files),
            Message::Built(build, _) if !self.session.awaits(build) => return None,
            Message::Built(build, result) => {
                self.built = Some(self.build_began.elapsed());
                let outcome = result.and_then(|built| self.choose(built));
                Event::Built(
                    build,
                    outcome.unwrap_or_else(|error| {
                        complain(&error.to_string());
                        Outcome::Failed(error.to_string())
                    }),
                )
            }
            Message::HandedOver(result, took) => {
                match &result {
                    Ok(how) => self.report(*how, took),
                    Err(error) => complain(&error.to_string()),
                }
                Event::HandedOver(result.map(drop).map_err(|error| error.to_string()))
            }
            Message::Ended(status) => {
                tell(&format!("the program ended ({status})"));
                Event::Ended {
                    success: status.success(),
                }
            }
        })
    }

    /// What changed files ask for.
    fn meaning(&mut self, files: &BTreeSet<PathBuf>) -> Option<Event> {
        let any = |is: &dyn Fn(&Path) -> bool| files.iter().any(|file| is(file));
        let is_source = match &mut self.cargo {
            Some(cargo) => {
                cargo.is_doubtful |= any(&|file| cargo.sources.is_for_cargo(file));
                any(&|file| cargo.sources.contains(file))
            }
            None => true,
        };
        if any(&|file| self.extra.iter().any(|root| file.starts_with(root))) {
            Some(Event::Extra)
        } else {
            is_source.then_some(Event::Source)
        }
    }

    fn perform(&mut self, action: Action) -> io::Result<()> {
        match action {
            Action::Build(build) => self.build(build),
            Action::CancelBuild => {
                if let Some(cancel) = self.cancel.take() {
                    cancel.cancel();
                }
                Ok(())
            }
            Action::HandOver => {
                self.hand_over();
                Ok(())
            }
            Action::Publish(status) => match &self.state {
                Some(file) => file.publish(&status),
                None => Ok(()),
            },
            Action::Wait => {
                tell("waiting for a change");
                Ok(())
            }
            Action::Stop => {
                self.service.signal(Signal::TERM);
                Ok(())
            }
            Action::Kill => {
                self.service.signal(Signal::KILL);
                Ok(())
            }
            Action::End => Ok(()),
        }
    }

    fn build(&mut self, build: BuildId) -> io::Result<()> {
        let Some(cargo) = &self.cargo else {
            return Ok(());
        };
        self.build_began = Instant::now();
        let building = cargo.run.build()?;
        self.cancel = Some(building.cancel());
        let sender = self.sender.clone();
        thread::spawn(move || {
            let built = building.wait(Terminal);
            let _ = sender.send(Message::Built(build, built));
        });
        Ok(())
    }

    /// What a build means for what runs, and for what is watched.
    fn choose(&mut self, built: Built) -> io::Result<Outcome> {
        let Some(cargo) = &mut self.cargo else {
            return Ok(Outcome::Same);
        };
        if !built.success {
            return Ok(Outcome::Failed(built.errors));
        }
        let executable = cargo.sources.choose(&built.executables)?;
        if cargo.is_doubtful {
            cargo.sources = cargo.run.sources()?;
            cargo.is_doubtful = false;
        }
        cargo.sources = cargo.sources.clone().with(&executable);
        let is_same = cargo.running == Some(identity(&executable)?);
        cargo.executable = Some(executable);
        let roots = cargo.sources.roots();
        self.watching.watch(with_all(roots, &self.extra));
        Ok(if is_same { Outcome::Same } else { Outcome::New })
    }

    fn hand_over(&mut self) {
        let program = match &mut self.cargo {
            Some(Cargo {
                run,
                executable: Some(executable),
                running,
                ..
            }) => {
                *running = identity(executable).ok();
                run.command(executable)
            }
            _ => {
                let mut words = self.command.iter();
                let mut command = Command::new(words.next().expect("clap requires a command"));
                command.args(words);
                command
            }
        };
        let (service, sender) = (Arc::clone(&self.service), self.sender.clone());
        thread::spawn(move || {
            let began = Instant::now();
            let result = service.hand_over(program);
            let _ = sender.send(Message::HandedOver(result, began.elapsed()));
        });
    }

    /// One line, which `cargo xtask bench reload` reads.
    fn report(&mut self, how: How, took: Duration) {
        let built = self
            .built
            .take()
            .map(|took| format!("built in {} ms; ", took.as_millis()));
        let took = took.as_millis();
        let rest = match how {
            How::Started => "started".to_owned(),
            How::HandedOver => format!("handed over in {took} ms"),
            How::Restarted => format!("restarted in {took} ms, in which nobody listened"),
        };
        tell(&format!("{}{rest}", built.unwrap_or_default()));
    }
}

fn identity(executable: &Executable) -> io::Result<Identity> {
    let found = executable.path.metadata()?;
    Ok((found.ino(), found.len(), found.modified().ok()))
}

fn with_all(roots: Roots, paths: &[PathBuf]) -> Roots {
    paths.iter().fold(roots, Roots::path)
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

#[expect(
    clippy::print_stderr,
    reason = "the program's own words are on standard output"
)]
fn tell(text: &str) {
    eprintln!("squall: {text}");
}
