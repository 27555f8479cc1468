//! Memory, processor time and wait channel of a worker, from `/proc`.

use std::fs;

use rustix::process::Pid;

/// Memory and time that a process uses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Resident memory, in bytes.
    pub(crate) rss: u64,
    /// User and system time, in milliseconds.
    pub(crate) cpu: u64,
}

impl Usage {
    /// `None` when the process is gone.
    pub(crate) fn of(pid: Pid) -> Option<Self> {
        let pid = pid.as_raw_nonzero();
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some(Self {
            rss: resident_pages(&statm)? * page,
            cpu: cpu_ticks(&stat)? * 1000 / rustix::param::clock_ticks_per_second().max(1),
        })
    }
}

/// The kernel's view of a process that stands still: state, wait channel, system call, stack.
pub(crate) fn whereabouts(pid: Pid) -> String {
    let read = |name: &str| {
        fs::read_to_string(format!("/proc/{}/{name}", pid.as_raw_nonzero())).unwrap_or_default()
    };
    let status = read("status");
    let state = status
        .lines()
        .find_map(|line| line.strip_prefix("State:\t"));
    // Needs the right to trace the process; empty otherwise.
    let stack: Vec<String> = read("stack")
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned))
        .collect();
    format!(
        "state {}, waiting in {}, system call {}, kernel stack {}",
        state.unwrap_or("unknown"),
        or_unknown(&read("wchan")),
        or_unknown(read("syscall").trim_end()),
        or_unknown(&stack.join(" < ")),
    )
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

/// The second field of `statm`.
fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_whitespace().nth(1)?.parse().ok()
}

/// Fields 14 and 15 of `stat`. The second is a name that may contain spaces and parentheses.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 12 34 0 0 20 0 1 0 5 9 1";
        assert_eq!(cpu_ticks(stat), Some(46));
        assert_eq!(resident_pages("100 25 3 4 0 5 0"), Some(25));
        for garbage in ["", ")", "1 (a) S", "x y"] {
            assert_eq!(
                (cpu_ticks(garbage), resident_pages(garbage)),
                (None, None),
                "{garbage:?}"
            );
        }
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(Usage::of(rustix::process::getpid()).is_some_and(|usage| usage.rss > 0));
    }
}
