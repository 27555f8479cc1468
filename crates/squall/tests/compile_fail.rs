//! The compiler's messages about programs with a mistake, which are a part of the interface.
//!
//! Each program beside this file has its expected messages in a `.stderr`. `BLESS=1` rewrites them. They
//! are compared as a whole with the compiler that wrote them; with another one, the first line is.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

/// The compiler whose messages the files have.
const RUSTC: &str = "rustc 1.95.";

#[test]
fn mistakes_have_messages_that_name_them() {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let is_exact = version().starts_with(RUSTC);
    let mut differences = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(&programs).expect("the programs") {
        let program = entry.expect("an entry").path();
        if program
            .extension()
            .is_none_or(|extension| extension != "rs")
        {
            continue;
        }
        count += 1;
        let found = messages(&program);
        let expected = program.with_extension("stderr");
        if env::var_os("BLESS").is_some() {
            fs::write(&expected, &found).expect("the messages are written");
            continue;
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        let is_same = match is_exact {
            true => found == expected,
            false => found.lines().next() == expected.lines().next(),
        };
        if !is_same {
            differences.push(format!(
                "{}: expected\n{expected}\nfound\n{found}",
                program.display()
            ));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(count > 0, "no program in {}", programs.display());
}

fn version() -> String {
    let output = Command::new("rustc").arg("--version").output();
    String::from_utf8(output.expect("rustc runs").stdout).expect("a version in UTF-8")
}

/// Compiles a program against the library of this test, and returns what the compiler writes.
fn messages(program: &Path) -> String {
    let folder = program.parent().expect("a file is in a folder");
    let output = Command::new("rustc")
        .current_dir(folder)
        .args(["--edition=2024", "--emit=metadata", "-o", "/dev/null"])
        .arg(program.file_name().expect("a file has a name"))
        .arg("--extern")
        .arg(format!("squall={}", library().display()))
        .arg("-L")
        .arg(format!("dependency={}", dependencies().display()))
        // Paths of the standard library and of dependencies differ between machines.
        .args([
            "--remap-path-prefix",
            &format!("{}=", env!("CARGO_MANIFEST_DIR")),
        ])
        .output()
        .expect("rustc runs");
    let text = String::from_utf8(output.stderr).expect("messages in UTF-8");
    assert!(!output.status.success(), "{} compiles", program.display());
    without_places(&text)
}

/// The folder of the test's own program has the libraries that it was built with.
fn dependencies() -> PathBuf {
    let program = env::current_exe().expect("the path of this program");
    program.parent().expect("a file is in a folder").to_owned()
}

/// Returns the newest build of squall, which is that of this test or has the same source.
fn library() -> PathBuf {
    let files = fs::read_dir(dependencies()).expect("the folder of libraries");
    let libraries = files.map(|entry| entry.expect("an entry")).filter(|entry| {
        let name = entry.file_name().into_string().unwrap_or_default();
        name.starts_with("libsquall-") && name.ends_with(".rlib")
    });
    let built = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        modified.unwrap_or(SystemTime::UNIX_EPOCH)
    };
    libraries
        .max_by_key(built)
        .expect("the library is built")
        .path()
}

/// Removes line numbers and paths outside of the program, and hints that list types of other crates.
fn without_places(text: &str) -> String {
    let mut kept = String::new();
    for line in text.lines() {
        let is_outside = line.trim_start().starts_with("--> ")
            && (line.contains(".cargo") || line.contains("/rustc/") || line.contains("src/"));
        if !is_outside {
            kept.push_str(line.trim_end());
            kept.push('\n');
        }
    }
    kept
}
