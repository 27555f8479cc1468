//! Comparison with Python's gettext and a real Tornado on the same files.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use squall_locale::{Locale, Translations};

use crate::mo_file::mo;

/// Runs a Python script that prints JSON.
fn python(python: &Path, script: &str, folder: &Path, input: &Value) -> Value {
    let output = Command::new(python)
        .args(["-c", script])
        .arg(folder)
        .arg(input.to_string())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

const COUNTS: &[u64] = &[
    0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 14, 15, 19, 20, 21, 22, 25, 50, 99, 100, 101, 102, 103, 110,
    111, 112, 121, 200, 1000, 1001, 1_000_000, 1_000_001, 2_000_000,
];

/// Writes catalogues of all languages with a plural rule in Babel, with the number of forms of the
/// rule.
const MAKE_CATALOGUES: &str = r#"
import gettext, json, os, sys
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.plurals import PLURALS
folder, counts = sys.argv[1], json.loads(sys.argv[2])
answers = {}
for code in PLURALS:
    catalogue = Catalog(locale=code)
    forms = [f'{code} {form}: {{n}}' for form in range(catalogue.num_plurals)]
    catalogue.add(('file', 'files'), tuple(forms))
    catalogue.add('Home', 'Home in ' + code)
    catalogue.add('right', 'law in ' + code, context='law')
    os.makedirs(f'{folder}/{code}/LC_MESSAGES')
    with open(f'{folder}/{code}/LC_MESSAGES/site.mo', 'wb') as file:
        write_mo(file, catalogue)
    python = gettext.translation('site', folder, [code])
    answers[code] = [python.gettext('Home'), python.gettext('file'), python.gettext('none'),
                     python.pgettext('law', 'right'), python.pgettext('way', 'right')]
    answers[code] += [python.ngettext('file', 'files', count) for count in counts]
    answers[code] += [python.ngettext('none', 'nones', count) for count in counts]
print(json.dumps(answers))
"#;

/// Languages that must be covered, so that a Babel without them fails the test.
const LANGUAGES: &[&str] = &["ar", "en", "fr", "ja", "pl", "ru"];

#[test]
fn plural_forms_match_pythons_gettext_in_all_languages() {
    let Some(pybabel) = testkit::outside("pybabel") else {
        return;
    };
    let folder = testkit::temp_dir();
    let interpreter = pybabel.with_file_name("python");
    let answers = python(&interpreter, MAKE_CATALOGUES, folder.path(), &json!(COUNTS));
    let answers = answers.as_object().unwrap();
    assert!(LANGUAGES.iter().all(|&code| answers.contains_key(code)));
    let translations = Translations::load_gettext(folder.path(), "site").unwrap();
    for (code, theirs) in answers {
        let locale = translations.get([code]);
        let mut ours = vec![
            locale.translate("Home"),
            locale.translate("file"),
            locale.translate("none"),
            locale.pgettext("law", "right"),
            locale.pgettext("way", "right"),
        ];
        for (message, plural) in [("file", "files"), ("none", "nones")] {
            ours.extend(
                COUNTS
                    .iter()
                    .map(|&count| locale.translate_plural(message, plural, count)),
            );
        }
        assert_eq!(json!(ours), *theirs, "{code}");
    }
}

/// Rules as catalogues carry them, so this table does not move with Babel's version.
const RULES: &[(usize, &str)] = &[
    (1, "0"),
    (2, "n != 1"),
    // French until CLDR 38, and since.
    (2, "n > 1"),
    (
        3,
        "(n == 0 || n == 1) ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2",
    ),
    // Spanish and Italian.
    (3, "n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2"),
    // Polish, Russian, Slovene.
    (
        3,
        "n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2",
    ),
    (
        3,
        "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2",
    ),
    (
        4,
        "n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3",
    ),
    // Arabic.
    (
        6,
        "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5",
    ),
];

/// Needs no Babel: Python's library reads the catalogues.
const READ_CATALOGUES: &str = r#"
import gettext, json, sys
folder, (languages, counts) = sys.argv[1], json.loads(sys.argv[2])
answers = []
for index in range(languages):
    python = gettext.translation('site', folder, [f'x{index}'])
    answers.append([python.ngettext('file', 'files', count) for count in counts])
print(json.dumps(answers))
"#;

#[test]
fn gettext_finds_the_same_plural_forms() {
    let Some(interpreter) = testkit::outside("python3") else {
        return;
    };
    let folder = testkit::temp_dir();
    for (index, (forms, rule)) in RULES.iter().enumerate() {
        let header = format!(
            "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals={forms}; plural={rule};\n"
        );
        let texts: Vec<_> = (0..*forms).map(|form| format!("form {form}")).collect();
        let messages = folder.path().join(format!("x{index}/LC_MESSAGES"));
        fs::create_dir_all(&messages).unwrap();
        let catalogue = mo(&header, &[("file\0files", &texts.join("\0"))]);
        fs::write(messages.join("site.mo"), catalogue).unwrap();
    }
    let input = json!([RULES.len(), COUNTS]);
    let answers = python(&interpreter, READ_CATALOGUES, folder.path(), &input);
    for (index, (forms, rule)) in RULES.iter().enumerate() {
        let bytes = fs::read(folder.path().join(format!("x{index}/LC_MESSAGES/site.mo"))).unwrap();
        let locale = Translations::new().mo("en", &bytes).unwrap().get(["en"]);
        let ours: Vec<_> = COUNTS
            .iter()
            .map(|&count| locale.translate_plural("file", "files", count))
            .collect();
        assert_eq!(json!(ours), answers[index], "{rule}");
        for form in 0..*forms {
            let text = format!("form {form}");
            assert!(
                ours.contains(&text.as_str()),
                "no count has {text} of {rule}"
            );
        }
    }
}

const CSV: &[(&str, &str)] = &[
    (
        "es_LA",
        "\u{feff}\"I love you\",\"Te amo\"\r\n\
         \"%(name)s liked this\",\"A %(name)s les gustó esto\",\"plural\"\r\n\
         \"%(name)s liked this\",\"A %(name)s le gustó esto\",\"singular\"\r\n\
         book,libro,singular\r\nbooks,libros,plural\r\n",
    ),
    (
        "fr",
        "Home , Accueil \nHome,Maison,unknown\nbook,livre,\n\n ,\none column\nbook,livre,plurals\n\
         \"two\nlines\",\"deux\nlignes\"\n\"a \"\"quote\"\"\",\"une \"\"citation\"\"\"\n\
         in\"side,in\"side!\n\"tail\"end,\"queue\"fin\n'single',quote\nbook, livre , singular \n\
         a,b,singular,more\n\"never closed,b\n",
    ),
    ("ja", "Home,ホーム\rbook,本\r\"x\r\ny\",z"),
];

const MESSAGES: &[(&str, &str)] = &[
    ("I love you", "We love you"),
    ("%(name)s liked this", "%(name)s liked this"),
    ("book", "books"),
    ("Home", "Homes"),
    ("two\nlines", ""),
    ("a \"quote\"", ""),
    ("in\"side", ""),
    ("tailend", ""),
    ("'single'", ""),
    ("a", "as"),
    ("never closed,b", ""),
    ("x\ny", ""),
    ("", ""),
];

const ASK_TORNADO: &str = r#"
import json, sys, tornado.locale
folder, (codes, messages, counts) = sys.argv[1], json.loads(sys.argv[2])
tornado.locale.load_translations(folder, encoding='utf-8-sig')
answers = {}
for code in codes:
    locale = tornado.locale.get(code)
    answers[code] = [locale.code]
    for message, plural in messages:
        answers[code].append(locale.translate(message))
        answers[code] += [locale.translate(message, plural, count) for count in counts]
print(json.dumps(answers))
"#;

fn answers(locale: &Locale) -> Vec<&str> {
    let mut answers = vec![locale.code()];
    for (message, plural) in MESSAGES {
        answers.push(locale.translate(message));
        answers.extend(
            COUNTS
                .iter()
                .map(|&count| locale.translate_plural(message, plural, count)),
        );
    }
    answers
}

#[test]
fn translations_match_tornado() {
    let Some(interpreter) = testkit::outside("python-with-tornado") else {
        return;
    };
    let folder = testkit::temp_dir();
    for (code, text) in CSV {
        fs::write(folder.path().join(format!("{code}.csv")), text).unwrap();
    }
    let codes = [
        "es-LA", "es_la", "es", "fr", "fr-CH", "FR", "ja-JP", "en-US", "en", "tlh", "",
    ];
    let input = json!([codes, MESSAGES, COUNTS]);
    let theirs = python(&interpreter, ASK_TORNADO, folder.path(), &input);
    let translations = Translations::load_csv(folder.path()).unwrap();
    for code in codes {
        let locale = translations.get([code]);
        assert_eq!(json!(answers(&locale)), theirs[code], "{code}");
    }
}
