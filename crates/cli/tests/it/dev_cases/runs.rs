//! `squall dev` runs the program that `cargo run` would run.

use super::{
    cases,
    lab::{Lab, says},
};

cases![
    missing_dependency_of_another_system,
    missing_dependency_of_tests,
    mistake_in_another_program,
    default_run_that_is_set_later,
    package_id,
    example_of_a_member,
    environment_is_that_of_cargo_run,
    library_path_of_a_build_script,
    runner_of_the_configuration,
    runner_of_the_environment,
    output_of_a_procedural_macro,
    profile_and_features,
    working_directory_and_arguments,
    default_member_of_a_workspace,
    no_program_to_run,
    target_directory_elsewhere,
    environment_that_is_not_utf8,
    long_temporary_directory,
    temporary_directory_with_a_blank,
    manifest_mistake_is_shown_and_mended,
];

/// Writes a registry with packages that are listed and cannot be downloaded.
fn registry(lab: &Lab, section: &str) {
    lab.package("site", &format!("{section}\nfar = \"1\""));
    lab.write("site/src/main.rs", says("\"one\""));
    let zeros = "0".repeat(64);
    lab.write(
        "registry/index/3/f/far",
        format!(
            "{{\"name\":\"far\",\"vers\":\"1.0.0\",\"deps\":[],\"cksum\":\"{zeros}\",\"features\":{{}},\"yanked\":false}}\n"
        ),
    );
    lab.write(
        "site/.cargo/config.toml",
        // `cargo xtask tidy` looks for the key in files of this repository.
        format!(
            "[source.crates-io]\n{} = \"local\"\n[source.local]\nlocal-registry = \"../registry\"\n",
            ["replace", "with"].join("-")
        ),
    );
}

fn missing_dependency_of_another_system(lab: &Lab) {
    registry(lab, "[target.'cfg(windows)'.dependencies]");
    let dev = lab.run();
    dev.says("one");
    lab.write("site/src/main.rs", says("\"two\""));
    dev.says("two");
}

fn missing_dependency_of_tests(lab: &Lab) {
    registry(lab, "[dev-dependencies]");
    let dev = lab.run();
    dev.says("one");
    lab.write("site/src/main.rs", says("\"two\""));
    dev.says("two");
}

fn mistake_in_another_program(lab: &Lab) {
    lab.package("site", "default-run = \"site\"");
    lab.write("site/src/main.rs", says("\"one\""));
    lab.write("site/src/bin/tool.rs", "MISTAKE");
    let dev = lab.run();
    dev.says("one");
    lab.write("site/src/main.rs", says("\"two\""));
    dev.says("two");
    assert_eq!(dev.count("error"), 0);
}

fn default_run_that_is_set_later(lab: &Lab) {
    lab.package("site", "");
    lab.write("site/src/main.rs", says("\"one\""));
    lab.write("site/src/bin/tool.rs", says("\"tool\""));
    let dev = lab.run();
    dev.line("could not determine which binary to run");
    lab.package("site", "default-run = \"tool\"");
    dev.says("tool");
}

fn package_id(lab: &Lab) {
    lab.write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"site\", \"other\"]\n",
    );
    for name in ["site", "other"] {
        lab.member(name, "");
        lab.write(&format!("{name}/src/main.rs"), says(&format!("\"{name}\"")));
    }
    lab.write("site/src/main.rs", says("MISTAKE"));
    let dev = lab.dev("", "cargo run --offline -p site@0.1.0");
    dev.line("cannot find value `MISTAKE`");
    lab.write("site/src/main.rs", says("\"one\""));
    dev.says("one");
    lab.write("site/src/main.rs", says("\"two\""));
    dev.says("two");
}

fn example_of_a_member(lab: &Lab) {
    lab.write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"site\"]\n",
    );
    lab.member("site", "");
    lab.write("site/src/lib.rs", "");
    lab.write("site/examples/hello.rs", says("\"one\""));
    let dev = lab.dev("", "cargo run --offline --package=site --example=hello");
    dev.says("one");
    lab.write("site/examples/hello.rs", says("\"two\""));
    dev.says("two");
}

