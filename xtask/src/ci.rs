//! The steps that a change must pass, cheapest first.

use crate::command::{cargo, read, run};
use crate::workspace::Workspace;
use crate::{Result, guide, layers, package, portable, test, tidy};

pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) purpose: &'static str,
    run: fn() -> Result,
}

pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        purpose: "the code has rustfmt's form",
        run: fmt,
    },
    Step {
        name: "tidy",
        purpose: "the conventions that no compiler knows",
        run: tidy::check,
    },
    Step {
        name: "layers",
        purpose: "dependencies between crates; circles of files within them",
        run: layers::check,
    },
    Step {
        name: "clippy",
        purpose: "no warning, in any target",
        run: clippy,
    },
    Step {
        name: "doc",
        purpose: "no warning of rustdoc's, and no dead link on GitHub, in rustdoc or on the site",
        run: guide::check,
    },
    Step {
        name: "test",
        purpose: "unit, integration and documentation tests; each bench once",
        run: test::test,
    },
    Step {
        name: "alone",
        purpose: "each crate and each of its features without the others",
        run: alone,
    },
    Step {
        name: "portable",
        purpose: "types on macOS, FreeBSD and Windows",
        run: portable::check,
    },
    Step {
        name: "package",
        purpose: "the packages as published, each against the others",
        run: package::check,
    },
    Step {
        name: "deny",
        purpose: "licences, sources and advisories of our dependencies",
        run: deny,
    },
];

pub(crate) fn ci() -> Result {
    STEPS.iter().try_for_each(|step| (step.run)())
}

/// Runs the step of that name, if there is one.
pub(crate) fn step(name: &str) -> Option<Result> {
    let step = STEPS.iter().find(|step| step.name == name)?;
    Some((step.run)())
}

fn fmt() -> Result {
    run(&mut cargo("fmt --all --check"))?;
    run(&mut cargo("fmt --manifest-path wsgi/Cargo.toml --check"))
}

fn clippy() -> Result {
    run(&mut cargo(
        "clippy --workspace --all-targets --all-features -- -D warnings",
    ))?;
    run(test::wsgi("clippy --all-targets").args(["--", "-D", "warnings"]))
}

/// In a build of the whole workspace, a crate gets the features that its neighbours ask for;
/// those who depend on that crate only get what it asks for itself.
fn alone() -> Result {
    for package in Workspace::load()?.crates() {
        let name = &package.name;
        let lint = |features: &str| {
            run(&mut cargo(&format!(
                "clippy --package {name} --all-targets --no-default-features {features} -- -D warnings"
            )))
        };
        lint("")?;
        for feature in package.features.keys().filter(|name| *name != "default") {
            lint(&format!("--features {feature}"))?;
        }
        if package
            .features
            .get("default")
            .is_some_and(|on| !on.is_empty())
        {
            run(&mut cargo(&format!(
                "test --package {name} --lib --no-default-features"
            )))?;
        }
        run(&mut cargo(&format!("test --package {name}")))?;
    }
    Ok(())
}

fn deny() -> Result {
    if read(&mut cargo("deny --version")).is_err() {
        eprintln!("skipped: cargo-deny is missing; get it with: cargo install --locked cargo-deny");
        return Ok(());
    }
    run(&mut cargo("deny check"))
}
