//! Loading files: directory trees and errors.

use std::{fs, path::Path};

use squall_locale::{CatalogueError, LoadError, Translations};

use crate::mo_file::mo;

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn codes(translations: &Translations) -> Vec<String> {
    let locales = translations.supported_locales();
    locales
        .iter()
        .map(|locale| locale.code().to_owned())
        .collect()
}

#[test]
fn load_gettext_reads_a_tree() {
    let folder = testkit::temp_dir();
    let write = |path: &str, content: &[u8]| write(&folder.path().join(path), content);
    write("fr/LC_MESSAGES/site.mo", &mo("", &[("Home", "Accueil")]));
    write(
        "fr_CA/LC_MESSAGES/site.mo",
        &mo("", &[("Weekend", "Fin de semaine")]),
    );
    write("de/LC_MESSAGES/other.mo", &mo("", &[]));
    write("es/site.mo", &mo("", &[]));
    write("site.pot", b"");
    let translations = Translations::load_gettext(folder.path(), "site").unwrap();
    assert_eq!(codes(&translations), ["en_US", "fr", "fr_CA"]);
    assert_eq!(translations.get(["fr-CA"]).translate("Home"), "Accueil");

    write("ru/LC_MESSAGES/site.mo", b"msgid");
    let error = Translations::load_gettext(folder.path(), "site").unwrap_err();
    let LoadError::Catalogue { path, source } = &error else {
        panic!("{error}");
    };
    assert_eq!(*path, folder.path().join("ru/LC_MESSAGES/site.mo"));
    assert_eq!(*source, CatalogueError::NotMo);
    assert!(
        error
            .to_string()
            .contains("ru/LC_MESSAGES/site.mo: not a .mo file"),
        "{error}"
    );
}

#[test]
fn load_csv_reads_a_directory() {
    let folder = testkit::temp_dir();
    let write = |path: &str, content: &[u8]| write(&folder.path().join(path), content);
    write("es_LA.csv", b"Home,Inicio");
    // Tornado would read the second file in the encoding of the first.
    write("fr.csv", b"\xff\xfeH\0o\0m\0e\0,\0A\0c\0c\0u\0e\0i\0l\0");
    write("zh_Hant.csv", "Home,首頁".as_bytes());
    write("README", b"\xff");
    write("es_LA.csv.orig", b"\xff");
    let translations = Translations::load_csv(folder.path()).unwrap();
    assert_eq!(codes(&translations), ["en_US", "es_LA", "fr", "zh_Hant"]);
    for (code, wanted) in [
        ("es-LA", "Inicio"),
        ("fr", "Accueil"),
        ("zh-Hant-TW", "首頁"),
    ] {
        assert_eq!(translations.get([code]).translate("Home"), wanted);
    }

    write("de.csv", b"Home,\xff");
    let error = Translations::load_csv(folder.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("de.csv: invalid UTF-8: \"Home,\\xff\""),
        "{error}"
    );
}

#[test]
fn unreadable_files_are_errors() {
    let folder = testkit::temp_dir();
    let missing = folder.path().join("missing");
    let error = Translations::load_gettext(&missing, "site").unwrap_err();
    assert!(
        matches!(&error, LoadError::Io { path, .. } if *path == missing),
        "{error}"
    );
    let error = Translations::load_csv(&missing).unwrap_err();
    let said = format!("cannot read translations: {}: ", missing.display());
    assert!(error.to_string().starts_with(&said), "{error}");
    // A relative path is shown with the place that it is relative to.
    let error = Translations::load_csv("no/such/folder").unwrap_err();
    let directory = std::env::current_dir().unwrap();
    let directory = directory.display();
    let said = format!(
        "cannot read translations: {directory}/no/such/folder (\"no/such/folder\" in the working directory {directory}): "
    );
    assert!(error.to_string().starts_with(&said), "{error}");

    fs::create_dir_all(folder.path().join("fr/LC_MESSAGES/site.mo")).unwrap();
    let error = Translations::load_gettext(folder.path(), "site").unwrap_err();
    assert!(
        matches!(&error, LoadError::Io { path, .. } if path.ends_with("site.mo")),
        "{error}"
    );
    fs::create_dir(folder.path().join("de.csv")).unwrap();
    let error = Translations::load_csv(folder.path()).unwrap_err();
    assert!(
        matches!(&error, LoadError::Io { path, .. } if path.ends_with("de.csv")),
        "{error}"
    );
}
