//! What Python's own gettext, and a real Tornado, make of the same files.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use squall_locale::{Locale, Translations};

/// What a Python script prints, which it writes as JSON, given these arguments.
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

/// Languages, and the forms of one message.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("en", &["{n} file", "{n} files"]),
    ("fr", &["{n} fichier", "{n} fichiers"]),
    ("pl", &["{n} plik", "{n} pliki", "{n} plików"]),
    ("ru", &["{n} файл", "{n} файла", "{n} файлов"]),
    (
        "ar",
        &[
            "لا ملفات",
            "ملف",
            "ملفان",
            "{n} ملفات",
            "{n} ملفًا",
            "{n} ملف",
        ],
    ),
    ("ja", &["ファイル{n}個"]),
];

/// The rules are Babel's own.
const MAKE_CATALOGUES: &str = r#"
import gettext, json, os, sys
from babel.messages import Catalog
from babel.messages.mofile import write_mo
folder, (counts, languages) = sys.argv[1], json.loads(sys.argv[2])
answers = {}
for code, forms in languages:
    catalogue = Catalog(locale=code)
    assert catalogue.num_plurals == len(forms), (code, catalogue.plural_forms)
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

#[test]
fn gettext_finds_the_same() {
    let Some(pybabel) = testkit::outside("pybabel") else {
        return;
    };
    let folder = testkit::temp_dir();
    let interpreter = pybabel.with_file_name("python");
    let input = json!([COUNTS, LANGUAGES]);
    let answers = python(&interpreter, MAKE_CATALOGUES, folder.path(), &input);
    let translations = Translations::load_gettext(folder.path(), "site").unwrap();
    for (code, _) in LANGUAGES {
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
        assert_eq!(json!(ours), answers[*code], "{code}");
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
fn tornado_finds_the_same() {
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