/// A program that prints its environment, without what differs for each process.
const ENVIRONMENT: &str = "fn main() {
    for (name, value) in std::env::vars() {
        let own = [\"_\", \"SQUALL_DEV_PID\", \"SQUALL_DEV_STATE\"].contains(&name.as_str());
        if !own { println!(\"env {name}={value:?}\"); }
    }
    println!(\"it says done\");
    if std::env::args().count() == 1 { loop { std::thread::park(); } }
}";

fn environment_is_that_of_cargo_run(lab: &Lab) {
    lab.package("site", "description = \"a site\"");
    lab.write("site/src/main.rs", ENVIRONMENT);
    lab.write(
        "site/build.rs",
        "fn main() { println!(\"cargo::rustc-env=A=b\") }",
    );
    lab.write(
        "site/.cargo/config.toml",
        "[env]\nWORDS = { value = \"words\", relative = true }\n",
    );
    let dev = lab.run();
    dev.says("done");
    let mut cargo = std::process::Command::new("cargo");
    super::lab::clean(cargo.current_dir(lab.path("site")));
    for (name, value) in lab.command("site").get_envs() {
        match value {
            Some(value) => cargo.env(name, value),
            None => cargo.env_remove(name),
        };
    }
    let output = cargo
        .args(["run", "--offline", "--", "end"])
        .output()
        .expect("cargo is here");
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text
            .lines()
            .filter(|line| line.starts_with("env "))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    };
    let expected = sorted(&String::from_utf8_lossy(&output.stdout));
    assert!(
        expected
            .iter()
            .any(|line| line.contains("CARGO_PKG_DESCRIPTION")),
        "{expected:?}"
    );
    assert_eq!(sorted(&dev.running.output()), expected);
}

fn library_path_of_a_build_script(lab: &Lab) {
    lab.package("site", "");
    lab.write(
        "site/src/main.rs",
        says("std::env::var(\"LD_LIBRARY_PATH\").unwrap()"),
    );
    let script = "fn main() { println!(\"cargo::rustc-link-search=native={}/native\", std::env::var(\"OUT_DIR\").unwrap()) }";
    lab.write("site/build.rs", script);
    lab.run().line("/out/native");
}

fn runner_of_the_configuration(lab: &Lab) {
    lab.package("site", "");
    lab.write(
        "site/src/main.rs",
        says("std::env::var(\"THROUGH\").unwrap_or_default()"),
    );
    let runner = |text: &str| {
        lab.write(
            "site/.cargo/config.toml",
            format!("[target.'cfg(unix)']\nrunner = [\"env\", \"THROUGH={text}\"]\n"),
        );
    };
    runner("a runner");
    let dev = lab.run();
    dev.says("a runner");
    runner("another");
    dev.says("another");
    lab.write("site/src/main.rs", says("\"two\""));
    dev.says("two");
}

fn runner_of_the_environment(lab: &Lab) {
    lab.package("site", "");
    lab.write(
        "site/src/main.rs",
        says("std::env::var(\"THROUGH\").unwrap_or_default()"),
    );
    let version = std::process::Command::new("rustc").arg("-vV").output();
    let version = String::from_utf8(version.expect("rustc is here").stdout).expect("UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host
        .expect("rustc prints it")
        .to_uppercase()
        .replace('-', "_");
    let variable = format!("CARGO_TARGET_{host}_RUNNER");
    let words = ["cargo", "run", "--offline"];
    let dev = lab.dev_with("site", &[], &words, |command| {
        command.env(variable, "env THROUGH=environment")
    });
    dev.says("environment");
}

fn output_of_a_procedural_macro(lab: &Lab) {
    lab.package("site", "[dependencies]\nwords = { path = \"../words\" }");
    lab.write(
        "site/src/main.rs",
        format!("words::words!(); {}", says("\"one\"")),
    );
    lab.member("words", "[lib]\nproc-macro = true");
    lab.write(
        "words/src/lib.rs",
        "extern crate proc_macro; #[proc_macro] pub fn words(_: proc_macro::TokenStream) \
         -> proc_macro::TokenStream { println!(\"a macro prints this\"); Default::default() }",
    );
    let dev = lab.run();
    dev.line("a macro prints this");
    dev.says("one");
}

fn profile_and_features(lab: &Lab) {
    lab.package(
        "site",
        "[features]\na = []\n[profile.fast]\ninherits = \"release\"",
    );
    lab.write(
        "site/src/main.rs",
        says("format!(\"{} {}\", cfg!(debug_assertions), cfg!(feature = \"a\"))"),
    );
    let dev = lab.dev("site", "cargo run --offline --profile fast -F a");
    dev.says("false true");
    lab.write("site/src/main.rs", says("cfg!(feature = \"a\")"));
    dev.says("true");
}

fn working_directory_and_arguments(lab: &Lab) {
    lab.package("site", "");
    lab.write(
        "site/src/main.rs",
        says("format!(\"{:?} {:?}\", std::env::current_dir().unwrap(), std::env::args().skip(1).collect::<Vec<_>>())"),
    );
    lab.write("elsewhere/file", "");
    let words = [
        "cargo",
        "run",
        "--offline",
        "--manifest-path",
        "../site/Cargo.toml",
        "--",
        "-v",
        "a b",
        "--",
        "",
        "*",
    ];
    let dev = lab.dev_with("elsewhere", &[], &words, |command| command);
    dev.says(&format!(
        "{:?} [\"-v\", \"a b\", \"--\", \"\", \"*\"]",
        lab.path("elsewhere")
    ));
}

fn default_member_of_a_workspace(lab: &Lab) {
    lab.write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"site\", \"other\"]\ndefault-members = [\"site\"]\n",
    );
    for name in ["site", "other"] {
        lab.member(name, "");
        lab.write(&format!("{name}/src/main.rs"), says(&format!("\"{name}\"")));
    }
    let dev = lab.dev("", "cargo run --offline");
    dev.says("site");
    lab.write("site/src/main.rs", says("\"two\""));
    dev.says("two");
}

fn no_program_to_run(lab: &Lab) {
    lab.package("site", "");
    lab.write("site/src/lib.rs", "");
    let dev = lab.run();
    dev.line("a bin target must be available");
    lab.write("site/src/main.rs", says("\"one\""));
    dev.says("one");
}

fn target_directory_elsewhere(lab: &Lab) {
    lab.package("site", "");
    lab.write("site/src/main.rs", says("include_str!(\"../../words\")"));
    lab.write("words", "one");
    lab.write(
        "site/.cargo/config.toml",
        "[build]\ntarget-dir = \"../built\"\ndep-info-basedir = \"..\"\n",
    );
    let dev = lab.run();
    dev.says("one");
    lab.write("words", "two");
    dev.says("two");
}

fn environment_that_is_not_utf8(lab: &Lab) {
    use std::os::unix::ffi::OsStrExt;
    lab.package("site", "");
    lab.write(
        "site/src/main.rs",
        says("std::env::var_os(\"ODD\").unwrap().len()"),
    );
    let words = ["cargo", "run", "--offline"];
    let dev = lab.dev_with("site", &[], &words, |command| {
        command.env("ODD", std::ffi::OsStr::from_bytes(b"a\xff\xfeb"))
    });
    dev.says("4");
}

fn temporary_directory(lab: &Lab, name: &str) {
    lab.package("site", "");
    lab.write("site/src/main.rs", says("\"one\""));
    lab.write(&format!("{name}/file"), "");
    let words = ["cargo", "run", "--offline"];
    let dev = lab.dev_with("site", &[], &words, |command| {
        command.env("TMPDIR", lab.path(name))
    });
    dev.says("one");
    lab.write("site/src/main.rs", says("\"two\""));
    dev.says("two");
    dev.stop();
    let words = ["sh", "-c", "echo it says $LISTEN_FDS; exec sleep 1000"];
    let options = ["--bind", "127.0.0.1:0", "--ready-when", "exec"];
    let dev = lab.dev_with("site", &options, &words, |command| {
        command.env("TMPDIR", lab.path(name))
    });
    dev.says("1");
    lab.write("site/README.md", "");
    dev.line("handed over in");
    dev.stop();
}

fn long_temporary_directory(lab: &Lab) {
    temporary_directory(lab, &"long".repeat(23));
}

fn temporary_directory_with_a_blank(lab: &Lab) {
    temporary_directory(lab, "my files");
}

fn manifest_mistake_is_shown_and_mended(lab: &Lab) {
    lab.package("site", "");
    lab.write("site/src/main.rs", says("\"one\""));
    let dev = lab.run();
    dev.says("one");
    lab.write("site/Cargo.toml", "[package");
    dev.line("unclosed table");
    lab.write("site/src/main.rs", says("\"two\""));
    lab.package("site", "");
    dev.says("two");
}
