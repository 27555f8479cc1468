//! `.mo` catalogues: no panic, and memory is proportional to the file size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use squall_locale::Translations;

fuzz_target!(|file: &[u8]| {
    let Ok(translations) = Translations::new().mo("fr", file) else {
        return;
    };
    let locale = translations.get(["fr"]);
    for count in [0, 1, 2, 5, 11, 1_000_000, u64::MAX] {
        let text = locale.translate_plural("a", "b", count);
        assert!(text.len() <= file.len().max(1));
    }
    assert!(locale.translate("a").len() <= file.len().max(1));
    assert!(locale.pgettext("c", "a").len() <= file.len().max(1));
});
