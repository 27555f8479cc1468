//! `squall static build`: a directory of static files, made ready for a deploy.

use std::{error::Error, iter, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use squall_static::build::{MANIFEST, build};

use crate::{complain, print};

/// Prepare static files.
#[derive(Args)]
pub(crate) struct Static {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Build(Build),
}

/// Copy a directory with the version of each file in its name, rewritten references in CSS,
/// compressed siblings, and a manifest.
///
/// Files of an earlier build stay, for pages that still name them.
#[derive(Args)]
struct Build {
    /// The directory of the files.
    source: PathBuf,
    /// Where to put what is built.
    #[arg(long, value_name = "DIR", default_value = "public")]
    output: PathBuf,
}

pub(crate) fn run(arguments: Static) -> ExitCode {
    let Command::Build(Build { source, output }) = arguments.command;
    match build(&source, &output) {
        Ok(names) => {
            let manifest = output.join(MANIFEST);
            print::output(&format!(
                "{} files; their names are in {}",
                names.len(),
                manifest.display()
            ))
        }
        Err(error) => {
            let causes = iter::successors(Some(&error as &dyn Error), |&error| error.source());
            let causes: Vec<String> = causes.map(ToString::to_string).collect();
            complain(&causes.join(": "));
            ExitCode::FAILURE
        }
    }
}
