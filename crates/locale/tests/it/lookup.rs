//! Locale lookup, and properties of a locale.

use squall_locale::Translations;

fn translations(codes: &[&str]) -> Translations {
    codes
        .iter()
        .fold(Translations::new(), |translations, code| {
            translations
                .csv(code, format!("Home,{code}").as_bytes())
                .unwrap()
        })
}

#[test]
fn get_returns_the_closest_locale() {
    let translations = translations(&["fr", "fr_CA", "pt_BR", "zh_Hant", "zh_TW", "sr@latin"]);
    let tables: &[(&[&str], &str)] = &[
        (&[], "en_US"),
        (&["fr"], "fr"),
        (&["FR"], "fr"),
        (&["fr-CA"], "fr_CA"),
        (&["fr_CA"], "fr_CA"),
        (&["fR-cA"], "fr_CA"),
        (&["fr-BE"], "fr"),
        (&["fr-CA-x-private"], "fr_CA"),
        (&["pt"], "en_US"),
        (&["pt-BR"], "pt_BR"),
        (&["pt-PT", "fr"], "fr"),
        (&["zh-Hant-TW"], "zh_Hant"),
        (&["zh-TW"], "zh_TW"),
        (&["zh"], "en_US"),
        (&["sr@latin"], "sr@latin"),
        (&["en"], "en_US"),
        (&["en-US", "fr"], "en_US"),
        (&["en", "fr"], "en_US"),
        (&["en-GB", "fr"], "en_US"),
        (&["en-GB-oxendict", "fr"], "en_US"),
        (&["xx", "yy-ZZ", "fr-CA", "fr"], "fr_CA"),
        (&["", "-", "_", "--", "fr"], "fr"),
        (&["-fr", "_fr"], "en_US"),
        (&["fr-"], "fr"),
        (&["../fr", "fr/../..", "fr\0", "fr\n", "*"], "en_US"),
        (&["fr-aaaaaaaa-bbbbbbbb-cccccccc-ddddd"], "fr"),
        (&["fr-aaaaaaaa-bbbbbbbb-cccccccc-dddddd"], "en_US"),
    ];
    for (codes, wanted) in tables {
        assert_eq!(translations.get(*codes).code(), *wanted, "{codes:?}");
    }
}

#[test]
fn default_locale_is_the_fallback() {
    let translations = translations(&["fr", "en"]);
    let codes = |translations: &Translations| -> Vec<String> {
        let locales = translations.supported_locales();
        locales
            .iter()
            .map(|locale| locale.code().to_owned())
            .collect()
    };
    assert_eq!(codes(&translations), ["en", "en_US", "fr"]);
    // The messages are written in its language, so no lookup is needed, as in Tornado.
    assert_eq!(translations.get(["en-US"]).translate("Home"), "Home");
    assert_eq!(translations.get(["en-GB"]).translate("Home"), "en");

    let french = translations.default_locale("fr");
    assert_eq!(codes(&french), ["en", "fr"]);
    assert_eq!(french.get(["ja"]).translate("Home"), "fr");
    assert_eq!(codes(&Translations::default()), ["en_US"]);
}

#[test]
fn variant_falls_back_to_its_language() {
    let translations = Translations::new()
        .csv("fr_CA", b"Weekend,Fin de semaine")
        .and_then(|translations| translations.csv("fr", b"Weekend,Week-end\nHome,Accueil"))
        .unwrap();
    let locale = translations.get(["fr-CA"]);
    assert_eq!(locale.translate("Weekend"), "Fin de semaine");
    assert_eq!(locale.translate("Home"), "Accueil");
    assert_eq!(translations.get(["fr"]).translate("Weekend"), "Week-end");
}

#[test]
fn later_catalogue_replaces_earlier_one() {
    let translations = translations(&["fr"]).csv("fr", b"Home,Accueil").unwrap();
    assert_eq!(translations.get(["fr"]).translate("Home"), "Accueil");
}

#[test]
fn locale_describes_its_language() {
    let codes = [
        "ar",
        "fr_CA",
        "he_IL",
        "arn",
        "zh_Hant_TW",
        "sr@latin",
        "de_DE.UTF-8",
        "tlh",
    ];
    let translations = translations(&codes);
    for (code, tag, name, is_rtl) in [
        ("ar", "ar", "العربية", true),
        ("fr_CA", "fr-CA", "Français (Canada)", false),
        ("he_IL", "he-IL", "עברית", true),
        ("arn", "arn", "arn", false),
        ("zh_Hant_TW", "zh-Hant-TW", "中文", false),
        ("sr@latin", "sr", "sr@latin", false),
        ("de_DE.UTF-8", "de-DE", "Deutsch", false),
        ("tlh", "tlh", "tlh", false),
    ] {
        let locale = translations.get([code]);
        assert_eq!(locale.code(), code);
        assert_eq!(locale.language_tag(), tag, "{code}");
        assert_eq!(locale.name(), name, "{code}");
        assert_eq!(locale.is_rtl(), is_rtl, "{code}");
    }
}
