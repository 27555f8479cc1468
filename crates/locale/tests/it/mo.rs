//! `.mo` catalogues: valid files and errors.

use squall_locale::{CatalogueError, PluralProblem, Translations};

use crate::mo_file::{big_endian_mo, mo, mo_bytes};

const UTF8: &str = "Content-Type: text/plain; charset=UTF-8\n";
const POLISH: &str = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=3; plural=(n==1 ? 0 : \
    n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\n";
const MESSAGES: &[(&str, &str)] = &[
    ("Home", "Strona główna"),
    ("file\0files", "plik\0pliki\0plików"),
    ("law\u{4}right", "prawo"),
    ("stick\u{4}club\0clubs", "kij\0kije\0kijów"),
];

fn load(bytes: &[u8]) -> Result<Translations, CatalogueError> {
    Translations::new().mo("pl", bytes)
}

#[test]
fn both_byte_orders_are_read() {
    for file in [mo(POLISH, MESSAGES), big_endian_mo(POLISH, MESSAGES)] {
        let locale = load(&file).unwrap().get(["pl"]);
        assert_eq!(locale.translate("Home"), "Strona główna");
        assert_eq!(locale.translate("file"), "plik");
        assert_eq!(locale.translate_plural("file", "files", 3), "pliki");
        assert_eq!(locale.translate_plural("file", "files", 5), "plików");
        assert_eq!(locale.pgettext("law", "right"), "prawo");
        assert_eq!(locale.pgettext("way", "right"), "right");
        assert_eq!(locale.translate("right"), "right");
        assert_eq!(locale.pgettext_plural("stick", "club", "clubs", 2), "kije");
        // As in Tornado: a context without translation falls back to no context.
        assert_eq!(
            locale.pgettext_plural("other", "file", "files", 5),
            "plików"
        );
        assert_eq!(locale.pgettext_plural("other", "club", "clubs", 5), "clubs");
        assert_eq!(locale.translate(""), "");
    }
}

#[test]
fn missing_or_empty_plural_forms_fall_back() {
    let file = mo(
        POLISH,
        &[
            ("file\0files", "plik\0\0"),
            ("day\0days", "dzień"),
            ("one", ""),
            ("two", "2"),
        ],
    );
    let locale = load(&file).unwrap().get(["pl"]);
    for (message, plural, count, wanted) in [
        ("file", "files", 1, "plik"),
        ("file", "files", 2, "files"),
        ("day", "days", 1, "dzień"),
        ("day", "days", 5, "days"),
        ("two", "twos", 1, "two"),
    ] {
        assert_eq!(
            locale.translate_plural(message, plural, count),
            wanted,
            "{message} {count}"
        );
    }
    assert_eq!(locale.translate("one"), "one");
}

#[test]
fn header_declares_charset_and_plural_forms() {
    let latin = "Content-Type: text/plain; charset=ISO-8859-1\n";
    let plural = |text: &str| format!("{UTF8}plural-FORMS:{text}\n");
    for (header, wanted) in [
        (String::new(), Ok(())),
        (UTF8.to_owned(), Ok(())),
        ("content-type: text/plain; charset=utf8".to_owned(), Ok(())),
        (
            "Content-Type: text/plain; charset=CHARSET\n".to_owned(),
            Ok(()),
        ),
        (
            "Content-Type: text/plain\nno header\n\n:".to_owned(),
            Ok(()),
        ),
        (
            latin.to_owned(),
            Err(CatalogueError::Charset("ISO-8859-1".to_owned())),
        ),
        (plural("nplurals=1; plural=0"), Ok(())),
        (
            plural(" nplurals=2; plural=n/0;"),
            Err(CatalogueError::PluralForms {
                value: "nplurals=2; plural=n/0;".to_owned(),
                problem: PluralProblem::DivisionByZero(0),
            }),
        ),
        (
            plural(" nplurals=2; plural=n;"),
            Err(CatalogueError::PluralForms {
                value: "nplurals=2; plural=n;".to_owned(),
                problem: PluralProblem::NoSuchForm(2),
            }),
        ),
    ] {
        assert_eq!(load(&mo(&header, MESSAGES)).map(drop), wanted, "{header}");
    }
}

/// Returns a copy of the file with a number replaced.
fn with(file: &[u8], place: usize, number: u32) -> Vec<u8> {
    let mut file = file.to_owned();
    file[place..place + 4].copy_from_slice(&number.to_le_bytes());
    file
}

#[test]
fn corrupt_files_are_errors() {
    use CatalogueError::{Damaged, NotMo, Revision};
    let good = mo(POLISH, MESSAGES);
    let length = good.len() as u32;
    let tables: &[(&str, Vec<u8>, CatalogueError)] = &[
        ("empty", vec![], NotMo),
        ("three bytes", good[..3].to_vec(), NotMo),
        ("a .po file", b"msgid \"\"\nmsgstr \"\"\n".to_vec(), NotMo),
        ("magic mixed up", with(&good, 0, 0x0495_12de), NotMo),
        ("magic only", good[..4].to_vec(), Damaged),
        ("half a head", good[..17].to_vec(), Damaged),
        ("revision", with(&good, 4, 0x0002_0000), Revision(2)),
        ("one message more", with(&good, 8, 6), Damaged),
        ("many messages", with(&good, 8, 1 << 20), Damaged),
        ("most messages", with(&good, 8, u32::MAX), Damaged),
        ("messages after the end", with(&good, 12, length), Damaged),
        (
            "messages far after the end",
            with(&good, 12, u32::MAX),
            Damaged,
        ),
        (
            "translations after the end",
            with(&good, 16, length - 39),
            Damaged,
        ),
        (
            "translations far after the end",
            with(&good, 16, u32::MAX),
            Damaged,
        ),
        (
            "a message after the end",
            with(&good, 28 + 8 + 4, length),
            Damaged,
        ),
        (
            "a message far after the end",
            with(&good, 28 + 8 + 4, u32::MAX),
            Damaged,
        ),
        ("a long message", with(&good, 28 + 8, length), Damaged),
        (
            "the longest message",
            with(&good, 28 + 8, u32::MAX),
            Damaged,
        ),
        ("a message cut short", with(&good, 28 + 8, 2), Damaged),
        (
            "a long translation",
            with(&good, 28 + 40 + 8, u32::MAX),
            Damaged,
        ),
    ];
    for (case, file, wanted) in tables {
        assert_eq!(load(file).map(drop), Err(wanted.clone()), "{case}");
    }
    drop(load(&with(&good, 4, 0x0001_0001)).unwrap());
}

#[test]
fn truncated_files_are_errors() {
    let good = mo(POLISH, MESSAGES);
    for length in 0..good.len() {
        assert!(load(&good[..length]).is_err(), "{length}");
    }
}

#[test]
fn overlapping_strings_are_an_error() {
    // 2,000 entries with the same 10,000 bytes would need 200 times the size of the file.
    let long = "x".repeat(10_000);
    let messages = vec![("a", long.as_str()); 2000];
    let entry = 28 + 8 * messages.len();
    let mut file = mo("", &messages[..1]);
    let text = file.split_off(28 + 16);
    let mut table = Vec::new();
    let start = (28 + 16 * messages.len()) as u32;
    for _ in &messages {
        table.extend([1, start].map(u32::to_le_bytes).concat());
    }
    for _ in &messages {
        table.extend([10_000, start + 2].map(u32::to_le_bytes).concat());
    }
    file.truncate(28);
    file = with(&file, 8, messages.len() as u32);
    file = with(&file, 16, entry as u32);
    file.extend(table);
    file.extend(text);
    assert_eq!(load(&file).map(drop), Err(CatalogueError::Damaged));
}

#[test]
fn other_encodings_are_errors() {
    let latin1 = b"Content-Type: text/plain; charset=UTF-8\nLast-Translator: Andr\xe9\n";
    let file = mo_bytes(latin1, &[], u32::to_le_bytes);
    let Err(CatalogueError::NotUtf8 { text }) = load(&file) else {
        panic!("the file is not UTF-8");
    };
    assert!(text.ends_with(r"Andr\xe9\n"), "{text}");
    let good = mo(UTF8, &[("Home", "Accueil")]);
    let place = good.windows(7).position(|part| part == b"Accueil").unwrap();
    for (place, byte) in [(place, 0xff), (place + 6, 0xc3)] {
        let mut file = good.clone();
        file[place] = byte;
        assert!(
            matches!(load(&file), Err(CatalogueError::NotUtf8 { .. })),
            "{place}"
        );
    }
}
