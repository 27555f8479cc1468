//! Type-checks the workspace for systems that this machine is not: no linker and no SDK is needed.
//!
//! Debian's newest compiler comes with the source of its standard library, which cargo builds for the target as far as
//! a check needs it. The packages are unpacked below the target folder; nothing is installed. C code cannot be compiled for the
//! target, so features with C code (`tls`, `compress`) are off.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::command::{command, read, root, run};

/// A target, with the arguments that choose crates and features.
struct Target {
    triple: &'static str,
    /// Packages and features, each for one `cargo check`.
    checks: &'static [&'static str],
}

const UNIX: &[&str] = &["-p squall --lib", "-p squall-auth --lib --features openid"];

const TARGETS: &[Target] = &[
    Target {
        triple: "aarch64-apple-darwin",
        checks: UNIX,
    },
    Target {
        triple: "x86_64-unknown-freebsd",
        checks: UNIX,
    },
    Target {
        triple: "x86_64-pc-windows-gnu",
        // Its command, `squall-cli`, starts workers, which need a Unix system.
        checks: &["-p squall --lib", "-p squall-auth --lib --features openid"],
    },
];

/// Packages whose names have no version.
const PACKAGES: &str =
    "rustc-web rust-web-src libstd-rust-web-dev binutils-mingw-w64-x86-64 binutils-common";

/// Checks every target, if the compiler is there or can be downloaded.
pub(crate) fn check() -> Result {
    let folder = target_folder().join("portable");
    let compiler = folder.join("root/usr/bin/rustc");
    if !compiler.is_file() {
        if read(&mut command("apt-get", "--version")).is_err() {
            return skip("apt-get is missing");
        }
        if let Err(error) = unpack(&folder) {
            return skip(&error.to_string());
        }
    }
    for target in TARGETS {
        for check in target.checks {
            run(&mut cargo_check(&folder, target.triple, check))?;
        }
    }
    Ok(())
}

/// A skip is a failure where `CI=true` promises that all programs are there.
fn skip(reason: &str) -> Result {
    let advice = format!(
        "the check for other systems needs Debian 12 or newer with its package rustc-web ({reason}); \
         elsewhere, run cargo check --target for a target that rustup has"
    );
    if env::var("CI").is_ok_and(|ci| ci == "true") {
        return Err(advice.into());
    }
    eprintln!("skipped: {advice}");
    Ok(())
}

/// Downloads the packages and unpacks them, all or nothing.
fn unpack(folder: &Path) -> Result {
    let fresh = folder.join("fresh");
    // Left behind by an interrupted run.
    let _ = fs::remove_dir_all(&fresh);
    fs::create_dir_all(&fresh)?;
    let std = dependency("libstd-rust-web-dev", "libstd-rust-web-")?;
    let llvm = dependency(&std, "libllvm")?;
    let download = format!("download -q {PACKAGES} {std} {llvm}");
    run(command("apt-get", &download).current_dir(&fresh))?;
    for package in fs::read_dir(&fresh)? {
        let package = package?.path();
        if package.extension().is_some_and(|kind| kind == "deb") {
            run(command("dpkg-deb", "--extract").args([&package, &fresh.join("root")]))?;
        }
    }
    let place = folder.join("root");
    let _ = fs::remove_dir_all(&place);
    fs::rename(fresh.join("root"), &place)?;
    fs::remove_dir_all(&fresh)?;
    Ok(())
}

/// Returns the dependency of a Debian package that begins with a prefix and goes on with a version.
fn dependency(package: &str, prefix: &str) -> Result<String> {
    let depends = read(&mut command("apt-cache", &format!("depends {package}")))?;
    versioned(&depends, prefix)
        .map(str::to_owned)
        .ok_or_else(|| format!("{package} depends on no {prefix}*").into())
}

fn versioned<'a>(depends: &'a str, prefix: &str) -> Option<&'a str> {
    depends.lines().find_map(|line| {
        let name = line.trim().strip_prefix("Depends: ")?;
        let version = name.strip_prefix(prefix)?;
        let is_version = version.starts_with(|c: char| c.is_ascii_digit());
        is_version.then_some(name)
    })
}

fn cargo_check(folder: &Path, triple: &str, arguments: &str) -> std::process::Command {
    let usr = folder.join("root/usr");
    let libraries = usr.join("lib/x86_64-linux-gnu");
    let mut check = command("cargo", "check -Zbuild-std=std,panic_abort --target");
    check
        .arg(triple)
        .args(arguments.split_whitespace())
        .env("RUSTC", usr.join("bin/rustc"))
        // Allows `-Zbuild-std` with a stable compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("LD_LIBRARY_PATH", before("LD_LIBRARY_PATH", &libraries))
        // `dlltool`, which makes import libraries for Windows.
        .env("PATH", before("PATH", &usr.join("bin")))
        .env_remove("RUSTFLAGS");
    check
}

/// The value of a variable with a list of folders, with one more in front.
fn before(variable: &str, folder: &Path) -> String {
    match env::var(variable) {
        Ok(others) if !others.is_empty() => format!("{}:{others}", folder.display()),
        _ => folder.display().to_string(),
    }
}

fn target_folder() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::versioned;

    #[test]
    fn the_dependency_with_a_version_is_found() {
        let depends = "libstd-rust-web-dev\n  Depends: gcc\n  Depends: libstd-rust-web-doc\n  \
                       Depends: libstd-rust-web-1.96\n  Conflicts: libstd-rust-web-1.80\n";
        assert_eq!(
            versioned(depends, "libstd-rust-web-"),
            Some("libstd-rust-web-1.96")
        );
        assert_eq!(versioned(depends, "libllvm"), None);
    }
}
