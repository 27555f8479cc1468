//! The template of Tornado's guide, unchanged, and a site around it.

use squall_templates::{Value, context, html};

use crate::folder::Folder;

const SEED: &str = r#"<html>
   <head>
      <title>FriendFeed - {{ _("Home") }}</title>
   </head>
   <body>
     <div><img src="{{ static_url("images/logo.png") }}"/></div>
   </body>
 </html>
"#;

#[test]
fn tornado_guide_template_renders() {
    let folder = Folder::new(&[("home.html", SEED)]);
    let templates = folder.templates().function("static_url", |name: &str| {
        html(format!("/static/{name}?v=aae54"))
    });
    templates.check().unwrap();
    let request = |name: &str| {
        let french = Value::from_function(|message: &str| message.replace("Home", "Accueil"));
        (name == "_").then_some(french)
    };
    let page = templates.render_for("home.html", request, ()).unwrap();
    let wanted = SEED.replace(r#"{{ _("Home") }}"#, "Accueil").replace(
        r#"{{ static_url("images/logo.png") }}"#,
        "/static/images/logo.png?v=aae54",
    );
    assert_eq!(page, wanted.trim_end());
}

#[test]
fn site_template_renders_with_all_functions() {
    let folder = Folder::new(&[
        (
            "base.html",
            "<title>{% block title %}{% endblock %}</title>\n<a href=\"{{ reverse_url('user', user.id) }}\">\n\
             {%- block body %}{% endblock %}{% include 'parts/foot.html' %}",
        ),
        ("parts/foot.html", "<footer>{{ request.path }}</footer>"),
        (
            "user.html",
            "{% extends 'base.html' %}{% import 'macros.html' as macros %}\
             {% block title %}{{ user.name }}{% endblock %}\
             {% block body %}{% for name in friends %}{{ macros.item(name) }}{% else %}none{% endfor %}{% endblock %}",
        ),
        (
            "macros.html",
            "{% macro item(name) %}<li>{{ name }}</li>{% endmacro %}",
        ),
    ]);
    let templates = folder
        .templates()
        .function("reverse_url", |name: &str, id: u64| {
            assert_eq!(name, "user");
            html(format!("/users/{id}"))
        });
    templates.check().unwrap();

    #[derive(serde::Serialize)]
    struct User {
        id: u64,
        name: &'static str,
    }
    #[derive(serde::Serialize)]
    struct Page<'a> {
        user: User,
        friends: &'a [&'a str],
    }
    let request = |name: &str| (name == "request").then(|| context! { path => "/users/7" });
    let page = |friends: &[&str]| {
        let user = User {
            id: 7,
            name: "Ada & Co",
        };
        let page = Page { user, friends };
        templates.render_for("user.html", request, page).unwrap()
    };
    assert_eq!(
        page(&["<b>", "Bob"]),
        "<title>Ada &amp; Co</title>\n<a href=\"/users/7\"><li>&lt;b&gt;</li><li>Bob</li>\
         <footer>&#x2f;users&#x2f;7</footer>"
    );
    assert!(page(&[]).contains(">none<"));
}
