//! Benches: criterion's for the hot path, programs that measure from end to end, and the cost of a build.

mod build;

use crate::Result;
use crate::command::{cargo, run};
use crate::test::wsgi;

/// Runs the end-to-end bench of that name, with the arguments that follow it; anything else is
/// criterion's, which takes the words as a filter and options.
pub(crate) fn bench(args: &[&str]) -> Result {
    match args {
        ["build"] => build::build(),
        // It builds what it measures, and needs no optimisation itself.
        ["peers", rest @ ..] => {
            run(cargo("run --quiet --package benches --bin peers --").args(rest))
        }
        [name @ "websocket", rest @ ..] => {
            let program = format!("run --profile bench --package benches --bin {name} --");
            run(cargo(&program).args(rest))
        }
        [name @ "wsgi", rest @ ..] => {
            run(&mut wsgi("build --profile bench --example hello_wsgi"))?;
            let program = format!("run --profile bench --package benches --bin {name} --");
            run(cargo(&program).args(rest))
        }
        [name @ "slow", rest @ ..] => {
            let program =
                format!("run --profile bench --package benches --features tls --bin {name} --");
            run(cargo(&program).args(rest))
        }
        [name @ "disturb", rest @ ..] => {
            run(&mut cargo(
                "build --profile bench --package squall --example friendfeed --package squall-cli --bin squall",
            ))?;
            let program = format!("run --profile bench --package benches --bin {name} --");
            run(cargo(&program).args(rest))
        }
        [name @ "reload", rest @ ..] => {
            run(&mut cargo("build --profile bench --package squall-cli"))?;
            let program = format!("run --profile bench --package benches --bin {name} --");
            run(cargo(&program).args(rest))
        }
        filter => run(cargo("bench --package benches --bench * --").args(filter)),
    }
}

/// Builds the example and the command, and injects faults while clients verify every response.
pub(crate) fn chaos(args: &[&str]) -> Result {
    run(&mut cargo(
        "build --package squall --example friendfeed --package squall-cli --bin squall --package benches --bin chaos",
    ))?;
    run(cargo("run --quiet --package benches --bin chaos --").args(args))
}
