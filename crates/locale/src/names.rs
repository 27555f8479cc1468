//! Native names of languages.

/// Tornado's `LOCALE_NAMES`; without the territory where it lists only one. Sorted by code.
const NAMES: &[(&str, &str)] = &[
    ("af", "Afrikaans"),
    ("am", "አማርኛ"),
    ("ar", "العربية"),
    ("bg", "Български"),
    ("bn", "বাংলা"),
    ("bs", "Bosanski"),
    ("ca", "Català"),
    ("cs", "Čeština"),
    ("cy", "Cymraeg"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("el", "Ελληνικά"),
    ("en", "English"),
    ("en_GB", "English (UK)"),
    ("en_US", "English (US)"),
    ("es", "Español"),
    ("es_ES", "Español (España)"),
    ("es_LA", "Español"),
    ("et", "Eesti"),
    ("eu", "Euskara"),
    ("fa", "فارسی"),
    ("fi", "Suomi"),
    ("fr", "Français"),
    ("fr_CA", "Français (Canada)"),
    ("fr_FR", "Français"),
    ("ga", "Gaeilge"),
    ("gl", "Galego"),
    ("he", "עברית"),
    ("hi", "हिन्दी"),
    ("hr", "Hrvatski"),
    ("hu", "Magyar"),
    ("id", "Bahasa Indonesia"),
    ("is", "Íslenska"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("lt", "Lietuvių"),
    ("lv", "Latviešu"),
    ("mk", "Македонски"),
    ("ml", "മലയാളം"),
    ("ms", "Bahasa Melayu"),
    ("nb", "Norsk (bokmål)"),
    ("nl", "Nederlands"),
    ("nn", "Norsk (nynorsk)"),
    ("pa", "ਪੰਜਾਬੀ"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("pt_BR", "Português (Brasil)"),
    ("pt_PT", "Português (Portugal)"),
    ("ro", "Română"),
    ("ru", "Русский"),
    ("sk", "Slovenčina"),
    ("sl", "Slovenščina"),
    ("sq", "Shqip"),
    ("sr", "Српски"),
    ("sv", "Svenska"),
    ("sw", "Kiswahili"),
    ("ta", "தமிழ்"),
    ("te", "తెలుగు"),
    ("th", "ภาษาไทย"),
    ("tl", "Filipino"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("vi", "Tiếng Việt"),
    ("zh", "中文"),
    ("zh_CN", "中文(简体)"),
    ("zh_TW", "中文(繁體)"),
];

/// Returns the name of a locale, or else of its language.
pub(crate) fn name(code: &str) -> Option<&'static str> {
    let find = |code: &str| {
        let at = NAMES.binary_search_by_key(&code, |&(code, _)| code).ok()?;
        Some(NAMES[at].1)
    };
    find(code).or_else(|| find(code.split('_').next()?))
}

#[cfg(test)]
mod tests {
    use super::{NAMES, name};

    #[test]
    fn name_falls_back_to_the_language() {
        assert!(NAMES.is_sorted());
        for (code, expected) in [
            ("fr", Some("Français")),
            ("fr_CA", Some("Français (Canada)")),
            ("fr_BE", Some("Français")),
            ("ja_JP", Some("日本語")),
            ("zh_TW", Some("中文(繁體)")),
            ("tlh", None),
            ("", None),
        ] {
            assert_eq!(name(code), expected, "{code}");
        }
    }
}
