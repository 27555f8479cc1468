//! Descendants of this process: on Linux all of them, also those that have left the process group.

/// Whether orphans among the descendants become children of this process.
pub(super) const ADOPTS_ORPHANS: bool = cfg!(any(target_os = "linux", target_os = "android"));

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use std::{
        collections::BTreeSet,
        fs, io,
        path::{Path, PathBuf},
    };

    use rustix::process::{Pid, getpid, set_child_subreaper};

    pub(in super::super) fn adopt_orphans() -> io::Result<()> {
        Ok(set_child_subreaper(Some(getpid()))?)
    }

    /// Returns all descendants that are alive.
    pub(in super::super) fn descendants() -> Vec<Pid> {
        let parents: Vec<(i32, i32)> = processes()
            .filter_map(|directory| parent(&directory))
            .collect();
        let mut found = BTreeSet::from([getpid().as_raw_nonzero().get()]);
        // A child may precede its parent in the list.
        loop {
            let before = found.len();
            for (pid, parent) in &parents {
                if found.contains(parent) {
                    found.insert(*pid);
                }
            }
            if found.len() == before {
                break;
            }
        }
        found.remove(&getpid().as_raw_nonzero().get());
        found.into_iter().filter_map(Pid::from_raw).collect()
    }

    /// Whether a descendant has this file open for writing.
    pub(in super::super) fn is_written(file: &Path) -> bool {
        let Ok(file) = file.canonicalize() else {
            return false;
        };
        descendants().into_iter().any(|pid| {
            let directory = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
            let open = fs::read_dir(directory.join("fd"))
                .into_iter()
                .flatten()
                .flatten();
            open.map(|entry| entry.path())
                .filter(|link| fs::read_link(link).is_ok_and(|target| target == file))
                .filter_map(|link| {
                    let name = link.file_name()?.to_owned();
                    fs::read_to_string(directory.join("fdinfo").join(name)).ok()
                })
                .any(|info| has_write_flag(&info))
        })
    }

    /// Parses `flags` of fdinfo, in octal; its last digit is the access mode (O_ACCMODE).
    fn has_write_flag(info: &str) -> bool {
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        flags.is_some_and(|flags| flags.trim().ends_with(['1', '2']))
    }

    fn processes() -> impl Iterator<Item = PathBuf> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit())
            .map(|entry| entry.path())
    }

    /// Returns the process id and the parent's. Zombies are left out.
    fn parent(directory: &Path) -> Option<(i32, i32)> {
        let pid = directory.file_name()?.to_str()?.parse().ok()?;
        let stat = fs::read_to_string(directory.join("stat")).ok()?;
        // The name, in parentheses, may contain anything.
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let state = fields.next()?;
        (state != "Z").then_some((pid, fields.next()?.parse().ok()?))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn write_flag_is_the_access_mode() {
            for (flags, expected) in [("0100000", false), ("0100001", true), ("02102002", true)] {
                let info = format!("pos:\t0\nflags:\t{flags}\nmnt_id:\t29\n");
                assert_eq!(has_write_flag(&info), expected, "{flags}");
            }
            assert!(!has_write_flag(""));
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) use self::linux::{adopt_orphans, descendants, is_written};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) use self::portable::{adopt_orphans, descendants, is_written};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod portable {
    use std::{io, path::Path};

    use rustix::process::Pid;

    /// Does nothing: orphans become children of init.
    pub(in super::super) fn adopt_orphans() -> io::Result<()> {
        Ok(())
    }

    /// Returns nothing: the process group is signalled instead.
    pub(in super::super) fn descendants() -> Vec<Pid> {
        Vec::new()
    }

    /// Returns `false`: not known.
    pub(in super::super) fn is_written(_: &Path) -> bool {
        false
    }
}
