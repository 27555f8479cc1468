//! cargo's configuration of `cargo run`: the target, and the runner of its executables.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use cargo_config2::Config;

use super::launch::UserRunner;

/// The part of cargo's configuration that decides how an executable is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RunnerConfig {
    /// The target triple that `cargo run` builds for.
    pub(super) triple: String,
    /// The environment variable that overrides the runner of this target.
    pub(super) variable: String,
    pub(super) runner: Option<UserRunner>,
    /// The directory that paths in cargo's dep-info are relative to, if any.
    pub(super) dep_info_base: Option<PathBuf>,
}

impl RunnerConfig {
    /// Reads configuration files and variables as cargo does. `target` is the value of `--target`.
    pub(super) fn load(directory: &Path, target: Option<&str>) -> io::Result<Self> {
        let config = Config::load_with_cwd(directory).map_err(io::Error::other)?;
        let targets = config
            .build_target_for_cli(target)
            .map_err(io::Error::other)?;
        let triple = match targets.into_iter().next() {
            Some(triple) => triple,
            None => config.host_triple().map_err(io::Error::other)?.to_owned(),
        };
        let runner = config.runner(&triple).map_err(io::Error::other)?;
        let variable = variable(&triple);
        Ok(Self {
            runner: runner.map(|runner| UserRunner {
                program: runner.path,
                arguments: runner.args,
                variable: env::var_os(&variable),
            }),
            dep_info_base: config.build.dep_info_basedir,
            triple,
            variable,
        })
    }
}

/// Returns the variable of `target.<triple>.runner`
/// (<https://doc.rust-lang.org/cargo/reference/config.html#environment-variables>). A target
/// specification file counts by its name.
fn variable(triple: &str) -> String {
    let stem = Path::new(triple).file_stem();
    let name = if triple.ends_with(".json") {
        stem.unwrap_or_default().to_string_lossy().into_owned()
    } else {
        triple.to_owned()
    };
    format!(
        "CARGO_TARGET_{}_RUNNER",
        name.to_uppercase().replace(['-', '.'], "_")
    )
}

/// Whether a value of `--config` sets a runner, which would take precedence over ours.
pub(super) fn sets_runner(value: &OsString) -> bool {
    value
        .to_string_lossy()
        .split('=')
        .next()
        .is_some_and(|key| key.trim().starts_with("target.") && key.trim().ends_with(".runner"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_of_a_triple_and_of_a_file() {
        for (triple, expected) in [
            (
                "x86_64-unknown-linux-gnu",
                "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
            ),
            (
                "thumbv8m.main-none-eabi",
                "CARGO_TARGET_THUMBV8M_MAIN_NONE_EABI_RUNNER",
            ),
            ("specs/my-board.json", "CARGO_TARGET_MY_BOARD_RUNNER"),
        ] {
            assert_eq!(variable(triple), expected);
        }
    }

    #[test]
    fn runner_in_a_config_flag_is_found() {
        for (value, expected) in [
            ("target.x86_64-unknown-linux-gnu.runner='qemu'", true),
            ("target.'cfg(unix)'.runner = ['a']", true),
            ("target.'cfg(unix)'.rustflags = ['runner']", false),
            ("build.jobs=1", false),
            ("config.toml", false),
        ] {
            assert_eq!(sets_runner(&value.into()), expected, "{value}");
        }
    }
}
