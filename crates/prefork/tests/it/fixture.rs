//! The program that the tests supervise: a small blocking server with faults built in.
//!
//! Its arguments are settings of the supervisor, `name=value`. What it does as a worker is said by
//! the words in `FIXTURE` and by the words at the end of its own executable file, after `BUILD=`:
//! so a test makes another build by copying the file and appending to it.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    os::fd::{AsFd, OwnedFd},
    process::{Command, ExitCode},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use squall_prefork::{
    Balance, Counters, Readiness, Restart, Supervisor,
    worker::{self, ListenerSocket, Notifier, Socket},
};

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    squall_prefork::unblock_signals().expect("the kernel lets us");
    let supervisor = settings();
    if worker::is_worker() && !env::args().any(|argument| argument.starts_with("command=")) {
        return serve();
    }
    if env::args().any(|argument| argument == "alone") {
        let sockets = supervisor.sockets().expect("the test gives a free address");
        return work(sockets, &words());
    }
    match supervisor.run() {
        Ok(outcome) => {
            tracing::info!(?outcome, "over");
            outcome.exit_code()
        }
        Err(error) => {
            tracing::error!("failed: {error:#}");
            error.exit_code()
        }
    }
}

fn settings() -> Supervisor {
    let mut supervisor = Supervisor::new()
        .processes(2)
        .when_ready(|worker| tracing::info!("hook: {} is ready", worker.task_id))
        .worker_exit(|worker, exit| tracing::info!("hook: {} ended: {exit:?}", worker.task_id));
    for argument in env::args().skip(1).filter(|argument| argument != "alone") {
        let (name, value) = argument.split_once('=').expect("an argument is name=value");
        let seconds = || match value {
            "never" => Duration::MAX,
            "u64" => Duration::from_secs(u64::MAX),
            _ => Duration::from_secs_f64(value.parse().expect("seconds")),
        };
        let number = || value.parse::<u32>().expect("a number");
        supervisor = match name {
            "processes" => supervisor.processes(number() as usize),
            "listen" => supervisor.listen(value),
            "ports" => {
                let first = value.parse().expect("a port");
                supervisor.ports(first..first + 4)
            }
            "shared" => supervisor.balance(Balance::Shared),
            "exec" => supervisor.readiness(Readiness::Exec),
            "start_timeout" => supervisor.start_timeout(seconds()),
            "graceful_timeout" => supervisor.graceful_timeout(seconds()),
            "worker_timeout" => supervisor.worker_timeout(seconds()),
            "max_restarts" => supervisor.max_restarts(number()),
            "max_requests" => supervisor.max_requests(u64::from(number())),
            "max_rss" => supervisor.max_rss(u64::from(number()) << 20),
            "control" => supervisor.control(value),
            "balance" => supervisor.balance(Balance::ReusePort),
            "cwd" => supervisor.current_dir(value),
            "restart" => supervisor.restart(match value {
                "always" => Restart::Always,
                "on-failure" => Restart::OnFailure,
                _ => Restart::Never,
            }),
            "hook" => {
                let value = value.to_owned();
                supervisor.before_spawn(move |task, command| {
                    command.env("HOOKED", format!("{value}{task}"));
                })
            }
            "command" => {
                let mut parts = value.split(' ');
                supervisor.command(parts.next().expect("a program"), parts)
            }
            _ => panic!("{name} is no setting"),
        };
    }
    supervisor
}

/// The words that apply to this worker: `1:panic` is for task 1 only.
fn words() -> Vec<String> {
    // One of mode 0711 cannot be read.
    let file = fs::read("/proc/self/exe").unwrap_or_default();
    let end = String::from_utf8_lossy(&file[file.len().saturating_sub(200)..]).into_owned();
    let build = end.rsplit_once("BUILD=").map_or("", |(_, words)| words);
    let task = worker::task_id().unwrap_or_default().to_string();
    let all = format!("{} {build}", env::var("FIXTURE").unwrap_or_default());
    all.split_whitespace()
        .filter_map(|word| match word.split_once(':') {
            Some((only, word)) => (only == task).then(|| word.to_owned()),
            None => Some(word.to_owned()),
        })
        .collect()
}

