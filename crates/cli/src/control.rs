//! Control commands: `status`, `reload`, `scale` and `stop`, over a supervisor's control socket.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

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
            None => only(find(), describe).map_err(io::Error::other)?,
        };
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        Client::connect(&path).map_err(named)
    }
}

/// Returns the only control socket; `describe` names each of several.
fn only(
    mut found: Vec<PathBuf>,
    describe: impl Fn(&Path) -> Option<String>,
) -> Result<PathBuf, String> {
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(
            "no running service of this user was found; pass its control socket with --control"
                .to_owned(),
        ),
        _ => {
            let mut text = "several services are running; select one:".to_owned();
            for path in &found {
                let service = describe(path).unwrap_or_else(|| "does not respond".to_owned());
                text += &format!("\n  --control {}  ({service})", path.display());
            }
            Err(text)
        }
    }
}

/// Process id and addresses of a service: its runtime directory has a random name.
fn describe(path: &Path) -> Option<String> {
    let mut client = Client::connect(path).ok()?;
    match client.status() {
        Ok(status) => Some(format!(
            "process {}, {}",
            status.pid,
            status.listen.join(", ")
        )),
        Err(_) => {
            let pid = client.process()?;
            Some(format!("process {pid}, does not respond"))
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
    use super::*;

    #[test]
    fn control_option_is_optional_for_one_service() {
        let only = |found: &[&str]| {
            let found = found.iter().map(PathBuf::from).collect();
            only(found, |path| {
                (path != Path::new("b")).then(|| "process 1, 127.0.0.1:80".to_owned())
            })
        };
        assert_eq!(only(&["a"]), Ok("a".into()));
        assert!(only(&[]).unwrap_err().contains("--control"));
        assert_eq!(
            only(&["a", "b"]).unwrap_err(),
            "several services are running; select one:\n  \
             --control a  (process 1, 127.0.0.1:80)\n  \
             --control b  (does not respond)"
        );
    }
}
