//! The bind options of `squall supervise` have the effect that they have in a program of its own.

use testkit::{BindOptions, Running, check_binds, temp_dir};

use crate::fixture::squall;

#[test]
fn binds_of_a_supervised_program() {
    let directory = temp_dir();
    check_binds(false, |options: &BindOptions| {
        let mut command = squall(directory.path());
        command.args(["supervise", "--processes", "2", "--ready-when", "exec"]);
        if let Some(mode) = options.unix_mode {
            command.args(["--listen-mode", &format!("{mode:o}")]);
        }
        if let Some(backlog) = options.backlog {
            command.args(["--backlog", &backlog.to_string()]);
        }
        if options.reuse_port {
            command.arg("--reuse-port");
        }
        for address in &options.addresses {
            command.args(["--listen", address]);
        }
        Running::spawn(command.args(["--", "sleep", "1000"]))
    });
}