fn serve() -> ExitCode {
    let words = words();
    let has = |word: &str| words.iter().any(|one| one == word);
    worker::stop_with_supervisor().expect("the kernel knows PR_SET_PDEATHSIG");
    if has("report") {
        report();
    }
    assert!(!has("panic"), "this build panics at start");
    if has("exit0") {
        return ExitCode::SUCCESS;
    }
    // A file decides: the test can cure it.
    if let Some(path) = words.iter().find_map(|word| word.strip_prefix("needs=")) {
        assert!(fs::exists(path).unwrap_or(false), "{path} is missing");
    }
    // Takes its time to start, as long as the test wants.
    if let Some(path) = words.iter().find_map(|word| word.strip_prefix("awaits=")) {
        testkit::wait_until(path, || fs::exists(path).unwrap_or(false));
    }
    let sockets = worker::sockets().expect("the supervisor hands over sockets");
    work(sockets, &words)
}

/// Prints what this process has inherited, `inherited NAME VALUE` a line.
#[expect(clippy::print_stderr, reason = "the test reads it")]
fn report() {
    let read = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
    for line in read("status").lines().chain(read("limits").lines()) {
        let (name, value) = line.split_once(['\t', ' ']).unwrap_or((line, ""));
        eprintln!("inherited {} {}", name.trim_end_matches(':'), value.trim());
    }
    let stat = read("stat");
    let fields: Vec<&str> = stat.split_whitespace().collect();
    eprintln!("inherited pid {}", std::process::id());
    eprintln!("inherited group {}", fields[4]);
    eprintln!("inherited session {}", fields[5]);
    eprintln!("inherited nice {}", fields[18]);
    eprintln!("inherited oom {}", read("oom_score_adj").trim());
    for (name, value) in env::vars() {
        eprintln!("inherited ${name} {value}");
    }
    for entry in fs::read_dir("/proc/self/fd").expect("it is ours").flatten() {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        // The last is that of this loop.
        if !target.starts_with("/proc") {
            let number = entry.file_name();
            eprintln!("inherited fd{} {}", number.display(), target.display());
        }
    }
    eprintln!("inherited everything");
}

struct Shared {
    stop: AtomicBool,
    in_flight: AtomicU64,
    words: Vec<String>,
    reopened: AtomicBool,
}

fn work(sockets: Vec<Socket>, words: &[String]) -> ExitCode {
    let has = |word: &str| words.iter().any(|one| one == word);
    let shared = Arc::new(Shared {
        stop: AtomicBool::new(false),
        in_flight: AtomicU64::new(0),
        words: words.to_vec(),
        reopened: AtomicBool::new(false),
    });
    let stop = Arc::new(AtomicBool::new(false));
    let reopen = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGUSR1, Arc::clone(&reopen)).expect("USR1 may be handled");
    let ignored = Arc::new(AtomicBool::new(false));
    let on_term = if has("deaf") { &ignored } else { &stop };
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(on_term)).expect("may be handled");
    }
    let _children: Vec<_> = sockets
        .iter()
        .filter(|_| has("child"))
        .map(keep_by_child)
        .collect();
    let notifier = Notifier::from_env();
    notifier.status(&words.join(" "));
    if !has("silent") {
        notifier.ready();
    }
    let (report, reports) = mpsc::channel();
    let mut counters = Counters::default();
    while !stop.load(SeqCst) {
        // Before a request is accepted: one of them ends the ticks.
        if !shared.stop.load(SeqCst) && !has("tickless") {
            notifier.alive();
        }
        wait_readable(&sockets);
        for socket in &sockets {
            accept(socket, &shared, &report, &mut counters);
        }
        shared.reopened.fetch_or(reopen.load(SeqCst), SeqCst);
        counters.in_flight = shared.in_flight.load(SeqCst);
        reports
            .try_iter()
            .for_each(|took| counters.record(200, took));
        notifier.counters(&counters);
        assert!(!has("late"), "fails late");
    }
    notifier.stopping();
    // Connections in a queue would be reset with its socket.
    for socket in &sockets {
        accept(socket, &shared, &report, &mut counters);
    }
    drop(sockets);
    drop(report);
    // Ends when the last connection's thread drops its sender.
    reports.iter().for_each(|took| counters.record(200, took));
    counters.in_flight = 0;
    notifier.finished(&counters);
    ExitCode::SUCCESS
}

