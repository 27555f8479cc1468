//! Plural rules: a rule is rejected when it is parsed, or has a form for each count.
#![no_main]

use libfuzzer_sys::fuzz_target;
use squall_locale::Translations;

fuzz_target!(|rule: &str| {
    let header = format!("Plural-Forms: nplurals=3; plural={rule}");
    let Ok(translations) = Translations::new().mo("fr", &catalogue(&header)) else {
        return;
    };
    let locale = translations.get(["fr"]);
    for count in 0..=1000 {
        let form = locale.translate_plural("a", "b", count);
        // A rule with a line end in it is cut off there: the default rule, or no rule.
        assert!(["0", "1", "2"].contains(&form), "{form} for {count}");
    }
});

/// A catalogue with a header and one message in three forms.
fn catalogue(header: &str) -> Vec<u8> {
    let strings = ["", "a\0b", header, "0\x001\x002"];
    let mut file = Vec::new();
    for number in [0x9504_12de, 0, 2, 28, 44, 0, 0] {
        file.extend(u32::to_le_bytes(number));
    }
    let mut text = Vec::new();
    for string in strings {
        for number in [string.len(), 60 + text.len()] {
            let number = u32::try_from(number).expect("it is a short string");
            file.extend(number.to_le_bytes());
        }
        text.extend_from_slice(string.as_bytes());
        text.push(0);
    }
    file.extend(text);
    file
}
