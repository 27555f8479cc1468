//! Instructions of a request in user mode, counted by callgrind: exact, whatever else the machine does.

use std::{fs, path::Path, process::Command};

use benches::{Result, Server, outside};
use testkit::Wire;

use crate::{check::sign_in, programs::command};

/// The difference between two runs leaves out the start of the program.
const REQUESTS: (u64, u64) = (200, 1200);

/// Returns the number of instructions of a request on a kept connection.
pub(crate) fn measure(peer: &str, scene: &str, site: &Path, path: &str) -> Result<f64> {
    let few = run(peer, scene, site, path, REQUESTS.0)?;
    let many = run(peer, scene, site, path, REQUESTS.1)?;
    #[expect(clippy::cast_precision_loss, reason = "they are far below 2^52")]
    Ok(many.saturating_sub(few) as f64 / (REQUESTS.1 - REQUESTS.0) as f64)
}

fn run(peer: &str, scene: &str, site: &Path, path: &str, requests: u64) -> Result<u64> {
    let address = ([127, 0, 0, 1], testkit::free_port()).into();
    let program = command(peer, scene, address, site)?;
    let log = site.join("callgrind.log");
    let mut valgrind = Command::new(outside("valgrind")?);
    valgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--log-file={}", log.display()))
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(site);
    let mut server = Server::spawn(&valgrind, address)?;
    server.wait()?;
    let mut head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n");
    if scene == "page" {
        for line in sign_in(address)? {
            head += &format!("{line}\r\n");
        }
    }
    head += "\r\n";
    let mut wire = Wire::connect(address);
    for _ in 0..requests {
        wire.send(&head);
        let reply = wire.response();
        if reply.status != 200 {
            return Err(reply.head.into());
        }
    }
    server.stop()?;
    collected(&fs::read_to_string(log)?)
}

/// Reads callgrind's sum, a line such as `==7== Collected : 1234`.
fn collected(log: &str) -> Result<u64> {
    let line = log.lines().find_map(|line| line.split_once("Collected : "));
    let count = line.and_then(|(_, count)| count.trim().parse().ok());
    count.ok_or_else(|| format!("callgrind has no sum: {log}").into())
}

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn sums() {
        for (log, wanted) in [
            (
                "==7== Callgrind\n==7== Collected : 1234\n==7==\n",
                Some(1234),
            ),
            ("==7== Collected : many\n", None),
            ("", None),
        ] {
            assert_eq!(collected(log).ok(), wanted, "{log}");
        }
    }
}
