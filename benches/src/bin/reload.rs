//! From a saved file to the new page: the example `friendfeed` under `squall dev`.
//!
//! `cargo xtask bench reload [ROUNDS]`. A copy of this workspace is edited, since its sources are what is
//! watched. Cargo's part is the build time that `squall dev` prints; the rest is our own share.
#![expect(clippy::print_stdout, reason = "the results are for people")]

use std::{
    env, fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use benches::Result;
use testkit::{Running, Signal, Wire, free_port, wait_for};

/// Where a route is added in each round.
const BEFORE: &str = ".route(\"/healthz\"";

/// Limit for our own share.
const LIMIT: Duration = Duration::from_millis(60);

fn main() -> Result<()> {
    let rounds = env::args().nth(1).map_or(Ok(10), |rounds| rounds.parse())?;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // In the same place each time, since cargo builds anew what has moved.
    let place = workspace.join("target/reload");
    let copy = place.join("workspace");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    copy_all(&workspace, &copy)?;
    let source = copy.join("crates/squall/examples/friendfeed/site.rs");
    let text = fs::read_to_string(&source)?;
    if !text.contains(BEFORE) {
        return Err(format!("{} has no {BEFORE}", source.display()).into());
    }
    let site = Site::start(&copy, &place.join("target"))?;
    let mut shares = Vec::new();
    println!("from a saved file to the new page, {rounds} rounds");
    println!("{:>10} {:>10} {:>10}", "all", "cargo", "ours");
    for round in 1..=rounds {
        let route = format!(".route(\"/round-{round}\", get(|| async {{ \"new\" }})){BEFORE}");
        let began = Instant::now();
        fs::write(&source, text.replace(BEFORE, &route))?;
        wait_for("the new page", || {
            (site.status(&format!("/round-{round}")) == 200).then_some(())
        });
        let all = began.elapsed();
        let cargo = site.build_took(round + 1)?;
        let ours = all.saturating_sub(cargo);
        println!(
            "{:>7} ms {:>7} ms {:>7} ms",
            all.as_millis(),
            cargo.as_millis(),
            ours.as_millis()
        );
        shares.push(ours);
    }
    site.stop();
    println!();
    benches::listing::measure(&env::current_exe()?.with_file_name("squall"))?;
    println!();
    shares.sort();
    let median = shares.get(rounds / 2).ok_or("no rounds")?;
    println!("our share: {} ms in the median", median.as_millis());
    if *median < LIMIT {
        Ok(())
    } else {
        Err(format!("that is more than {} ms", LIMIT.as_millis()).into())
    }
}

/// `squall dev` with the example.
struct Site {
    running: Running,
    address: SocketAddr,
}

impl Site {
    /// Built in a directory that stays, so that only the first run takes long.
    fn start(copy: &Path, target: &Path) -> Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        fs::create_dir_all(target)?;
        let target = target.canonicalize()?;
        let squall = env::current_exe()?.with_file_name("squall");
        let cargo = [
            "cargo",
            "run",
            "--package",
            "squall",
            "--example",
            "friendfeed",
        ];
        let mut build = Command::new("cargo");
        build.args(["build", "--package", "squall", "--example", "friendfeed"]);
        // Longer than anything that is waited for below.
        let built = build
            .current_dir(copy)
            .env("CARGO_TARGET_DIR", &target)
            .status()?;
        if !built.success() {
            return Err("the example cannot be built".into());
        }
        let running = Running::spawn(
            Command::new(squall)
                .current_dir(copy)
                .env("CARGO_TARGET_DIR", &target)
                .args(["dev", "--bind", &address.to_string(), "--"])
                .args(cargo),
        );
        running.wait_line("listening address=");
        let site = Self { running, address };
        wait_for("the first page", || {
            (site.status("/healthz") == 200).then_some(())
        });
        Ok(site)
    }

    fn status(&self, path: &str) -> u16 {
        let mut wire = Wire::connect(self.address);
        wire.send(format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ));
        wire.response().status
    }

    /// Of the build of that number.
    fn build_took(&self, number: usize) -> Result<Duration> {
        let milliseconds = wait_for("a line about the build", || {
            let output = self.running.output();
            let mut lines = output
                .lines()
                .filter_map(|line| line.split_once("built in "));
            let (_, rest) = lines.nth(number - 1)?;
            Some(rest.split(' ').next()?.to_owned())
        });
        Ok(Duration::from_millis(milliseconds.parse()?))
    }

    fn stop(mut self) {
        self.running.signal(Signal::Int);
        self.running.wait();
    }
}

/// Copies the sources: no hidden files, and nothing that a build made.
fn copy_all(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        if name != "target" && !name.as_encoded_bytes().starts_with(b".") {
            copy_all(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}
