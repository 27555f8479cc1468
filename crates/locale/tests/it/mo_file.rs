//! Writes `.mo` files for tests, valid and corrupt.

/// The byte order.
type Number = fn(u32) -> [u8; 4];

/// A file with these messages and translations, and a header unless it is empty.
pub(crate) fn mo(header: &str, messages: &[(&str, &str)]) -> Vec<u8> {
    mo_bytes(header.as_bytes(), messages, u32::to_le_bytes)
}

pub(crate) fn big_endian_mo(header: &str, messages: &[(&str, &str)]) -> Vec<u8> {
    mo_bytes(header.as_bytes(), messages, u32::to_be_bytes)
}

pub(crate) fn mo_bytes(header: &[u8], messages: &[(&str, &str)], number: Number) -> Vec<u8> {
    let header = (!header.is_empty()).then_some((&b""[..], header));
    let messages = messages.iter().map(|(a, b)| (a.as_bytes(), b.as_bytes()));
    let entries: Vec<_> = header.into_iter().chain(messages).collect();
    let count = entries.len() as u32;
    let mut file = Vec::new();
    for field in [0x9504_12de, 0, count, 28, 28 + 8 * count, 0, 0] {
        file.extend(number(field));
    }
    let strings = entries.iter().map(|entry| entry.0);
    let strings = strings.chain(entries.iter().map(|entry| entry.1));
    let mut text = Vec::new();
    for string in strings {
        file.extend(number(string.len() as u32));
        file.extend(number(28 + 16 * count + text.len() as u32));
        text.extend_from_slice(string);
        text.push(0);
    }
    file.extend(text);
    file
}
