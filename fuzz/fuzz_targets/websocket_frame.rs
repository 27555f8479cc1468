//! Headers of WebSocket frames: no panic, a meaning that does not change as bytes arrive, one encoding of each length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use squall_websocket::codec::{FrameHeader, Opcode, encode_header, unmask};

fuzz_target!(|bytes: &[u8]| {
    let whole = FrameHeader::parse(bytes);
    // As more and more arrives: nothing, until it is decided for good.
    let arrived = (0..=bytes.len()).map(|length| FrameHeader::parse(&bytes[..length]));
    let decided = arrived.into_iter().find(|parsed| *parsed != Ok(None));
    assert_eq!(decided.unwrap_or(Ok(None)), whole);

    let Ok(Some((header, length))) = whole else {
        assert!(whole.is_err() || bytes.len() < FrameHeader::MAX_LEN);
        return;
    };
    assert!(length <= FrameHeader::MAX_LEN);
    assert_eq!(header.mask, bytes[length - 4..length]);
    assert!(header.length < 1 << 63);
    if header.opcode.is_control() {
        assert!(header.length <= 125 && header.is_final && !header.rsv1);
    }
    // No other encoding of the same length is accepted.
    let (encoded, encoded_length) =
        encode_header(header.opcode, header.rsv1, header.length as usize);
    assert_eq!(encoded_length + 4, length);
    assert_eq!(encoded[1..encoded_length].len(), length - 5);
    assert_eq!(encoded[1] | 0x80, bytes[1]);
    assert_eq!(encoded[2..encoded_length], bytes[2..length - 4]);
    assert_eq!(encoded[0] & 0x7f, bytes[0] & 0x7f);
    assert!(
        header.is_final
            || matches!(
                header.opcode,
                Opcode::Continuation | Opcode::Text | Opcode::Binary
            )
    );

    let mut payload = bytes.to_vec();
    let mask = unmask(header.mask, &mut payload);
    unmask(header.mask, &mut payload);
    assert_eq!(payload, bytes);
    assert_eq!(mask[0], header.mask[bytes.len() % 4]);
});
