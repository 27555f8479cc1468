//! CPU time of `squall dev` itself, without and with 100,000 files beside the sources.
#![expect(clippy::print_stdout, reason = "the results are for people")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use testkit::{Running, Signal, temp_dir, wait_for, wait_until};

use crate::Result;

const FILES: usize = 100_000;
const IDLE: Duration = Duration::from_secs(5);
const CHANGES: u32 = 20;

/// CPU time at a change may be so many times that of the small project.
const LIMIT: u32 = 2;

/// Measures both projects with this executable of `squall`.
///
/// # Errors
///
/// If a limit is exceeded, or the system refuses files or processes.
pub fn measure(squall: &Path) -> Result<()> {
    println!(
        "CPU time of `squall dev`, idle for {} s, with new files in the listing, and at a change",
        IDLE.as_secs()
    );
    println!(
        "{:>10} {:>10} {:>10} {:>10}",
        "files", "idle", "listing", "change"
    );
    let small = project(squall, 0)?;
    let large = project(squall, FILES)?;
    // A tick of the kernel's clock is 10 ms.
    let is_idle = large.idle <= Duration::from_millis(20);
    let is_cheap = large.change <= small.change.max(Duration::from_millis(1)) * LIMIT;
    if is_idle && is_cheap {
        Ok(())
    } else {
        Err(format!("that is more than 20 ms when idle, or {LIMIT} times at a change").into())
    }
}

struct Cost {
    idle: Duration,
    change: Duration,
}

fn project(squall: &Path, files: usize) -> Result<Cost> {
    let place = temp_dir();
    let write = |name: &str, text: String| fs::write(place.path().join(name), text);
    fs::create_dir(place.path().join("src"))?;
    fs::create_dir(place.path().join("data"))?;
    write(
        "Cargo.toml",
        "[package]\nname = \"site\"\nedition = \"2024\"\n[workspace]\n".to_owned(),
    )?;
    let main = |round: u32| {
        let text = "fn main() { println!(\"it says ROUND.\"); loop { std::thread::park(); } }";
        write("src/main.rs", text.replace("ROUND", &round.to_string()))
    };
    main(0)?;
    for number in 0..files {
        write(&format!("data/{number}"), String::new())?;
    }
    let mut running = Running::spawn(
        Command::new(squall)
            .current_dir(place.path())
            .env_remove("CARGO_TARGET_DIR")
            .args(["dev", "--", "cargo", "run", "--offline"]),
    );
    running.wait_line("it says 0.");
    running.wait_line("; started");
    // The first change is seen after the first listing of all files, which takes its time once.
    let change = |round: u32| {
        main(round)?;
        wait_for("the new program", || {
            let found = running.output().contains(&format!("it says {round}."));
            found.then_some(())
        });
        Ok::<(), std::io::Error>(())
    };
    change(1)?;
    let process = PathBuf::from(format!("/proc/{}/stat", running.pid()));
    let before = cpu_time(&process)?;
    let began = Instant::now();
    wait_until("the idle time to pass", || began.elapsed() >= IDLE);
    let idle = cpu_time(&process)? - before;

    let before = cpu_time(&process)?;
    for number in 0..CHANGES {
        write(&format!("data/new-{number}"), String::new())?;
        write(&format!("data/new-{number}"), "again".to_owned())?;
    }
    let listing = cpu_time(&process)? - before;

    let before = cpu_time(&process)?;
    for round in 2..2 + CHANGES {
        change(round)?;
    }
    let change = (cpu_time(&process)? - before) / CHANGES;
    running.signal(Signal::Int);
    running.wait();
    println!(
        "{files:>10} {:>7} ms {:>7} ms {:>7.1} ms",
        idle.as_millis(),
        listing.as_millis(),
        change.as_secs_f64() * 1000.0
    );
    Ok(Cost { idle, change })
}

/// Returns the time of the process itself, not of its children (`proc_pid_stat(5)`, fields 14, 15).
fn cpu_time(process: &Path) -> Result<Duration> {
    let stat = fs::read_to_string(process)?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("no name")?;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
    let ticks: u64 = ticks.sum::<std::result::Result<_, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}
