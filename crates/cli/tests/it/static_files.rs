//! `squall static build`.

use std::fs;

use testkit::temp_dir;

use crate::fixture::run;

#[test]
fn build_writes_hashed_files_and_rejects_bad_directories() {
    let dir = temp_dir();
    let path = |name: &str| dir.path().join(name);
    fs::create_dir(path("static")).expect("an empty directory");
    fs::write(path("static/a.css"), "body { background: url(b.png) }").expect("likewise");
    fs::write(path("static/b.png"), "an image").expect("likewise");
    let (source, output) = (path("static"), path("public"));
    let build = format!(
        "static build {} --output {}",
        source.display(),
        output.display()
    );
    let result = run(dir.path(), &build);
    assert_eq!(result.code, Some(0), "{result:?}");
    assert!(result.output.starts_with("2 files; "), "{result:?}");
    let css = fs::read_to_string(output.join("a.css")).expect("it is built");
    assert!(
        css.contains("url(b.") && !css.contains("url(b.png)"),
        "{css}"
    );

    for (arguments, reason) in [
        (
            format!(
                "static build {} --output {}",
                source.display(),
                path("static/in").display()
            ),
            "inside the source",
        ),
        (
            format!(
                "static build {} --output {}",
                path("none").display(),
                output.display()
            ),
            "No such file",
        ),
    ] {
        let result = run(dir.path(), &arguments);
        assert_eq!(result.code, Some(1), "{arguments}: {result:?}");
        assert!(result.errors.contains(reason), "{arguments}: {result:?}");
    }
}
