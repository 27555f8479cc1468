//! `build`: its output, and serving it.
#![cfg(feature = "build")]

use std::{fs, os::unix::fs::symlink, time::UNIX_EPOCH};

use squall_static::{StaticFiles, build};

use crate::{
    site::{data, serve_files},
    transcript::send,
};

#[test]
fn build_writes_versioned_names_siblings_and_manifest() {
    let folder = testkit::temp_dir();
    let (source, output) = (folder.path().join("static"), folder.path().join("public"));
    for (name, content) in [
        (
            "css/site.css",
            "@import 'base.css'; a { background: url(../images/logo.png?x#y) } b { background: url(nowhere.png) } /* url(base.css) */",
        ),
        (
            "css/base.css",
            "@font-face { src: url('/static/absolute.woff') }",
        ),
        ("css/one.css", "@import 'two.css';"),
        ("css/two.css", "@import 'one.css';"),
        ("images/logo.png", "a logo"),
        ("data.txt", &data()),
        ("data.txt.gz", "made before"),
        (".env", "secret"),
    ] {
        let path = source.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    symlink("images/logo.png", source.join("link.png")).unwrap();
    symlink(".", source.join("circle")).unwrap();
    symlink("/etc/passwd", source.join("passwd")).unwrap();

    let names = build::build(&source, &output).unwrap();
    let keys: Vec<&str> = names.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "css/base.css",
            "css/one.css",
            "css/site.css",
            "css/two.css",
            "data.txt",
            "images/logo.png",
            "link.png"
        ]
    );
    assert_eq!(
        names["images/logo.png"],
        "images/logo.debe7e55e398958e5bb7.png"
    );
    let base = names["css/base.css"].strip_prefix("css/").unwrap();
    assert_eq!(
        fs::read_to_string(output.join(&names["css/site.css"])).unwrap(),
        format!(
            "@import '{base}'; a {{ background: url(../images/logo.debe7e55e398958e5bb7.png?x#y) }} \
             b {{ background: url(nowhere.png) }} /* url(base.css) */"
        )
    );
    // Of an import cycle, one reference is not rewritten.
    let two = fs::read_to_string(output.join("css/two.css")).unwrap();
    let one = fs::read_to_string(output.join("css/one.css")).unwrap();
    assert_eq!(
        (one.as_str(), two.as_str()),
        (
            &*format!("@import '{}';", &names["css/two.css"][4..]),
            "@import 'one.css';"
        )
    );

    let files = StaticFiles::new(&output)
        .manifest(output.join(build::MANIFEST))
        .build()
        .unwrap();
    let urls = files.urls();
    let address = serve_files(files);
    for name in keys {
        let url = urls.url(name);
        assert_eq!(url, format!("/static/{}", names[name]));
        let reply = send(address, &format!("GET {url}"));
        assert_eq!(
            reply.header("cache-control"),
            Some("public, max-age=315360000, immutable"),
            "{name}"
        );
        assert_eq!(
            send(address, &format!("GET /static/{name}")).body,
            reply.body,
            "{name}"
        );
    }
    for (coding, extension) in [("br", "br"), ("zstd", "zst"), ("gzip", "gz")] {
        let reply = send(
            address,
            &format!("GET {}\naccept-encoding: {coding}", urls.url("data.txt")),
        );
        assert_eq!(reply.header("content-encoding"), Some(coding));
        let sibling = output.join(format!("{}.{extension}", names["data.txt"]));
        assert_eq!(reply.body, fs::read(sibling).unwrap());
        assert!(reply.body.len() < 800);
    }
    assert_eq!(
        send(address, &format!("GET /static/{}", build::MANIFEST)).status,
        404
    );
    assert_eq!(urls.url("nowhere.txt"), "/static/nowhere.txt");

    // A second build changes nothing and writes nothing.
    let copy = output.join("data.txt");
    let file = fs::File::options().write(true).open(&copy).unwrap();
    file.set_modified(UNIX_EPOCH).unwrap();
    assert_eq!(build::build(&source, &output).unwrap(), names);
    assert_eq!(fs::metadata(&copy).unwrap().modified().unwrap(), UNIX_EPOCH);
}

#[test]
fn build_rejects_unreadable_sources_and_nested_outputs() {
    let folder = testkit::temp_dir();
    let nowhere = folder.path().join("nowhere");
    let error = build::build(&nowhere, &folder.path().join("out")).unwrap_err();
    assert_eq!(error.path(), nowhere);
    let inside = folder.path().join("out");
    let error = build::build(folder.path(), &inside).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot build static files: {}", inside.display())
    );
}
