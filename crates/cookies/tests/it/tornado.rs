//! Compatibility with a real Tornado: each reads the values of the other, and both reject the same
//! ones.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    process::Command,
};

use serde_json::{Value, json};
use squall_cookies::{CookieSecret, Cookies, CookiesLayer, Validity, get_signature_key_version};

use crate::site::{NOW, SECRET, at, respond, secret};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ask_tornado.py");
const DAY: u64 = 24 * 60 * 60;

fn ask(python: &Path, questions: &[Value]) -> Vec<Value> {
    testkit::ask_all(Command::new(python).arg(SCRIPT), questions)
}

/// Decodes bytes as the script does.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn read(secret: &CookieSecret, signed: &str, validity: Validity) -> Value {
    let value = secret.decode_signed_value("user", signed, validity, at(NOW));
    value.map_or(Value::Null, |value| latin1(&value).into())
}

#[test]
fn signed_values_are_identical_in_tornado() {
    let Some(python) = testkit::outside("python-with-tornado") else {
        return;
    };
    let all_bytes = Vec::from_iter(0..=255);
    let values: [&[u8]; 5] = [b"", b"a", b"value", "Zoë|2:;".as_bytes(), &all_bytes];
    let versions = json!({"0": SECRET, "7": format!("7{SECRET}")});
    let several =
        CookieSecret::versions([(0, SECRET.to_owned()), (7, format!("7{SECRET}"))], 7).unwrap();
    let mut questions = Vec::new();
    for value in values {
        for (theirs, ours, key_version) in [
            (json!(SECRET), &secret(), Value::Null),
            (versions.clone(), &several, json!(7)),
        ] {
            let signed = ours.create_signed_value("user", value, at(NOW));
            questions.extend([
                json!({"ask": "create", "secret": theirs, "key_version": key_version,
                    "name": "user", "value": latin1(value), "now": NOW}),
                json!({"ask": "decode", "secret": theirs, "name": "user", "signed": signed, "now": NOW}),
                json!({"ask": "decode", "secret": theirs, "name": "other", "signed": signed, "now": NOW}),
                json!({"ask": "key_version", "signed": signed}),
            ]);
        }
    }
    let mut answers = ask(&python, &questions).into_iter();
    let mut next = || answers.next().unwrap();
    for value in values {
        for (ours, key_version) in [(&secret(), 0), (&several, 7)] {
            let signed = ours.create_signed_value("user", value, at(NOW));
            // The signed texts are equal byte for byte.
            assert_eq!(next(), signed.as_str());
            assert_eq!(read(ours, &signed, Validity::new()), latin1(value));
            assert_eq!(next(), latin1(value));
            assert_eq!(next(), Value::Null);
            assert_eq!(get_signature_key_version(&signed), Some(key_version));
            assert_eq!(next(), key_version);
        }
    }
}

#[test]
fn invalid_values_are_rejected_by_both() {
    let Some(python) = testkit::outside("python-with-tornado") else {
        return;
    };
    let good = secret().create_signed_value("user", "value", at(NOW));
    let mut signed: Vec<(String, u32)> = vec![(good.clone(), 31)];
    for index in 0..good.len() {
        for flip in [1, 2, 16, 64] {
            let mut bad = good.clone().into_bytes();
            bad[index] ^= flip;
            signed.push((String::from_utf8(bad).unwrap(), 31));
        }
        signed.push((good[..index].to_owned(), 31));
        signed.push((format!("{}0{}", &good[..index], &good[index..]), 31));
    }
    for (age, days) in [
        (31 * DAY, 31),
        (31 * DAY + 1, 31),
        (DAY, 1),
        (DAY + 1, 1),
        (1, 0),
    ] {
        signed.push((
            secret().create_signed_value("user", "value", at(NOW - age)),
            days,
        ));
    }
    let future = secret().create_signed_value("user", "value", at(NOW + 400 * DAY));
    signed.push((future, 31));
    let other = CookieSecret::versions([(7, format!("7{SECRET}"))], 7).unwrap();
    signed.push((other.create_signed_value("user", "value", at(NOW)), 31));
    let (fields, signature) = good.rsplit_once('|').unwrap();
    signed.push((format!("{fields}|{}", signature.to_uppercase()), 31));

    let question = |(signed, days): &(String, u32)| {
        json!({"ask": "decode", "secret": SECRET, "name": "user", "signed": signed,
            "max_age_days": days, "now": NOW})
    };
    let answers = ask(&python, &signed.iter().map(question).collect::<Vec<_>>());
    let mut counts = HashMap::new();
    for ((signed, days), theirs) in signed.iter().zip(answers) {
        let ours = read(&secret(), signed, Validity::new().max_age_days(*days));
        assert_eq!(ours, theirs, "{signed}");
        *counts.entry(ours.is_null()).or_insert(0) += 1;
    }
    // Accepted: the valid one, three that are recent enough, and one from the future.
    assert_eq!(counts[&false], 4);
    assert!(counts[&true] > 500, "{counts:?}");
}

