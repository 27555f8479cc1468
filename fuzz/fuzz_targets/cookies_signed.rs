//! Signed values: only a value that was signed is accepted.
#![no_main]

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use libfuzzer_sys::fuzz_target;
use squall_cookies::{CookieSecret, Validity, get_signature_key_version};

static SECRET: LazyLock<CookieSecret> = LazyLock::new(|| {
    CookieSecret::new("32oETzKXQAGaYdkL5gEmGeJJFuYh7EQnp2XdTP1o").expect("it is long enough")
});

fuzz_target!(|bytes: &[u8]| {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_300_000_000);
    let both = Validity::new().min_version(1);
    let read = |name: &str, signed: &str| SECRET.decode_signed_value(name, signed, both, now);

    let text = String::from_utf8_lossy(bytes);
    let good = SECRET.create_signed_value("name", "value", now);
    assert!(read("name", &text).is_err(), "{text:?}");
    let _ = get_signature_key_version(&text);

    // A signed value round-trips, and is rejected under another name.
    let (name, value) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let signed = SECRET.create_signed_value(name, value, now);
    assert_eq!(
        read(name, &signed).expect("it was signed"),
        value.as_bytes()
    );
    assert_eq!(read("name", &signed).is_ok(), name == "name");

    // A part of a valid value, followed by other text.
    if let Some((&first, rest)) = bytes.split_first() {
        let kept = &good[..usize::from(first) % good.len()];
        let forged = format!("{kept}{}", String::from_utf8_lossy(rest));
        assert_eq!(read("name", &forged).is_ok(), forged == good, "{forged:?}");
    }
});
