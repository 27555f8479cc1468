//! Babel: from `{{ _("Home") }}` in a template to a page in French, with the commands of the
//! documentation.

use std::{fs, path::Path, process::Command};

use minijinja::Environment;
use squall_locale::Translations;

const TEMPLATE: &str = r#"<title>FriendFeed - {{ _("Home") }}</title>
{# NOTE: above the list #}
{{ ngettext("%(count)d friend", "%(count)d friends", count)|format(count=count) }}
{{ pgettext("law", "right") }} {{ _("Sign " ~ "out") }}
{% if user %}{{ _("Hello, %(name)s")|format(name=user) }}{% endif %}"#;

const FRENCH: &[(&str, &str)] = &[
    (
        "msgid \"Home\"\nmsgstr \"\"",
        "msgid \"Home\"\nmsgstr \"Accueil\"",
    ),
    (
        "msgid \"right\"\nmsgstr \"\"",
        "msgid \"right\"\nmsgstr \"droit\"",
    ),
    (
        "msgid \"Hello, %(name)s\"\nmsgstr \"\"",
        "msgid \"Hello, %(name)s\"\nmsgstr \"Bonjour, %(name)s\"",
    ),
];

/// The code blocks of this language in `lib.rs`.
fn documented(language: &str) -> Vec<&'static str> {
    let blocks = include_str!("../../src/lib.rs")
        .split(&format!("//! ```{language}\n"))
        .nth(1);
    let block = blocks.unwrap().split("//! ```").next().unwrap();
    block
        .lines()
        .map(|line| line.trim_start_matches("//! "))
        .collect()
}

/// The number of plural forms depends on Babel's version: two until 2.18, then three, as in CLDR.
fn fill_plural_forms(po: &str) -> String {
    let forms = po.split("nplurals=").nth(1).unwrap();
    let forms: usize = forms.split(';').next().unwrap().trim().parse().unwrap();
    (0..forms).fold(po.to_owned(), |po, form| {
        let empty = format!("msgstr[{form}] \"\"");
        assert!(po.contains(&empty), "{empty} in {po}");
        let text = if form == 0 { "ami" } else { "amis" };
        po.replace(&empty, &format!("msgstr[{form}] \"%(count)d {text}\""))
    })
}

fn run(pybabel: &Path, folder: &Path, line: &str) {
    let arguments = line.split('#').next().unwrap().split_whitespace().skip(2);
    let output = Command::new(pybabel)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{line}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn documented_babel_commands_translate_a_template() {
    let Some(pybabel) = testkit::outside("pybabel") else {
        return;
    };
    let folder = testkit::temp_dir();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("templates")).unwrap();
    fs::write(path("templates/home.html"), TEMPLATE).unwrap();
    fs::write(path("babel.cfg"), documented("ini").join("\n")).unwrap();
    let commands = documented("console");
    let [extract, init, compile, update] = commands[..] else {
        panic!("four commands");
    };

    run(&pybabel, folder.path(), extract);
    run(&pybabel, folder.path(), init);
    let mut po = fs::read_to_string(path("locale/fr/LC_MESSAGES/messages.po")).unwrap();
    for (empty, filled) in FRENCH {
        assert!(po.contains(empty), "{empty} in {po}");
        po = po.replace(empty, filled);
    }
    let po = fill_plural_forms(&po);
    fs::write(path("locale/fr/LC_MESSAGES/messages.po"), po).unwrap();
    run(&pybabel, folder.path(), compile);
    run(&pybabel, folder.path(), update);

    let translations = Translations::load_gettext(path("locale"), "messages").unwrap();
    let page = |code: &str, count: u64| {
        let locale = translations.get([code]);
        let mut environment = Environment::new();
        let (singular, plural, context) = (locale.clone(), locale.clone(), locale);
        environment.add_function("_", move |text: &str| singular.translate(text).to_owned());
        environment.add_function(
            "ngettext",
            move |text: &str, plural_text: &str, count: u64| {
                plural.translate_plural(text, plural_text, count).to_owned()
            },
        );
        environment.add_function("pgettext", move |name: &str, text: &str| {
            context.pgettext(name, text).to_owned()
        });
        let context = minijinja::context! { count, user => "Ada" };
        environment.render_str(TEMPLATE, context).unwrap()
    };
    assert_eq!(
        page("fr", 2),
        "<title>FriendFeed - Accueil</title>\n\n2 amis\ndroit Sign out\nBonjour, Ada"
    );
    assert!(page("fr", 1).contains("\n1 ami\n"));
    assert!(page("en", 1).contains("- Home<") && page("en", 1).contains("\n1 friend\n"));
}