#[test]
fn version_1_is_compatible() {
    let Some(python) = testkit::outside("python-with-tornado") else {
        return;
    };
    let made: Vec<Value> = [NOW, NOW - 32 * DAY, NOW + 31 * DAY, NOW + 32 * DAY]
        .iter()
        .map(|now| {
            json!({"ask": "create", "secret": SECRET, "name": "user", "value": "12345678",
                "version": 1, "now": now})
        })
        .collect();
    let mut signed: Vec<String> = ask(&python, &made)
        .iter()
        .map(|signed| signed.as_str().unwrap().to_owned())
        .collect();
    let good = signed[0].clone();
    for index in 0..good.len() {
        let mut bad = good.clone().into_bytes();
        bad[index] ^= 1;
        signed.push(String::from_utf8(bad).unwrap());
    }
    // Moving digits from the value to the time keeps the signature valid.
    let (value, rest) = good.split_once('|').unwrap();
    for moved in 1..value.len() {
        let (kept, digits) = value.split_at(value.len() - moved);
        signed.push(format!("{kept}|{digits}{rest}"));
    }
    let question = |signed: &String| {
        json!({"ask": "decode", "secret": SECRET, "name": "user", "signed": signed,
            "min_version": 1, "now": NOW})
    };
    let answers = ask(&python, &signed.iter().map(question).collect::<Vec<_>>());
    for (signed, theirs) in signed.iter().zip(&answers) {
        let ours = read(&secret(), signed, Validity::new().min_version(1));
        assert_eq!(&ours, theirs, "{signed}");
        assert_eq!(read(&secret(), signed, Validity::new()), Value::Null);
    }
    let good = answers.iter().filter(|answer| !answer.is_null()).count();
    assert_eq!(good, 2);
}

#[test]
fn cookie_headers_are_parsed_alike() {
    let Some(python) = testkit::outside("python-with-tornado") else {
        return;
    };
    let headers = [
        "",
        " ",
        ";",
        ";;; ;",
        "=",
        "a",
        "a=",
        "=a",
        "a=b",
        " a = b ",
        "\ta\t=\tb\t",
        "a=b;c=d",
        "a=b; c=d",
        "a=b;c=d;",
        "a=b; a=c",
        "a=b=c",
        "a==",
        "a=b,c=d",
        "a b=c",
        "a:b=c",
        "a,b=c",
        "a(b)=c",
        "a/b=c",
        "a[b]=c",
        "\"a\"=b",
        "a=b c",
        "a=\"b\"",
        "a=\"b",
        "a=b\"",
        "a=\"",
        "a=\"\"",
        "a=\"\"\"",
        "a=\"b;c\"",
        "a=\"b\\073c\"",
        "a=\"b\\\"c\"",
        "a=\"b\\\\c\"",
        "a=\"\\\\073\"",
        "a=\"\\377\\400\\18\\7\\0\"",
        "a=\"\\\"",
        "a=\"b\\",
        "a=\\073",
        "a= \"b\" ",
        "a=\"b\" c",
        "a; b=c",
        "!#$%&'*+-.^_`|~=a",
        "a=!#$%&'*+-.^_`|~",
        "$Version=1; a=b; $Path=/",
        "a=%41%3B",
        "A=1; a=2",
        "123=456",
        "a=[1, 2]; b={\"c\": 3}",
        "a=\"2|1:0|10:1300000000|4:user|8:dmFsdWU=|00\"",
    ];
    let question = |header: &&str| json!({"ask": "cookies", "header": header});
    let answers = ask(&python, &headers.iter().map(question).collect::<Vec<_>>());
    for (header, theirs) in headers.iter().zip(answers) {
        let theirs: BTreeMap<String, String> = theirs
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        // The names that Tornado returned, and all other candidates in the header.
        let names = header
            .split(['=', ';', ','])
            .map(str::trim)
            .map(str::to_owned);
        let names: Vec<String> = names.chain(theirs.keys().cloned()).collect();
        let (ours, _) = respond(CookiesLayer::new(), &[header], |cookies| {
            let named = names
                .iter()
                .filter_map(|name| Some((name.clone(), cookies.get_cookie(name)?)));
            named.collect::<BTreeMap<_, _>>()
        });
        assert_eq!(ours, theirs, "{header}");
    }
}

#[test]
fn cookies_set_by_either_are_read_by_both() {
    let Some(python) = testkit::outside("python-with-tornado") else {
        return;
    };
    let layer = || CookiesLayer::new().secret(secret());
    let get = |cookies: &Cookies| cookies.get_signed_cookie("user");
    let ((), sent) = respond(layer(), &[], |cookies| {
        cookies.set_signed_cookie(("user", "ours")).unwrap();
    });
    let ours = sent[0].split(';').next().unwrap();
    let answers = ask(
        &python,
        &[
            json!({"ask": "get_signed_cookie", "secret": SECRET, "name": "user", "header": ours}),
            json!({"ask": "set_signed_cookie", "secret": SECRET, "name": "user", "value": "their"}),
        ],
    );
    assert_eq!(answers[0], "ours");
    let theirs = answers[1].as_str().unwrap().split(';').next().unwrap();
    assert!(theirs.starts_with("user=\"2|"), "{theirs}");
    for (header, wanted) in [(ours, "ours"), (theirs, "their")] {
        let (value, _) = respond(layer(), &[header], get);
        assert_eq!(value.as_deref(), Some(wanted));
    }
}
