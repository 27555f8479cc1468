//! `squall static build`.

use std::fs;

use testkit::temp_dir;

use crate::house::say;

#[test]
fn a_directory_is_built_beside_itself() {
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
    let said = say(dir.path(), &build);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.output.starts_with("2 files; "), "{said:?}");
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
        let said = say(dir.path(), &arguments);
        assert_eq!(said.code, Some(1), "{arguments}: {said:?}");
        assert!(said.errors.contains(reason), "{arguments}: {said:?}");
    }
}
