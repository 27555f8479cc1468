//! Terminals: background and foreground, no colours, no terminal.

use std::process::Command;

use testkit::outside;

use super::{
    cases,
    lab::{Dev, Lab, clean, says},
};

cases![
    background_of_a_shell,
    stopped_and_continued,
    dumb_terminal,
    no_colour,
    progress_and_keys,
];

/// Runs `terminal_cases.py CASE squall dev …` in the package `site`, and waits for its end.
fn terminal(lab: &Lab, case: &str, variables: &[(&str, &str)]) -> Option<Dev> {
    let python = outside("python3")?;
    lab.package("site", "");
    lab.write("site/src/main.rs", says("1 + 1"));
    let squall = lab.command("site");
    let mut command = Command::new(python);
    clean(command.current_dir(lab.path("site")));
    for (name, value) in squall.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
        .args(["-c", include_str!("terminal.py"), case])
        .arg(squall.get_program())
        .args(["dev", "--", "cargo", "run", "--offline"])
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .envs(variables.iter().copied());
    let mut dev = Dev::start(&mut command);
    let status = dev.running.wait();
    assert!(status.success(), "{case}");
    Some(dev)
}

fn background_of_a_shell(lab: &Lab) {
    terminal(lab, "background", &[]);
}

fn stopped_and_continued(lab: &Lab) {
    terminal(lab, "stop", &[]);
}

fn dumb_terminal(lab: &Lab) {
    let Some(dev) = terminal(lab, "run", &[("TERM", "dumb")]) else {
        return;
    };
    let output = dev.running.output();
    assert!(output.contains("building: start"), "{output}");
    assert!(!output.contains("\\r\\x1b[K"), "{output}");
}

fn no_colour(lab: &Lab) {
    let Some(dev) = terminal(lab, "run", &[("NO_COLOR", "1")]) else {
        return;
    };
    let output = dev.running.output();
    assert!(output.contains("Compiling"), "{output}");
    assert!(!output.contains("\\x1b[3"), "{output}");
}

fn progress_and_keys(lab: &Lab) {
    let Some(dev) = terminal(lab, "run", &[]) else {
        return;
    };
    let output = dev.running.output();
    for text in [
        "squall: building: 0 of 1 crates, ",
        "s (start)",
        "keys: r builds and restarts the program",
        "the terminal mode is restored",
    ] {
        assert!(output.contains(text), "no {text:?} in {output}");
    }
}
