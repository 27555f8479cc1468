//! `Accept-Language`: languages are from the header, at most 50 are read, and a locale is always
//! found.
#![no_main]

use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use squall_locale::{Translations, accept_language};

fuzz_target!(|value: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, value.clone())]);
    let languages = accept_language(&headers);
    assert!(languages.len() <= 50);
    // Elements that are not ASCII are skipped.
    let text = String::from_utf8_lossy(value.as_bytes());
    assert!(
        languages
            .iter()
            .all(|language| text.contains(language) && !language.contains([',', ';']))
    );
    let translations = Translations::new().default_locale("fr").default_locale("en");
    assert_eq!(translations.get(languages).code(), "en");
});
