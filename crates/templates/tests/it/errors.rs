//! Template errors: messages, positions and limits.

use std::{error::Error, fs, io};

use squall_templates::{
    ConfigError, TemplateError, Templates,
    minijinja::{self, ErrorKind, context},
};

use crate::folder::Folder;

fn render(files: &[(&str, &str)], name: &str) -> TemplateError {
    let templates = Folder::new(files);
    let templates = templates.templates().function("fail", || {
        let error = minijinja::Error::new(ErrorKind::InvalidOperation, "no route is named \"x\"");
        Err::<String, _>(error.with_source(io::Error::other("the cause")))
    });
    let context = context! { password => "hunter2", user => context! { name => "Ada" } };
    templates.render(name, context).unwrap_err()
}

#[test]
fn errors_name_template_and_line() {
    let tables: &[(&str, &str, usize, &str)] = &[
        ("undefined", "\n\n{{ nobody }}", 3, "`nobody` is undefined"),
        (
            "undefined member",
            "{{ user.nobody }}",
            1,
            "`user.nobody` is undefined",
        ),
        (
            "undefined condition",
            "\n{% if nobody %}{% endif %}",
            2,
            "`nobody` is undefined",
        ),
        (
            "undefined list",
            "{% for x in nobody %}{% endfor %}",
            1,
            "`nobody` is undefined",
        ),
        (
            "unknown function",
            "\n{{ nothing() }}",
            2,
            "nothing is unknown",
        ),
        (
            "unknown filter",
            "\n{{ 1|nothing }}",
            2,
            "nothing is unknown",
        ),
        ("not a function", "{{ password() }}", 1, "not callable"),
        ("syntax", "\n{% if %}", 2, "syntax error"),
        (
            "not closed",
            "{% if true %}\n",
            1,
            "unexpected end of input",
        ),
        ("Tornado's end", "{% if true %}{% end %}", 1, "syntax error"),
        ("half a tag", "a\n{{ 'b", 2, "syntax error"),
        (
            "deep",
            &format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000)),
            1,
            "recursion",
        ),
        ("function", "\n{{ fail() }}", 2, "no route is named \"x\""),
        (
            "missing include",
            "\n{% include 'none.html' %}",
            2,
            "'none.html'",
        ),
        (
            "missing parent",
            "\n{% extends 'none.html' %}",
            2,
            "\"none.html\" does not exist",
        ),
        (
            "escape by include",
            "{% include '../secret.html' %}",
            1,
            "'../secret.html'",
        ),
        (
            "extends itself",
            "{% extends 'a.html' %}",
            1,
            "cycle in template inheritance",
        ),
        (
            "macro in circles",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            1,
            "recursion limit",
        ),
        ("division", "{{ 1 // 0 }}", 1, "1 // 0"),
    ];
    for (case, source, line, message) in tables {
        let error = render(&[("a.html", source)], "a.html");
        let shown = error.to_string();
        assert!(shown.contains(message), "{case}: {shown}");
        assert!(
            shown.ends_with(&format!("(in a.html:{line})")),
            "{case}: {shown}"
        );
        assert_eq!(
            (error.name(), error.line()),
            ("a.html", Some(*line)),
            "{case}"
        );
        let at = error.source_lines().find(|(number, _)| number == line);
        let wanted = source.lines().nth(line - 1).unwrap_or_default();
        assert_eq!(at.map_or("", |(_, text)| text), wanted, "{case}");
        assert!(
            !format!("{error:?} {error:#?} {error:#}").contains("hunter2"),
            "{case}"
        );
    }
}

#[test]
fn missing_template_is_named_with_its_folder() {
    let templates = Templates::new("some/templates");
    let error = templates.render("abuot.html", ()).unwrap_err();
    let folder = std::path::absolute("some/templates").unwrap();
    let wanted = format!("\"abuot.html\" does not exist in {}", folder.display());
    assert!(error.to_string().ends_with(&wanted), "{error}");
}

#[test]
fn recursive_includes_are_stopped() {
    let error = render(
        &[
            ("a.html", "{% include 'b.html' %}"),
            ("b.html", "\n{% include 'a.html' %}"),
        ],
        "a.html",
    );
    assert!(
        error.to_string().contains("recursion limit exceeded"),
        "{error}"
    );
    assert!(
        error.included_from().contains(&("b.html", Some(2))),
        "{error}"
    );

    let error = render(
        &[
            ("a.html", "{% extends 'b.html' %}"),
            ("b.html", "{% extends 'a.html' %}"),
        ],
        "a.html",
    );
    assert!(
        error.to_string().contains("cycle in template inheritance"),
        "{error}"
    );
}

#[test]
fn included_from_lists_deep_includes() {
    let include = |number: usize| format!("{{% include '{number}.html' %}}");
    let folder = Folder::new(&[("20.html", "deep")]);
    for number in 0..20 {
        folder.write(&format!("{number}.html"), include(number + 1).as_bytes());
    }
    let templates = folder.templates();
    assert_eq!(templates.render("0.html", ()).unwrap(), "deep");
}

#[test]
fn endless_loops_are_stopped() {
    for source in [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% set x = namespace(s='long') %}{% for i in range(100) %}{% set x.s = x.s ~ x.s %}{% endfor %}",
    ] {
        let folder = Folder::new(&[("a.html", source)]);
        let templates = folder.templates().fuel(Some(10_000));
        let error = templates.render("a.html", ()).unwrap_err();
        assert!(error.to_string().contains("ran out of fuel"), "{error}");
    }
    let folder = Folder::new(&[("a.html", "{% for a in range(100000) %}.{% endfor %}")]);
    assert_eq!(
        folder.templates().render("a.html", ()).unwrap().len(),
        100_000
    );
}