/// A child in the same process group that holds the socket, as a careless program's would.
fn keep_by_child(socket: &Socket) -> std::process::Child {
    let fd = socket
        .listener
        .as_fd()
        .try_clone_to_owned()
        .expect("a descriptor is left");
    Command::new("sleep")
        .arg("1000")
        .stdin(fd)
        .spawn()
        .expect("sleep is installed")
}

fn wait_readable(sockets: &[Socket]) {
    let mut polled: Vec<PollFd<'_>> = sockets
        .iter()
        .map(|socket| PollFd::from_borrowed_fd(socket.listener.as_fd(), PollFlags::IN))
        .collect();
    let timeout = Timespec {
        tv_sec: 0,
        tv_nsec: 20_000_000,
    };
    // A signal interrupts it, which is welcome.
    let _ = poll(&mut polled, Some(&timeout));
}

fn accept(
    socket: &Socket,
    shared: &Arc<Shared>,
    report: &mpsc::Sender<Duration>,
    counters: &mut Counters,
) {
    loop {
        let stream: OwnedFd = match socket.listener.socket() {
            ListenerSocket::Tcp(listener) => {
                listener
                    .set_nonblocking(true)
                    .expect("a listener can be nonblocking");
                let Ok((stream, _)) = listener.accept() else {
                    return;
                };
                stream.set_nonblocking(false).expect("a stream can block");
                stream.into()
            }
            ListenerSocket::Unix(listener) => {
                listener
                    .set_nonblocking(true)
                    .expect("a listener can be nonblocking");
                let Ok((stream, _)) = listener.accept() else {
                    return;
                };
                stream.set_nonblocking(false).expect("a stream can block");
                stream.into()
            }
        };
        counters.accepted += 1;
        shared.in_flight.fetch_add(1, SeqCst);
        let (shared, report) = (Arc::clone(shared), report.clone());
        thread::spawn(move || {
            let began = Instant::now();
            // A client that went away is its own business.
            let answered = answer(stream, &shared).is_ok();
            shared.in_flight.fetch_sub(1, SeqCst);
            if answered {
                // The main thread may have ended.
                let _ = report.send(began.elapsed());
            }
        });
    }
}

fn answer(stream: OwnedFd, shared: &Shared) -> std::io::Result<()> {
    // Only read and written, which is the same for a unix socket.
    let mut stream = TcpStream::from(stream);
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let path = lines.next().transpose()?.unwrap_or_default();
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let path = path.split(' ').nth(1).unwrap_or_default().to_owned();
    match path.as_str() {
        // Never ends by itself.
        "/hang" => loop {
            thread::park();
        },
        // Leaves a process behind whose parent is gone at once.
        "/orphan" => {
            let status = Command::new("sh")
                .args(["-c", "setsid sh -c 'exit 0' &"])
                .status();
            assert!(status?.success());
        }
        // The watchdog gets no more signs.
        "/stick" => shared.stop.store(true, SeqCst),
        _ => {}
    }
    if let Some(megabytes) = path.strip_prefix("/grow/") {
        let size: usize = megabytes.parse().expect("megabytes");
        std::mem::forget(vec![1_u8; size << 20]);
    }
    let body = format!(
        "task={} pid={} generation={} hooked={} reopened={} cwd={} pwd={} words={}",
        worker::task_id().map_or("none".to_owned(), |task| task.to_string()),
        std::process::id(),
        worker::generation().unwrap_or_default(),
        env::var("HOOKED").unwrap_or_default(),
        shared.reopened.load(SeqCst),
        env::current_dir().unwrap_or_default().display(),
        env::var("PWD").unwrap_or_default(),
        shared.words.join(","),
    );
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}",
        body.len()
    );
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes())
}
