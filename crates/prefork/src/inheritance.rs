//! Inheritance of a worker process: which attributes are kept, removed or set anew.

use std::ffi::{OsStr, OsString};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The worker gets the supervisor's.
    Kept,
    /// The worker has none.
    Removed,
    /// The worker gets one of its own, or none where it has no value.
    Set,
}

use Decision::{Kept, Removed, Set};

/// Environment variables; a name that ends in `*` stands for all that are not listed before.
/// Variables that are not here are kept.
pub(crate) const VARIABLES: [(&str, Decision); 18] = [
    ("LISTEN_FDS", Set),
    ("LISTEN_FDNAMES", Set),
    ("LISTEN_PID", Set),
    ("LISTEN_*", Removed),
    ("NOTIFY_SOCKET", Set),
    ("WATCHDOG_USEC", Set),
    ("WATCHDOG_*", Removed),
    ("FDSTORE", Removed),
    ("MAINPID", Removed),
    ("SYSTEMD_EXEC_PID", Removed),
    ("SQUALL_TASK_ID", Set),
    ("SQUALL_GENERATION", Set),
    ("SQUALL_SUPERVISOR", Set),
    ("SQUALL_NOTIFY", Set),
    ("SQUALL_CONTROL", Set),
    ("SQUALL_HANDOVER", Removed),
    ("SQUALL_PROGRAM*", Removed),
    ("PWD", Set),
];

/// Everything else. The reasons are in the page that this table is compared with.
#[cfg(test)]
const ATTRIBUTES: [(&str, Decision); 17] = [
    ("other variables", Kept),
    ("signal mask", Set),
    ("ignored signals", Set),
    ("working directory", Set),
    ("standard input, output, error", Kept),
    ("listening sockets", Set),
    ("other descriptors", Kept),
    ("process group", Set),
    ("session, controlling terminal", Kept),
    ("parent death signal", Set),
    ("user, groups", Kept),
    ("capabilities, securebits, no_new_privs", Kept),
    ("umask", Kept),
    ("resource limits", Kept),
    ("nice value, scheduling, CPU affinity", Kept),
    ("OOM score adjustment", Kept),
    ("control group, namespaces, seccomp", Kept),
];

pub(crate) fn of_variable(name: &OsStr) -> Decision {
    let name = name.as_encoded_bytes();
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix.as_bytes()),
        None => name == pattern.as_bytes(),
    };
    let found = VARIABLES.iter().find(|(pattern, _)| matches(pattern));
    found.map_or(Kept, |(_, decision)| *decision)
}

/// The variables of the supervisor that a worker must not see with their present values.
pub(crate) fn dropped(names: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut dropped: Vec<OsString> = names.into_iter().collect();
    // Without a value for it, the supervisor's own working directory stays right.
    dropped.retain(|name| of_variable(name) != Kept && name != "PWD");
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_same_table() {
        let page = include_str!("inheritance.md");
        let rows = page.lines().filter(|line| line.starts_with("| "));
        let rows: Vec<(String, String)> = rows
            .skip(1)
            .map(|row| {
                let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
                assert_eq!(cells.len(), 3, "{row}");
                assert!(cells[2].trim().ends_with('.'), "{row}");
                (cells[0].trim().replace('`', ""), cells[1].to_owned())
            })
            .collect();
        let table = VARIABLES.iter().chain(&ATTRIBUTES);
        let table: Vec<(String, String)> = table
            .map(|(name, decision)| ((*name).to_owned(), format!("{decision:?}").to_lowercase()))
            .collect();
        assert_eq!(rows, table);
    }

    #[test]
    fn variables() {
        for (name, decision) in [
            ("LISTEN_FDS", Set),
            ("LISTEN_PIDFDID", Removed),
            ("LISTEN_", Removed),
            ("LISTENER", Kept),
            ("WATCHDOG_PID", Removed),
            ("WATCHDOG_USEC", Set),
            ("FDSTORE", Removed),
            ("FDSTORE2", Kept),
            ("SQUALL_DEV_PID", Kept),
            ("JOURNAL_STREAM", Kept),
            ("listen_fds", Kept),
            ("", Kept),
        ] {
            assert_eq!(of_variable(OsStr::new(name)), decision, "{name}");
        }
        let names = ["HOME", "FDSTORE", "PWD", "LISTEN_FDS"].map(OsString::from);
        assert_eq!(dropped(names), ["FDSTORE", "LISTEN_FDS"]);
    }
}
