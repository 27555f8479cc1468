//! A `Bind` has the same effect with one process, with several, and in debug mode.

use std::process::Command;

use testkit::{BindOptions, Running, check_binds, temp_dir};

use crate::{program, supervised::quiet};

fn check(way: &str) {
    let directory = temp_dir();
    check_binds(way == "debug", |options: &BindOptions| {
        let mut command = Command::new(program::built("binds"));
        quiet(&mut command, directory.path()).arg(way);
        if let Some(mode) = options.unix_mode {
            command.arg(format!("unix_mode={mode:o}"));
        }
        if let Some(backlog) = options.backlog {
            command.arg(format!("backlog={backlog}"));
        }
        command.arg(format!("reuse_port={}", options.reuse_port));
        Running::spawn(command.args(&options.addresses))
    });
}

#[test]
fn binds_of_one_process() {
    check("1");
}

#[test]
fn binds_of_two_workers() {
    check("2");
}

#[test]
fn binds_in_debug_mode() {
    check("debug");
}
