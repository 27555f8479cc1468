//! The facade without its server: what an application in a WSGI server is made of.

use std::process::Command;

use crate::containers::PACKAGE;

/// Returns the packages and features of a build, one in a line.
fn tree(edges: &str) -> String {
    let tree = Command::new("cargo")
        .args([
            "tree",
            "--locked",
            "--offline",
            "--prefix",
            "none",
            "--format",
            "{p} [{f}]",
            "--edges",
            edges,
        ])
        .current_dir(PACKAGE)
        .output()
        .expect("cargo is here");
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    String::from_utf8_lossy(&tree.stdout).into_owned()
}

#[test]
fn neither_server_nor_supervisor_is_compiled() {
    // With dev-dependencies, it is the site of the guide.
    for edges in ["normal", "normal,dev"] {
        let tree = tree(edges);
        assert!(tree.contains("squall v"), "{tree}");
        for package in ["squall-prefork v", "squall-autoreload v"] {
            assert!(!tree.contains(package), "{package} in\n{tree}");
        }
        for line in tree.lines() {
            let features = line.split_once('[').map_or("", |(_, features)| features);
            let has = |feature| {
                features
                    .trim_end_matches(']')
                    .split(',')
                    .any(|on| on == feature)
            };
            let is_server = (line.starts_with("hyper") && (has("server") || has("client")))
                || (line.starts_with("squall-server v") && has("http1"))
                || (line.starts_with("squall v") && has("server"));
            assert!(!is_server, "{line}");
        }
    }
    assert!(!tree("normal").contains("hyper v"));
}
