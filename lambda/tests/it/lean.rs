//! The packages of the function.

use std::path::Path;

use testkit::compiled;

#[test]
fn neither_server_nor_supervisor_is_compiled() {
    let packages = compiled(Path::new(env!("CARGO_MANIFEST_DIR")), "normal");
    assert!(packages.iter().any(|package| package.name == "squall"));
    for package in packages {
        let is_server = match package.name.as_str() {
            "squall-prefork" => true,
            "hyper" => package.has("server"),
            "squall-server" => package.has("http1"),
            "squall" => package.has("server") || package.has("prefork"),
            _ => false,
        };
        assert!(!is_server, "{package:?}");
    }
}
