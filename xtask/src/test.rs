//! All that must pass, and at the end what did not run.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use crate::Result;
use crate::command::{cargo, root, run};
use crate::outside;

pub(crate) fn test() -> Result {
    outside::warn_if_outdated();
    // Tests that miss an outside program add its name to this file: see testkit's `outside`.
    let skips = root().join(".outside/skips");
    fs::create_dir_all(root().join(".outside"))?;
    fs::write(&skips, "")?;
    let tested =
        run(cargo("test --workspace --all-features --no-fail-fast").env("SQUALL_SKIPS", &skips))
            // Not asked to measure, criterion runs each bench once, and its assertions with it.
            .and_then(|()| run(&mut cargo("test --workspace --all-features --bench *")))
            .and_then(|()| run(wsgi("test --no-fail-fast").env("SQUALL_SKIPS", &skips)));
    for program in fs::read_to_string(&skips)?.lines().collect::<BTreeSet<_>>() {
        eprintln!("skipped: {}", outside::how_to_get(program));
    }
    tested
}

/// Returns a command for the package `squall-wsgi`, which is a workspace of its own. It shares the target folder: the
/// tests compare its examples with those of squall.
pub(crate) fn wsgi(args: &str) -> Command {
    let mut cargo = cargo(args);
    cargo.args(["--manifest-path", "wsgi/Cargo.toml", "--target-dir"]);
    cargo.arg(target());
    cargo
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Runs Autobahn's cases of compression, which `test` leaves out.
pub(crate) fn websocket() -> Result {
    outside::warn_if_outdated();
    if testkit::find_outside("kosoku").is_none() {
        return Err(outside::how_to_get("kosoku").into());
    }
    run(&mut cargo(
        "test --release --package squall-websocket --all-features --test it -- --ignored",
    ))
}

/// Makes the pictures of the front page, in `crates/squall/docs/pictures`.
pub(crate) fn pictures() -> Result {
    run(&mut cargo(
        "test --package squall-cli --test it -- --ignored pictures",
    ))
}
