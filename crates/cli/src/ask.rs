//! The commands that ask a running supervisor over its control socket.

use std::{io, path::PathBuf, process::ExitCode};

use clap::Args;
use squall_prefork::control::{Client, find};

use crate::{complain, say, table};

/// Show each worker: state, age, restarts, traffic, memory.
#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    service: Service,
    /// As JSON, with everything there is.
    #[arg(long)]
    json: bool,
}

/// Replace all workers by what is on disk now, one after the other, and wait for the end.
///
/// When a new worker fails, the old ones go on serving and the exit status is 1.
#[derive(Args)]
pub(crate) struct Reload {
    #[command(flatten)]
    service: Service,
    /// Replace the supervisor's own program as well; its process id stays.
    #[arg(long)]
    supervisor: bool,
}

/// Change the number of workers.
#[derive(Args)]
pub(crate) struct Scale {
    #[command(flatten)]
    service: Service,
    /// How many there are to be.
    processes: usize,
}

/// Stop the service gracefully, and wait until it is gone.
#[derive(Args)]
pub(crate) struct Stop {
    #[command(flatten)]
    service: Service,
}

/// Which service is asked.
#[derive(Args)]
struct Service {
    /// The service's control socket; not needed where only one service of yours runs.
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
}

impl Service {
    fn connect(&self) -> io::Result<Client> {
        let path = match &self.control {
            Some(path) => path.clone(),
            None => only(find()).map_err(io::Error::other)?,
        };
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        Client::connect(&path).map_err(named)
    }
}

fn only(mut found: Vec<PathBuf>) -> Result<PathBuf, String> {
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err("no service of yours answers; name its control socket with --control".to_owned()),
        _ => {
            let paths: Vec<String> = found
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            Err(format!(
                "several services answer; name one with --control: {}",
                paths.join(", ")
            ))
        }
    }
}

pub(crate) fn status(arguments: &Status) -> io::Result<()> {
    let status = arguments.service.connect()?.status()?;
    if arguments.json {
        say(&serde_json::to_string_pretty(&status)?);
    } else {
        say(table::render(&status).trim_end());
    }
    Ok(())
}

pub(crate) fn reload(arguments: &Reload) -> io::Result<()> {
    let mut client = arguments.service.connect()?;
    let generation = if arguments.supervisor {
        client.upgrade()?
    } else {
        client.reload()?
    };
    say(&format!("generation {generation} serves"));
    Ok(())
}

pub(crate) fn scale(arguments: &Scale) -> io::Result<()> {
    arguments.service.connect()?.scale(arguments.processes)
}

pub(crate) fn stop(arguments: &Stop) -> io::Result<()> {
    arguments.service.connect()?.stop()
}

pub(crate) fn exit(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_service_needs_no_name() {
        assert_eq!(super::only(vec!["a".into()]), Ok("a".into()));
        assert!(super::only(Vec::new()).unwrap_err().contains("--control"));
        let several = super::only(vec!["a".into(), "b".into()]).unwrap_err();
        assert!(several.ends_with(": a, b"), "{several}");
    }
}
