//! `squall static build`: fingerprints and compresses static files for deployment.

use std::{error::Error, iter, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use squall_static::build::{MANIFEST, build};

use crate::{print, print_error};

/// Build static files for deployment.
#[derive(Args)]
pub(crate) struct Static {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Build(Build),
}

/// Copy a directory with a content hash in each file name, rewrite references in CSS, and write
/// compressed siblings and a manifest.
///
/// Files of earlier builds are kept, because cached pages still refer to them.
#[derive(Args)]
struct Build {
    /// Directory of the source files.
    source: PathBuf,
    /// Output directory.
    #[arg(long, value_name = "DIR", default_value = "public")]
    output: PathBuf,
}

pub(crate) fn run(arguments: Static) -> ExitCode {
    let Command::Build(Build { source, output }) = arguments.command;
    match build(&source, &output) {
        Ok(names) => {
            let manifest = output.join(MANIFEST);
            print::output(&format!(
                "{} files; manifest: {}",
                names.len(),
                manifest.display()
            ))
        }
        Err(error) => {
            let causes = iter::successors(Some(&error as &dyn Error), |&error| error.source());
            let causes: Vec<String> = causes.map(ToString::to_string).collect();
            print_error(&causes.join(": "));
            ExitCode::FAILURE
        }
    }
}
