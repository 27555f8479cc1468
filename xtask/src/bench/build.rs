//! `cargo xtask bench build`: the cost of building a `hello`, compared with axum's.
//!
//! Each program is a package of its own in a temporary folder, so that cargo unifies no features with the workspace. It is
//! built from an empty target folder in the debug profile, with the versions of the workspace's lock file. CPU time is the
//! kernel's count for all processes of the build, so other programs disturb it little; wall time says less.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Result;
use crate::command::{command, read, root, run};

struct Program {
    name: &'static str,
    dependency: &'static str,
    main: &'static str,
    /// How many times axum's CPU time it may take.
    limit: Option<f64>,
}

/// All have the same features of tokio, as most programs have other users of it.
const TOKIO: &str = r#"tokio = { version = "1", features = ["full"] }"#;

const PROGRAMS: &[Program] = &[
    Program {
        name: "axum",
        dependency: r#"axum = "0.8""#,
        main: r#"
use axum::{Router, routing::get};

#[tokio::main]
async fn main() {
    let app = Router::new().route("/", get(|| async { "Hello, world" }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
"#,
        limit: None,
    },
    Program {
        name: "squall, only its server",
        dependency: r#"squall = { path = "ROOT/crates/squall", default-features = false, features = ["server"] }"#,
        main: SQUALL,
        limit: Some(1.3),
    },
    Program {
        name: "squall",
        dependency: r#"squall = { path = "ROOT/crates/squall" }"#,
        main: SQUALL,
        limit: Some(2.5),
    },
];

const SQUALL: &str = r#"
use squall::{Application, get};

#[tokio::main]
async fn main() -> squall::Result<()> {
    let app = Application::new().route("/", get(|| async { "Hello, world" }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await?;
    squall::serve(listener, app).await
}
"#;

/// Builds each program, and prints the table.
pub(super) fn build() -> Result {
    let mut table = String::from(
        "| program | crates | CPU s | wall s | of axum's CPU | goal |\n|---|---|---|---|---|---|\n",
    );
    let mut axum = None;
    for program in PROGRAMS {
        let place = testkit::temp_dir();
        write(place.path(), program)?;
        let build = |step: &str| {
            let mut cargo = command("cargo", step);
            cargo
                .current_dir(place.path())
                .env("CARGO_TARGET_DIR", place.path().join("target"))
                // A wrapper or a cache would measure itself.
                .env_remove("RUSTC_WRAPPER")
                .env_remove("RUSTFLAGS");
            cargo
        };
        run(&mut build("fetch --quiet"))?;
        let crates = crates(&read(&mut build(
            "tree --edges normal,build --prefix none --format {p}",
        ))?);
        let (begun, before) = (Instant::now(), children_cpu_time()?);
        run(&mut build("build --quiet --offline"))?;
        let (wall, cpu) = (begun.elapsed(), children_cpu_time()? - before);
        let ratio = cpu.as_secs_f64() / axum.get_or_insert(cpu).as_secs_f64();
        let goal = program
            .limit
            .map_or(String::new(), |limit| format!("{limit}"));
        table += &format!(
            "| {} | {crates} | {:.1} | {:.1} | {ratio:.2} | {goal} |\n",
            program.name,
            cpu.as_secs_f64(),
            wall.as_secs_f64()
        );
    }
    eprint!("{table}");
    Ok(())
}

fn write(folder: &Path, program: &Program) -> Result {
    let workspace = root().to_string_lossy();
    let dependency = program.dependency.replace("ROOT", &workspace);
    let manifest = format!(
        "[package]\nname = \"hello\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{dependency}\n{TOKIO}\n\n[workspace]\n"
    );
    fs::create_dir(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/main.rs"), program.main)?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(())
}

/// Counts the packages in the output of `cargo tree`, without the program itself.
fn crates(tree: &str) -> usize {
    let packages = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    let packages: BTreeSet<&str> = packages.filter(|line| !line.is_empty()).collect();
    packages.len().saturating_sub(1)
}

/// Returns the CPU time of all descendants that have been waited for (`proc_pid_stat(5)`, `cutime` and `cstime`).
fn children_cpu_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")
        .map_err(|error| format!("CPU time is measured on Linux only: {error}"))?;
    let ticks = waited_ticks(&stat).ok_or("cannot parse /proc/self/stat")?;
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
}

/// Fields 16 and 17, counted from 1; the name in field 2 may contain blanks and brackets.
fn waited_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(13);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::{crates, waited_ticks};

    #[test]
    fn packages_are_counted_once() {
        let tree = "hello v0.0.0 (/x)\na v1.0.0\nb v1.0.0\na v1.0.0 (*)\na v2.0.0\n";
        assert_eq!(crates(tree), 3);
    }

    #[test]
    fn waited_ticks_are_fields_16_and_17() {
        let stat = "7 (a (b) c) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18";
        assert_eq!(waited_ticks(stat), Some(33));
        assert_eq!(waited_ticks("7 (cargo) S 1"), None);
    }
}
