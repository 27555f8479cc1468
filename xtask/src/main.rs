//! `cargo xtask`: what a maintainer runs, thin over cargo; one file for each concern.
#![expect(
    clippy::print_stderr,
    reason = "a program for people in front of a terminal"
)]

mod bench;
mod ci;
mod circles;
mod command;
mod fuzz;
mod guide;
mod layers;
mod outside;
mod package;
mod portable;
mod readme;
mod repository;
mod test;
mod tidy;
mod workspace;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use outside::Versions;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["ci"] => ci::ci(),
        ["test", "--install"] => outside::install(Versions::Pinned).and_then(|()| test::test()),
        ["test", "--install", "--newest"] => {
            outside::install(Versions::Newest).and_then(|()| test::test())
        }
        ["websocket"] => test::websocket(),
        ["readme"] => readme::write(),
        ["guide"] => guide::write(),
        ["site"] => guide::site().map(|site| eprintln!("{}/index.html", site.display())),
        ["pictures"] => test::pictures(),
        ["bench", filter @ ..] => bench::bench(filter),
        ["chaos", args @ ..] => bench::chaos(args),
        ["fuzz"] => fuzz::fuzz("60"),
        ["fuzz", seconds] => fuzz::fuzz(seconds),
        [step] => ci::step(step).unwrap_or_else(|| Err(usage().into())),
        _ => Err(usage().into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let steps: String = ci::STEPS
        .iter()
        .map(|step| format!("  {:<18}{}\n", step.name, step.purpose))
        .collect();
    format!(
        "cargo xtask STEP\n\n{steps}
  test --install    the same, after installing the outside programs that are missing
  test --install --newest
                    the same with the newest Python programs, whose versions are written to
                    xtask/requirements.txt
  ci                all the steps above, in this order
  websocket         Autobahn's cases of compression, which take minutes
  readme            writes the README of each crate from its documentation
  guide             writes the links of the guide's pages, for GitHub and for rustdoc
  site              makes the guide as a site with search, in target/guide/book
  pictures          makes the pictures of the front page anew; needs chromium
  bench [FILTER]    criterion's benches, the end-to-end bench of that name, or `build`:
                    the cost of building a hello, compared with axum's
  chaos [SECONDS]   faults of all kinds under clients that verify every response (60 s)
  fuzz [SECONDS]    each fuzz target for that time (60 s)"
    )
}

/// Fails with all complaints at once, so that one run shows all there is to mend.
fn complain(complaints: &[String]) -> Result {
    match complaints.len() {
        0 => Ok(()),
        n => Err(format!("{n} to mend:\n  {}", complaints.join("\n  ")).into()),
    }
}
