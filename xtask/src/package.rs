//! The packages as they will be published: packed, unpacked and tested against each other.

use std::fs;
use std::process::Stdio;

use crate::command::{cargo, command, root, run};
use crate::workspace::{Workspace, is_published};
use crate::{Result, complain};

/// A workspace of the unpacked packages, made anew each time.
const UNPACKED: &str = "target/unpacked";

/// Packs all published crates, and runs the tests that are packed with them.
///
/// `cargo publish --dry-run` builds each package too, but with its default features and without its
/// tests and examples.
pub(crate) fn check() -> Result {
    let workspace = Workspace::load()?;
    let published: Vec<_> = workspace
        .crates()
        .filter(|package| is_published(package))
        .collect();
    let mut pack = cargo("package --no-verify --allow-dirty --color never");
    for package in &published {
        pack.args(["--package", &package.name]);
    }
    eprintln!(
        "$ cargo package --no-verify, for {} crates",
        published.len()
    );
    let packed = pack.stdout(Stdio::null()).output()?;
    let messages = String::from_utf8_lossy(&packed.stderr);
    if !packed.status.success() {
        return Err(format!("cargo package: {}\n{messages}", packed.status).into());
    }
    let warnings: Vec<_> = unexpected_warnings(&messages).map(str::to_owned).collect();
    complain(&warnings)?;

    let unpacked = root().join(UNPACKED);
    if unpacked.is_dir() {
        fs::remove_dir_all(&unpacked)?;
    }
    fs::create_dir_all(&unpacked)?;
    let mut patches = String::new();
    for package in &published {
        let folder = format!("{}-{}", package.name, package.version);
        let archive = format!("target/package/{folder}.crate");
        run(command("tar", "-xzf").arg(archive).args(["-C", UNPACKED]))?;
        patches.push_str(&format!("{} = {{ path = \"{folder}\" }}\n", package.name));
    }
    fs::write(
        unpacked.join("Cargo.toml"),
        format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"*-*\"]\n\n[patch.crates-io]\n{patches}"
        ),
    )?;
    // The same versions of everything else, and the same builds of them.
    fs::copy(root().join("Cargo.lock"), unpacked.join("Cargo.lock"))?;
    let mut test = cargo("test --workspace --all-features --target-dir");
    run(test.arg(root().join("target")).current_dir(&unpacked))
}

/// Tests that need testkit, and an example of another crate, are left out on purpose. A page without
/// a repository is what RELEASING.md is about.
fn unexpected_warnings(messages: &str) -> impl Iterator<Item = &str> {
    messages
        .lines()
        .filter(|line| line.starts_with("warning: "))
        .filter(|line| !line.starts_with("warning: ignoring test `"))
        .filter(|line| !line.starts_with("warning: ignoring example `"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings() {
        let messages = "   Packaging squall v0.1.0\n\
            warning: ignoring test `it` as `tests/it/main.rs` is not included in the published package\n\
            warning: manifest has no description\n";
        assert_eq!(
            unexpected_warnings(messages).collect::<Vec<_>>(),
            ["warning: manifest has no description"]
        );
    }
}
