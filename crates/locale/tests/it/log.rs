//! Log lines, and how often they are written.

use std::{
    fs, io,
    sync::{Arc, Mutex},
};

use squall_locale::Translations;
use tracing_subscriber::filter::LevelFilter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(level: LevelFilter, run: impl FnOnce()) -> Vec<String> {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_max_level(level)
        .with_ansi(false)
        .without_time()
        .finish();
    tracing::subscriber::with_default(subscriber, run);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn missing_translation_is_logged_once_per_locale() {
    let translations = Translations::new()
        .csv("fr", b"Home,Accueil")
        .and_then(|translations| translations.csv("de", b"Home,Startseite"))
        .unwrap();
    let translate = || {
        for _ in 0..3 {
            for code in ["fr", "de", "en_US"] {
                let locale = translations.get([code]);
                for message in ["Home", "Sign out", "Sign\nin"] {
                    assert!(!locale.translate(message).is_empty());
                }
                assert_eq!(locale.translate_plural("book", "books", 2), "books");
                assert_eq!(locale.pgettext("law", "right"), "right");
            }
        }
    };
    assert_eq!(logged(LevelFilter::INFO, translate), [""; 0]);
    let lines = logged(LevelFilter::DEBUG, translate);
    assert_eq!(lines.len(), 8, "{lines:#?}");
    for (line, code, message) in [
        (&lines[0], "\"fr\"", "text=\"Sign out\" context=None"),
        (&lines[1], "\"fr\"", r#"text="Sign\nin""#),
        (&lines[2], "\"fr\"", "text=\"book\""),
        (&lines[3], "\"fr\"", "text=\"right\" context=Some(\"law\")"),
        (&lines[4], "\"de\"", "text=\"Sign out\""),
    ] {
        assert!(line.contains(code) && line.contains(message), "{line}");
    }
}

#[test]
fn logged_messages_are_bounded() {
    let translations = Translations::new().csv("fr", b"Home,Accueil").unwrap();
    let lines = logged(LevelFilter::DEBUG, || {
        let locale = translations.get(["fr"]);
        for number in 0..2000 {
            assert!(!locale.translate(&number.to_string()).is_empty());
        }
        assert!(!locale.translate(&"long".repeat(1000)).is_empty());
    });
    assert_eq!(lines.len(), 1024);
    let lines = logged(LevelFilter::DEBUG, || {
        let locale = translations.clone().default_locale("fr").get(["fr"]);
        assert!(!locale.translate(&"long".repeat(1000)).is_empty());
    });
    assert!(lines[0].len() < 300, "{lines:?}");
}

#[test]
fn missing_catalogues_are_warnings() {
    let folder = testkit::temp_dir();
    fs::create_dir_all(folder.path().join("fr/LC_MESSAGES")).unwrap();
    let lines = logged(LevelFilter::WARN, || {
        let translations = Translations::load_gettext(folder.path(), "site").unwrap();
        assert_eq!(translations.get(["fr"]).translate("Home"), "Home");
    });
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(
        lines[0].contains("ignored a locale without a catalogue locale=\"fr\""),
        "{lines:#?}"
    );
    assert!(lines[1].contains("found no translations"), "{lines:#?}");
}

#[test]
fn ignored_rows_are_warnings() {
    let lines = logged(LevelFilter::WARN, || {
        let csv = b"a,b,plural\nc,d,plurals\n";
        let translations = Translations::new().csv("fr", csv).unwrap();
        assert_eq!(translations.get(["fr"]).translate("c"), "c");
    });
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].contains("line=2 indicator=\"plurals\""),
        "{lines:#?}"
    );
}
