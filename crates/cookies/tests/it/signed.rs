//! Signed values: accepted values, and a table of rejected ones.

use squall_cookies::{CookieSecret, SignedValueError, Validity, get_signature_key_version};

use crate::site::{NOW, SECRET, at, secret};

const DAY: u64 = 24 * 60 * 60;

fn decode(signed: &str) -> Result<Vec<u8>, SignedValueError> {
    secret().decode_signed_value("name", signed, Validity::new(), at(NOW))
}

/// The one predicate of the error that returns true.
fn kind(error: &SignedValueError) -> &'static str {
    let kinds = [
        ("malformed", error.is_malformed()),
        ("version", error.is_version()),
        ("unknown key", error.is_unknown_key()),
        ("signature", error.is_signature()),
        ("name", error.is_name()),
        ("expired", error.is_expired()),
        ("future", error.is_future()),
        ("no secret", error.is_no_secret()),
    ];
    let mut kinds = kinds.into_iter().filter(|(_, holds)| *holds);
    let (kind, _) = kinds.next().unwrap();
    assert_eq!(kinds.next(), None);
    kind
}

#[test]
fn values_of_tornados_own_tests_are_accepted() {
    let secret = CookieSecret::weak_for_debug("It's a secret to everybody").unwrap();
    let two = "2|1:0|10:1300000000|3:key|8:dmFsdWU=|\
        3d4e60b996ff9c5d5788e333a0cba6f238a22c6c0f94788870e1a9ecd482e152";
    let one = "dmFsdWU=|1300000000|31c934969f53e48164c50768b40cbd7e2daaaa4f";
    assert_eq!(secret.create_signed_value("key", "value", at(NOW)), two);
    let both = Validity::new().min_version(1);
    for signed in [one, two] {
        let value = secret.decode_signed_value("key", signed, both, at(NOW));
        assert_eq!(value.unwrap(), b"value");
    }
    let error = secret.decode_signed_value("key", one, Validity::new(), at(NOW));
    assert_eq!(kind(&error.unwrap_err()), "version");
    let neither = Validity::new().min_version(3);
    let error = secret.decode_signed_value("key", two, neither, at(NOW));
    assert_eq!(kind(&error.unwrap_err()), "version");
}

#[test]
fn any_changed_byte_is_rejected() {
    let good = secret().create_signed_value("name", "value", at(NOW));
    assert_eq!(decode(&good).unwrap(), b"value");
    for index in 0..good.len() {
        for flip in [1, 2, 4, 8, 16, 32, 64] {
            let mut bad = good.clone().into_bytes();
            bad[index] ^= flip;
            let bad = String::from_utf8(bad).unwrap();
            assert!(decode(&bad).is_err(), "{bad}");
        }
        let mut bad = good.clone();
        bad.remove(index);
        assert!(decode(&bad).is_err(), "{bad}");
        bad = good.clone();
        bad.insert(index, '0');
        assert!(decode(&bad).is_err(), "{bad}");
        assert!(decode(&good[..index]).is_err(), "{}", &good[..index]);
    }
}

