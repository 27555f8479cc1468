//! Tornado's signed values: version 2 is written and read, version 1 is only read.
//!
//! ```text
//! 2|1:0|10:1300000000|4:name|8:dmFsdWU=|<HMAC-SHA256 of everything before it, in hexadecimal>
//! ```
//!
//! The fields are the key version, the time in seconds, the name, and the value in Base64, each
//! prefixed with its length. Version 1 is `value|time|<HMAC-SHA1 of name, value and time>`.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_STANDARD};
use subtle::ConstantTimeEq;

use crate::{
    error::SignedValueErrorKind,
    keys::{Key, Keys},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The limits for correctly signed values: their age and their format version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Validity {
    max_age: Duration,
    min_version: u8,
}

impl Validity {
    /// Accepts values of version 2 that were signed in the last 31 days.
    pub fn new() -> Self {
        Self {
            max_age: 31 * DAY,
            min_version: 2,
        }
    }

    /// Sets the maximum age of a value in days. Default: 31.
    pub fn max_age_days(mut self, days: u32) -> Self {
        self.max_age = days * DAY;
        self
    }

    /// Sets the oldest format version that is accepted, 1 or 2; a greater number rejects all
    /// values. Version 1 is only needed for cookies that Tornado before 3.2.1 (2014) has set. It is
    /// never accepted with several secrets, since it has no key version. Default: 2, while
    /// Tornado's default is 1.
    pub fn min_version(mut self, version: u8) -> Self {
        self.min_version = version;
        self
    }
}

impl Default for Validity {
    /// See [`new`](Validity::new).
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the key version of a signed value, without verifying its signature. Returns `None` if
/// the value is malformed or not of version 2.
#[must_use]
pub fn get_signature_key_version(signed: &str) -> Option<u32> {
    Fields::read(signed).map(|fields| fields.key_version)
}

pub(crate) fn sign(keys: &Keys, name: &str, value: &[u8], now: SystemTime) -> String {
    let (key_version, key) = keys.signing();
    let mut signed = String::from("2|");
    for field in [
        &key_version.to_string(),
        &since_epoch(now).as_secs().to_string(),
        name,
        &BASE64_STANDARD.encode(value),
    ] {
        signed += &format!("{}:{field}|", field.len());
    }
    let signature = key.signature_v2(&signed);
    signed + &signature
}

pub(crate) fn verify(
    keys: &Keys,
    name: &str,
    signed: &str,
    validity: Validity,
    now: SystemTime,
) -> Result<Vec<u8>, SignedValueErrorKind> {
    let version = version(signed);
    if version < validity.min_version.into() {
        return Err(SignedValueErrorKind::Version);
    }
    match (version, keys) {
        (1, Keys::One(key)) => decode_v1(key, name, signed, validity, now),
        (2, _) => decode_v2(keys, name, signed, validity, now),
        _ => Err(SignedValueErrorKind::Version),
    }
}

/// Detects the format version. Version 1 has no version field: it starts with Base64, never with a
/// number of one to three digits.
fn version(signed: &str) -> u32 {
    let first = signed.split_once('|').map(|(first, _)| first);
    let number = first
        .and_then(decimal)
        .filter(|number| (1..1000).contains(number));
    number.unwrap_or(1)
}

fn decode_v2(
    keys: &Keys,
    name: &str,
    signed: &str,
    validity: Validity,
    now: SystemTime,
) -> Result<Vec<u8>, SignedValueErrorKind> {
    let fields = Fields::read(signed).ok_or(SignedValueErrorKind::Malformed)?;
    let key = keys
        .verifying(fields.key_version)
        .ok_or(SignedValueErrorKind::UnknownKey)?;
    check_signature(&key.signature_v2(fields.signed), fields.signature)?;
    if fields.name != name {
        return Err(SignedValueErrorKind::Name);
    }
    check_age(fields.time, validity, now)?;
    // Like Tornado, accept timestamps in the future: the clocks of two machines can differ.
    decode_base64(fields.value)
}

fn decode_v1(
    key: &Key,
    name: &str,
    signed: &str,
    validity: Validity,
    now: SystemTime,
) -> Result<Vec<u8>, SignedValueErrorKind> {
    let parts: Vec<&str> = signed.splitn(4, '|').collect();
    let &[value, time, signature] = parts.as_slice() else {
        return Err(SignedValueErrorKind::Malformed);
    };
    check_signature(&key.signature_v1(&[name, value, time]), signature)?;
    let time = decimal(time).ok_or(SignedValueErrorKind::Malformed)?;
    check_age(time, validity, now)?;
    // The signature covers no delimiter, so the last digits of the value could be moved to the
    // time.
    if time > (since_epoch(now) + 31 * DAY).as_secs() {
        return Err(SignedValueErrorKind::Future);
    }
    decode_base64(value)
}

struct Fields<'a> {
    signed: &'a str,
    key_version: u32,
    time: u64,
    name: &'a str,
    value: &'a str,
    signature: &'a str,
}

impl<'a> Fields<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut rest = text.strip_prefix("2|")?;
        let key_version = decimal(take_field(&mut rest)?)?;
        let time = decimal(take_field(&mut rest)?)?;
        let name = take_field(&mut rest)?;
        let value = take_field(&mut rest)?;
        Some(Self {
            signed: text.strip_suffix(rest)?,
            key_version,
            time,
            name,
            value,
            signature: rest,
        })
    }
}

fn take_field<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let (length, after) = rest.split_once(':')?;
    let (field, after) = after.split_at_checked(decimal(length)?)?;
    *rest = after.strip_prefix('|')?;
    Some(field)
}

/// Parses a number without a sign or leading zeros.
fn decimal<N: std::str::FromStr>(text: &str) -> Option<N> {
    let is_canonical = text == "0" || !text.starts_with(['0', '+', '-']);
    is_canonical.then(|| text.parse().ok()).flatten()
}

fn check_signature(expected: &str, passed: &str) -> Result<(), SignedValueErrorKind> {
    // Compared as text, like Tornado, so that only one spelling of a signature is valid.
    if expected.as_bytes().ct_eq(passed.as_bytes()).into() {
        Ok(())
    } else {
        Err(SignedValueErrorKind::Signature)
    }
}

fn check_age(time: u64, validity: Validity, now: SystemTime) -> Result<(), SignedValueErrorKind> {
    let oldest = since_epoch(now).saturating_sub(validity.max_age);
    if Duration::from_secs(time) < oldest {
        Err(SignedValueErrorKind::Expired)
    } else {
        Ok(())
    }
}

fn decode_base64(value: &str) -> Result<Vec<u8>, SignedValueErrorKind> {
    BASE64_STANDARD
        .decode(value)
        .map_err(|_| SignedValueErrorKind::Malformed)
}

/// A clock before 1970 is not set; it counts as 1970.
fn since_epoch(now: SystemTime) -> Duration {
    now.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}
