//! Control commands: `status`, `reload`, `scale` and `stop`, over a supervisor's control socket.

use std::{io, path::PathBuf, process::ExitCode};

use clap::Args;
use squall_prefork::control::{Client, find};

use crate::{print, print_error, table};

/// Show the state, uptime, restarts, traffic and memory of each worker.
#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    service: ServiceArgs,
    /// Print all fields as JSON.
    #[arg(long)]
    json: bool,
}

/// Replace all workers one by one by the program on disk, and wait until it is done.
///
/// If a new worker fails, the old workers keep serving and the exit status is 1.
#[derive(Args)]
pub(crate) struct Reload {
    #[command(flatten)]
    service: ServiceArgs,
    /// Also replace the supervisor's executable; its process id does not change.
    #[arg(long)]
    supervisor: bool,
}

/// Change the number of workers.
#[derive(Args)]
pub(crate) struct Scale {
    #[command(flatten)]
    service: ServiceArgs,
    /// New number of workers.
    processes: usize,
}

/// Shut the service down gracefully, and wait until it has exited.
#[derive(Args)]
pub(crate) struct Stop {
    #[command(flatten)]
    service: ServiceArgs,
}

/// The addressed service.
#[derive(Args)]
struct ServiceArgs {
    /// Path of the service's control socket; needed only if several of your services run.
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
}

impl ServiceArgs {
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
        0 => Err(
            "no running service of this user was found; pass its control socket with --control"
                .to_owned(),
        ),
        _ => {
            let paths: Vec<String> = found
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            Err(format!(
                "several services are running; select one with --control: {}",
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
    Ok(format!("reloaded: generation {generation} is serving"))
}

pub(crate) fn scale(arguments: &Scale) -> io::Result<String> {
    arguments.service.connect()?.scale(arguments.processes)?;
    Ok(String::new())
}

pub(crate) fn stop(arguments: &Stop) -> io::Result<String> {
    arguments.service.connect()?.stop()?;
    Ok(String::new())
}

/// Prints the output of a command, if any, or its error.
pub(crate) fn exit(result: io::Result<String>) -> ExitCode {
    match result {
        Ok(text) if text.is_empty() => ExitCode::SUCCESS,
        Ok(text) => print::output(&text),
        Err(error) => {
            print_error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_option_is_optional_for_one_service() {
        assert_eq!(super::only(vec!["a".into()]), Ok("a".into()));
        assert!(super::only(Vec::new()).unwrap_err().contains("--control"));
        let several = super::only(vec!["a".into(), "b".into()]).unwrap_err();
        assert!(several.ends_with(": a, b"), "{several}");
    }
}