#[test]
fn error_has_source_lines_includes_and_cause() {
    let lines: String = (1..=20).map(|number| format!("line {number}\n")).collect();
    let broken = lines.replace("line 9\n", "{{ fail() }}\n");
    let error = render(
        &[
            (
                "a.html",
                "{% extends 'base.html' %}{% block body %}\n{% include 'b.html' %}{% endblock %}",
            ),
            ("base.html", "{% block body %}{% endblock %}"),
            ("b.html", "\n\n{% include 'dir/c.html' %}"),
            ("dir/c.html", &broken),
        ],
        "a.html",
    );
    assert_eq!((error.name(), error.line()), ("dir/c.html", Some(9)));
    assert_eq!(
        error.included_from(),
        [("b.html", Some(3)), ("a.html", Some(2))]
    );
    let lines: Vec<_> = error.source_lines().collect();
    assert_eq!(lines.first(), Some(&(4, "line 4")));
    assert_eq!(lines[5], (9, "{{ fail() }}"));
    assert_eq!(lines.last(), Some(&(14, "line 14")));
    assert_eq!(error.source().unwrap().to_string(), "the cause");

    let error = render(&[("a.html", "{{ nobody }}\nend")], "a.html");
    assert_eq!(
        error.source_lines().collect::<Vec<_>>(),
        [(1, "{{ nobody }}"), (2, "end")]
    );
    assert!(error.source().is_none() && error.included_from().is_empty());
    assert!(error.is_undefined() && !error.is_not_found());
}

#[test]
fn files_that_are_not_utf8_are_errors() {
    let folder = Folder::new(&[("a.html", "\n{% include 'b.html' %}")]);
    folder.write("b.html", b"caf\xe9");
    let error = folder.templates().render("b.html", ()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("cannot read template \"b.html\": stream did not contain valid UTF-8"),
        "{error}"
    );
    assert_eq!((error.name(), error.line()), ("b.html", None));
    let error = folder.templates().render("a.html", ()).unwrap_err();
    assert!(error.to_string().contains("\"b.html\""), "{error}");
    assert_eq!((error.name(), error.line()), ("a.html", Some(2)));
}

#[test]
fn check_returns_compile_errors() {
    let folder = Folder::new(&[
        ("good.html", "{{ nobody }}"),
        ("b/two.html", "\n{{ 1 + }}"),
        ("a.html", "{% if %}"),
        (".hidden.html", "{% if %}"),
        (".git/config.html", "{% if %}"),
    ]);
    folder.write("c.html", b"\xff");
    let error = folder.templates().check().unwrap_err();
    let ConfigError::Templates { errors } = &error else {
        panic!("{error}");
    };
    let places: Vec<_> = errors
        .iter()
        .map(|error| (error.name(), error.line()))
        .collect();
    assert_eq!(
        places,
        [
            ("a.html", Some(1)),
            ("b/two.html", Some(2)),
            ("c.html", None)
        ]
    );
    let shown = error.to_string();
    assert!(
        shown.starts_with("invalid templates: syntax error: "),
        "{shown}"
    );
    assert!(
        shown.contains("(in a.html:1); ") && shown.contains("(in b/two.html:2); "),
        "{shown}"
    );

    for number in 0..20 {
        folder.write(&format!("{number}.html"), b"{{");
    }
    let Err(ConfigError::Templates { errors }) = folder.templates().check() else {
        panic!("the templates are invalid");
    };
    assert_eq!(errors.len(), 10);
}

#[test]
fn check_ignores_files_that_are_no_templates() {
    const BROKEN: &[u8] = b"{% if %}";
    let folder = Folder::new(&[("a.html", "a")]);
    for name in [
        "a.html~",
        "a.html.bak",
        "a.html.orig",
        "a.html.rej",
        ".a.html.swp",
        "#a.html#",
        ".#a.html",
        "dir/b.html~",
        ".DS_Store",
    ] {
        folder.write(name, BROKEN);
    }
    for (name, content) in [
        (
            "logo.png",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR{% if %}".as_slice(),
        ),
        ("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
        ("font.woff2", b"wOF2\0\x01\0\0"),
    ] {
        folder.write(name, content);
    }
    folder.templates().check().unwrap();
    folder.write("b.html", BROKEN);
    assert!(folder.templates().check().is_err());
}

#[test]
fn check_fails_without_a_folder() {
    let folder = Folder::new(&[]);
    folder.templates().check().unwrap();
    let missing = Templates::new(folder.path().join("missing"));
    let error = missing.check().unwrap_err();
    assert!(
        matches!(&error, ConfigError::Folder { path, .. } if path == missing.folder()),
        "{error}"
    );
    fs::write(folder.path().join("file"), "").unwrap();
    let error = Templates::new(folder.path().join("file"))
        .check()
        .unwrap_err();
    assert!(
        error.to_string().starts_with("cannot read templates: /"),
        "{error}"
    );
    let error = Templates::new("no/such/folder").check().unwrap_err();
    let directory = std::env::current_dir().unwrap();
    let directory = directory.display();
    let said = format!(
        "cannot read templates: {directory}/no/such/folder (\"no/such/folder\" in the working directory {directory}): "
    );
    assert!(error.to_string().starts_with(&said), "{error}");
}
