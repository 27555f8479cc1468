//! `cargo xtask fuzz`: each fuzz target for some seconds, with a stable compiler.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::command::{cargo, command, read, root, run};

/// What cargo-fuzz sets for libFuzzer, but for a sanitizer: that alone needs a nightly compiler, and
/// it looks for faults of `unsafe` code, of which squall has none.
const FLAGS: [&str; 9] = [
    "--cfg=fuzzing",
    "-Cdebug-assertions",
    "-Ccodegen-units=1",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];

/// Runs all targets, also after one that fails.
pub(crate) fn fuzz(seconds: &str) -> Result {
    let seconds: u32 = seconds
        .parse()
        .map_err(|_| format!("fuzz {seconds}: not a number of seconds"))?;
    let host = host()?;
    let target = root().join("fuzz/target");
    let mut build = cargo("build --release --manifest-path fuzz/Cargo.toml --target");
    // With a target, cargo leaves the flags out of build scripts and procedural macros.
    build.arg(&host).arg("--target-dir").arg(&target);
    run(build.env("RUSTFLAGS", FLAGS.join(" ")))?;
    let mut failed = Vec::new();
    for name in names()? {
        eprintln!("{name}: {seconds} s");
        let program = target.join(&host).join("release").join(&name);
        let mut program = command(program, &format!("-max_total_time={seconds}"));
        // The input that fails is written here, and not into the working directory.
        program.arg(format!("-artifact_prefix={}/{name}-", target.display()));
        if let Err(error) = read(&mut program) {
            eprintln!("{error}");
            failed.push(name);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let artifacts = target.strip_prefix(root()).unwrap_or(&target).display();
    Err(format!(
        "failed, with their inputs in {artifacts}: {}",
        failed.join(", ")
    )
    .into())
}

fn host() -> Result<String> {
    let version = read(&mut command("rustc", "-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| format!("rustc names no host: {version}").into())
}

fn names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("fuzz/fuzz_targets"))? {
        let name = entry?.file_name();
        names.extend(
            Path::new(&name)
                .file_stem()
                .and_then(|stem| stem.to_str())
                .map(str::to_owned),
        );
    }
    names.sort();
    Ok(names)
}
