//! The facade without its server: the packages of an application in a WSGI server.

use std::path::Path;

use testkit::compiled;

use crate::containers::PACKAGE;

#[test]
fn neither_server_nor_supervisor_is_compiled() {
    // With dev-dependencies, it is the site of the guide.
    for edges in ["normal", "normal,dev"] {
        let packages = compiled(Path::new(PACKAGE), edges);
        assert!(packages.iter().any(|package| package.name == "squall"));
        for package in packages {
            let is_server = match package.name.as_str() {
                "squall-prefork" | "squall-autoreload" => true,
                "hyper" if edges == "normal" => true,
                "squall-server" => package.has("http1"),
                "squall" => package.has("server"),
                name => {
                    name.starts_with("hyper") && (package.has("server") || package.has("client"))
                }
            };
            assert!(!is_server, "{package:?}");
        }
    }
}