#[test]
fn invalid_values_are_rejected() {
    let good = secret().create_signed_value("name", "value", at(NOW));
    let (fields, signature) = good.rsplit_once('|').unwrap();
    let upper = format!("{fields}|{}", signature.to_uppercase());
    let twice = format!("{good}|{signature}");
    let other = CookieSecret::new("another secret, which signs no cookie here").unwrap();
    let others = other.create_signed_value("name", "value", at(NOW));
    let renamed = secret().create_signed_value("game", "value", at(NOW));
    let old = secret().create_signed_value("name", "value", at(NOW - 31 * DAY - 1));
    let huge = format!("2|{}:0|", "9".repeat(5_000));
    let many = "2|".repeat(5_000);
    let table = [
        (upper.as_str(), "signature"),
        (&twice, "signature"),
        (&others, "signature"),
        (&renamed, "name"),
        (&old, "expired"),
        (&huge, "malformed"),
        (&many, "malformed"),
        // No version field, so version 1 is assumed.
        ("", "version"),
        ("|", "version"),
        ("||", "version"),
        ("|||", "version"),
        ("value", "version"),
        ("dmFsdWU=", "version"),
        ("dmFsdWU=|1300000000", "version"),
        ("dmFsdWU=|1300000000|", "version"),
        (
            "dmFsdWU=|1300000000|31c934969f53e48164c50768b40cbd7e2daaaa4f",
            "version",
        ),
        ("1|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("0|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("-2|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("+2|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("02|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        (" 2|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("2 |1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("2.0|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("1000|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("1002|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("4294967298|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("18446744073709551618|1:0|", "version"),
        ("２|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("\u{0}", "version"),
        ("2", "version"),
        ("22", "version"),
        ("undefined", "version"),
        ("null", "version"),
        ("{\"user\":1}", "version"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "version"),
        // Unknown versions.
        ("3|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("20|1:0|10:1300000000|4:name|8:dmFsdWU=|", "version"),
        ("999|", "version"),
        // Version 2, truncated.
        ("2|", "malformed"),
        ("2||", "malformed"),
        ("2|||||||", "malformed"),
        ("2|:", "malformed"),
        ("2|:|:|:|:|", "malformed"),
        ("2|0:|0:|0:|0:|", "malformed"),
        ("2|0:", "malformed"),
        ("2|1", "malformed"),
        ("2|1:", "malformed"),
        ("2|1:0", "malformed"),
        ("2|1:0|", "malformed"),
        ("2|1:0|10:1300000000", "malformed"),
        ("2|1:0|10:1300000000|4:name", "malformed"),
        ("2|1:0|10:1300000000|4:name|8:dmFsdWU=", "malformed"),
        ("2|1:0|10:1300000000|4:name|", "malformed"),
        ("2|1:0|4:name|10:1300000000|8:dmFsdWU=|", "malformed"),
        ("2|0|1300000000|name|dmFsdWU=|", "malformed"),
        // Invalid lengths.
        ("2|2:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|0:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|-1:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|+1:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|01:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2| 1:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1 :0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        (
            "2|1_0:0123456789|10:1300000000|4:name|8:dmFsdWU=|",
            "malformed",
        ),
        ("2|0x1:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1.0:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1e0:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|１:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|x:0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|9:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|11:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|10:1300000000|3:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|10:1300000000|5:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|10:1300000000|4:name|7:dmFsdWU=|", "malformed"),
        ("2|1:0|10:1300000000|4:name|9:dmFsdWU=|", "malformed"),
        ("2|1:0|10:1300000000|4:name|99:dmFsdWU=|", "malformed"),
        (
            "2|1:0|10:1300000000|4:name|18446744073709551615:dmFsdWU=|",
            "malformed",
        ),
        (
            "2|1:0|10:1300000000|4:name|18446744073709551616:dmFsdWU=|",
            "malformed",
        ),
        ("2|1:0|10:1300000000|4:name|-8:dmFsdWU=|", "malformed"),
        // A length that ends inside a UTF-8 sequence.
        ("2|1:é|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|10:1300000000|3:naé|8:dmFsdWU=|", "malformed"),
        // Key versions and times that are not numbers.
        ("2|0:|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:x|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|2:-1|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|2:+1|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|2:01|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|2:00|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|3: 1 |10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|3:1_0|10:1300000000|4:name|8:dmFsdWU=|", "malformed"),
        (
            "2|10:4294967296|10:1300000000|4:name|8:dmFsdWU=|",
            "malformed",
        ),
        ("2|1:0|0:|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|1:x|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|3:1e9|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|3:inf|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|3:nan|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|2:-1|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|11:01300000000|4:name|8:dmFsdWU=|", "malformed"),
        ("2|1:0|12:1300000000.5|4:name|8:dmFsdWU=|", "malformed"),
        (
            "2|1:0|20:18446744073709551616|4:name|8:dmFsdWU=|",
            "malformed",
        ),
        // Well-formed, but not signed.
        ("2|1:0|10:1300000000|4:name|8:dmFsdWU=|", "signature"),
        ("2|1:0|10:1300000000|4:name|8:dmFsdWU=|0", "signature"),
        ("2|1:0|10:1300000000|4:name|8:dmFsdWU=||", "signature"),
        ("2|1:0|10:1300000000|4:name|0:|", "signature"),
        ("2|1:0|10:1300000000|0:|8:dmFsdWU=|", "signature"),
        ("2|1:1|10:1300000000|4:name|8:dmFsdWU=|", "signature"),
        ("2|1:0|1:0|4:name|8:dmFsdWU=|", "signature"),
        ("2|1:0|10:9999999999|4:name|8:dmFsdWU=|", "signature"),
        (
            "2|1:0|20:18446744073709551615|4:name|8:dmFsdWU=|",
            "signature",
        ),
        ("2|1:0|10:1300000000|4:name|8:!!!!!!!!|", "signature"),
        (
            "2|1:0|10:1300000000|4:name|8:dmFsdWU=|3d4e60b996ff9c5d5788e333a0cba6f238a22c6c0f94788870e1a9ecd482e152",
            "signature",
        ),
        (
            "2|1:0|10:1300000000|4:name|8:dmFsdWU=|0000000000000000000000000000000000000000000000000000000000000000",
            "signature",
        ),
    ];
    assert!(table.len() >= 100, "{}", table.len());
    for (signed, wanted) in table {
        let error = decode(signed).expect_err(signed);
        assert_eq!(kind(&error), wanted, "{signed}");
    }
}

#[test]
fn max_age_days_limits_the_age() {
    let signed_at = |seconds| secret().create_signed_value("name", "value", at(seconds));
    let read = |signed: &str, days, now| {
        let validity = Validity::new().max_age_days(days);
        let value = secret().decode_signed_value("name", signed, validity, now);
        value.map_err(|error| kind(&error))
    };
    for (signed_at_second, days, now, is_good) in [
        (NOW - 31 * DAY, 31, at(NOW), true),
        (NOW - 31 * DAY - 1, 31, at(NOW), false),
        (NOW - 7 * DAY, 7, at(NOW), true),
        (NOW - 7 * DAY - 1, 7, at(NOW), false),
        (NOW, 0, at(NOW), true),
        (NOW - 1, 0, at(NOW), false),
        (0, u32::MAX, at(NOW), true),
        (NOW, 0, at(0), true),
        // As in Tornado, version 2 accepts any time in the future.
        (NOW + 1_000 * DAY, 31, at(NOW), true),
    ] {
        let result = read(&signed_at(signed_at_second), days, now);
        let wanted = if is_good {
            Ok(b"value".to_vec())
        } else {
            Err("expired")
        };
        assert_eq!(result, wanted, "{signed_at_second} {days}");
    }
}

#[test]
fn rotated_secrets_verify_old_values() {
    let [a, b, c] = ["a", "b", "c"].map(|letter| format!("{letter}{SECRET}"));
    let first = CookieSecret::new(a.clone()).unwrap();
    let second = CookieSecret::versions([(0, a), (1, b.clone())], 1).unwrap();
    let third = CookieSecret::versions([(1, b), (2, c)], 2).unwrap();
    let all = [first, second, third];
    let signed: Vec<_> = all
        .iter()
        .map(|by| by.create_signed_value("n", "v", at(NOW)))
        .collect();
    let versions: Vec<_> = signed
        .iter()
        .map(|signed| get_signature_key_version(signed))
        .collect();
    assert_eq!(versions, [Some(0), Some(1), Some(2)]);
    let read: Vec<_> = all
        .iter()
        .flat_map(|secret| signed.iter().map(move |signed| (secret, signed)))
        .map(|(secret, signed)| secret.decode_signed_value("n", signed, Validity::new(), at(NOW)))
        .map(|result| result.map_or_else(|error| kind(&error), |_| "good"))
        .collect();
    assert_eq!(
        read,
        [
            ["good", "signature", "signature"],
            ["good", "good", "unknown key"],
            ["unknown key", "good", "good"],
        ]
        .concat()
    );
    assert_eq!(get_signature_key_version("dmFsdWU=|1300000000|31c9"), None);
}

#[test]
fn version_1_is_rejected_with_key_versions() {
    let secret = CookieSecret::versions([(0, SECRET)], 0).unwrap();
    let signed = "dmFsdWU=|1300000000|31c934969f53e48164c50768b40cbd7e2daaaa4f";
    let validity = Validity::new().min_version(1);
    let error = secret.decode_signed_value("key", signed, validity, at(NOW));
    assert_eq!(kind(&error.unwrap_err()), "version");
}
