//! `context!` with values of any serializable type.

use std::collections::BTreeMap;

use serde::Serialize;
use squall_templates::{Value, context, html};

use crate::folder::Folder;

#[derive(Serialize)]
struct Message<'a> {
    author: &'a str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Value>,
}

/// Renders one template.
fn render(source: &str, context: impl Serialize) -> String {
    let folder = Folder::new(&[("page.html", source)]);
    let page = folder.templates().render("page.html", context);
    page.unwrap_or_else(|error| panic!("{error:?}"))
}

#[test]
fn structs_vectors_maps_and_options_are_values() {
    let messages = vec![
        Message {
            author: "Ada",
            text: "<b>".to_owned(),
            signature: None,
        },
        Message {
            author: "Brian",
            text: "1 < 2".to_owned(),
            signature: Some(html("<hr>")),
        },
    ];
    let ages = BTreeMap::from([("Ada", 36)]);
    let context =
        context! { messages, newest => messages.first(), ages, nobody => None::<Message<'_>> };
    let source = "{% for message in messages %}{{ message.author }}: {{ message.text }}\
                  {{ message.signature if message.signature is defined }};{% endfor %}\
                  {{ newest.author }} {{ ages.Ada + 1 }} {{ nobody is none }}";
    assert_eq!(
        render(source, context),
        "Ada: &lt;b&gt;;Brian: 1 &lt; 2<hr>;Ada 37 True"
    );
    // The values are taken by reference.
    assert_eq!((messages.len(), ages.len()), (2, 1));
}

#[test]
fn values_of_templates_stay_what_they_are() {
    let shout = Value::from_function(|text: &str| text.to_uppercase());
    let safe = html("<i>");
    let context = context! {
        safe,
        inline => html("<b>"),
        shout,
        listed => vec![html("<u>"), Value::from("<s>")],
        nested => context! { safe => html("<em>"), text => "<em>" },
    };
    let source = "{{ safe }}{{ inline }}{{ shout('x') }}{{ listed[0] }}{{ listed[1] }}\
                  {{ nested.safe }}{{ nested.text }}";
    assert_eq!(render(source, context), "<i><b>X<u>&lt;s&gt;<em>&lt;em&gt;");
}

#[test]
fn others_are_merged_and_the_first_name_counts() {
    #[derive(Serialize)]
    struct Site {
        title: &'static str,
        footer: &'static str,
    }
    let site = Site {
        title: "Site",
        footer: "end",
    };
    let source = "{{ title }} {{ footer }}";
    for (context, page) in [
        (context! { ..site }, "Site end"),
        (context! { title => "Own", ..site }, "Own end"),
        (context! { title => "Own", ..site, }, "Own end"),
        (
            context! { ..context! { footer => "first" }, ..site },
            "Site first",
        ),
        (
            context! { title => "Own", ..context! { title => "no", footer => "f" }, ..site },
            "Own f",
        ),
    ] {
        assert_eq!(render(source, context), page);
    }
    assert_eq!(render("none", context! {}), "none");
}

#[test]
fn value_that_cannot_be_serialized_is_an_error_of_its_use() {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no database"))
        }
    }
    assert_eq!(render("unused", context! { broken => Broken }), "unused");
    let folder = Folder::new(&[("page.html", "{{ broken }}")]);
    let page = folder
        .templates()
        .render("page.html", context! { broken => Broken });
    let error = page.unwrap_err().to_string();
    assert!(error.contains("no database"), "{error}");
}
