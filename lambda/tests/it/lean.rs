//! What the function is made of.

use std::process::Command;

#[test]
fn neither_server_nor_supervisor_is_compiled() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--package",
            "lambda",
            "--edges",
            "normal",
        ])
        .args(["--prefix", "none", "--format", "{p} [{f}]"])
        .output()
        .expect("cargo is here");
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8_lossy(&tree.stdout);
    assert!(
        tree.lines().any(|line| line.starts_with("squall v")),
        "{tree}"
    );
    for line in tree.lines() {
        let features = line.split_once(" [").map_or("", |(_, features)| features);
        let has = |feature| {
            features
                .trim_end_matches(']')
                .split(',')
                .any(|on| on == feature)
        };
        let is_server = line.starts_with("squall-prefork v")
            || (line.starts_with("hyper v") && has("server"))
            || (line.starts_with("squall-server v") && has("http1"))
            || (line.starts_with("squall v") && (has("server") || has("prefork")));
        assert!(!is_server, "{line}");
    }
}
