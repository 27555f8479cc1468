//! The commands that send a request to a running supervisor over its control socket.

use std::{io, path::PathBuf, process::ExitCode};

use clap::Args;
use squall_prefork::control::{Client, find};

use crate::{complain, print, table};

/// Show each worker: state, age, restarts, traffic, memory.
#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    service: Service,
    /// Print all fields as JSON.
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
    /// The new number of workers.
    processes: usize,
}

/// Stop the service gracefully, and wait until it is gone.
#[derive(Args)]
pub(crate) struct Stop {
    #[command(flatten)]
    service: Service,
}

/// The service that a command is for.
#[derive(Args)]
struct Service {
    /// The path of the service's control socket; not needed where only one service of yours runs.
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

pub(crate) fn status(arguments: &Status) -> io::Result<String> {
    let status = arguments.service.connect()?.status()?;
    if arguments.json {
        Ok(serde_json::to_string_pretty(&status)?)
    } else {
        Ok(table::render(&status).trim_end().to_owned())
    }
}

pub(crate) fn reload(arguments: &Reload) -> io::Result<String> {
    let mut client = arguments.service.connect()?;
    let generation = if arguments.supervisor {
        client.upgrade()?
    } else {
        client.reload()?
    };
    Ok(format!("generation {generation} serves"))
}

pub(crate) fn scale(arguments: &Scale) -> io::Result<String> {
    arguments.service.connect()?.scale(arguments.processes)?;
    Ok(String::new())
}

pub(crate) fn stop(arguments: &Stop) -> io::Result<String> {
    arguments.service.connect()?.stop()?;
    Ok(String::new())
}

/// Prints the result of a command, if it has a text.
pub(crate) fn exit(result: io::Result<String>) -> ExitCode {
    match result {
        Ok(text) if text.is_empty() => ExitCode::SUCCESS,
        Ok(text) => print::output(&text),
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
