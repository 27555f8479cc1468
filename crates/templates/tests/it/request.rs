//! Per-request values: when they are computed, and their precedence.

use std::sync::{Arc, Mutex};

use squall_templates::{Value, context};

use crate::folder::Folder;

#[test]
fn value_is_computed_once_and_only_if_used() {
    let folder = Folder::new(&[
        (
            "a.html",
            "{% for _ in range(3) %}{{ user.name }}{{ user.name }}{% endfor %}{% include 'b.html' %}",
        ),
        (
            "b.html",
            "{% if false %}{{ never }}{% endif %}{{ application() }}{{ application() }}{{ own }}",
        ),
    ]);
    let templates = folder.templates().function("application", || "f");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let request = {
        let asked = Arc::clone(&asked);
        move |name: &str| {
            asked.lock().unwrap().push(name.to_owned());
            (name == "user").then(|| context! { name => "u" })
        }
    };
    let page = templates.render_for("a.html", request, context! { own => "o" });
    assert_eq!(page.unwrap(), "uuuuuuffo");
    let mut asked = asked.lock().unwrap().clone();
    asked.retain(|name| name != "range");
    assert_eq!(asked, ["user", "application"]);
}

#[test]
fn context_takes_precedence_over_request_and_functions() {
    let folder = Folder::new(&[("a.html", "{{ f() }}")]);
    let function = |answer: &'static str| Value::from_function(move || answer);
    let templates = folder.templates().function("f", || "application");
    assert_eq!(templates.render("a.html", ()).unwrap(), "application");
    let request = move |name: &str| (name == "f").then(|| function("request"));
    assert_eq!(
        templates.render_for("a.html", request, ()).unwrap(),
        "request"
    );
    let context = context! { f => function("context") };
    assert_eq!(
        templates.render_for("a.html", request, context).unwrap(),
        "context"
    );
}

#[test]
fn none_is_falsy_but_not_undefined() {
    let folder = Folder::new(&[(
        "a.html",
        "{% if current_user %}{{ current_user }}{% else %}anonymous{% endif %}",
    )]);
    let templates = folder.templates();
    let optional_user = |user: Option<&'static str>| {
        move |name: &str| (name == "current_user").then(|| Value::from(user))
    };
    assert_eq!(
        templates
            .render_for("a.html", optional_user(None), ())
            .unwrap(),
        "anonymous"
    );
    assert_eq!(
        templates
            .render_for("a.html", optional_user(Some("ada")), ())
            .unwrap(),
        "ada"
    );
    assert!(templates.render("a.html", ()).unwrap_err().is_undefined());
}

#[test]
fn value_function_may_render_templates() {
    let folder = Folder::new(&[("a.html", "<{{ part }}>"), ("b.html", "b")]);
    let templates = folder.templates();
    let inner = templates.clone();
    let request =
        move |name: &str| (name == "part").then(|| inner.render("b.html", ()).unwrap().into());
    assert_eq!(templates.render_for("a.html", request, ()).unwrap(), "<b>");
}

#[test]
fn concurrent_requests_have_separate_values() {
    let folder = Folder::new(&[("a.html", "{{ n }}")]);
    let templates = folder.templates();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let templates = templates.clone();
            scope.spawn(move || {
                for _ in 0..50 {
                    let request = move |name: &str| (name == "n").then(|| Value::from(number));
                    let page = templates.render_for("a.html", request, ()).unwrap();
                    assert_eq!(page, number.to_string());
                }
            });
        }
    });
}

#[test]
fn failed_serialization_is_an_error() {
    struct Broken;
    impl serde::Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("broken"))
        }
    }
    let folder = Folder::new(&[
        ("a.html", "plain"),
        ("b.html", "{{ x is defined }}"),
        ("c.html", "{{ f() }}"),
    ]);
    let templates = folder.templates();
    for name in ["a.html", "b.html", "c.html"] {
        for result in [
            templates.render(name, Broken),
            templates.render_for(name, |_: &str| None, Broken),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("broken"), "{name}: {error}");
        }
    }
}
