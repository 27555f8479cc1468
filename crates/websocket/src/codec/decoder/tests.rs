//! Tests of the assembly: tables of faults, cuts at every byte, a model.

use std::iter;

use bytes::BufMut;
use proptest::prelude::*;

use super::*;
use crate::codec::CloseCode;

const LIMIT: usize = 1000;

/// A masked frame of a client.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let (header, len) = crate::codec::encode_header(Opcode::Text, false, payload.len());
    let mut bytes = header[..len].to_vec();
    bytes[0] = first;
    bytes[1] |= 0x80;
    bytes.extend_from_slice(&mask);
    let mut payload = payload.to_vec();
    unmask(mask, &mut payload);
    bytes.extend_from_slice(&payload);
    bytes
}

fn decoder() -> Decoder {
    Decoder::new(LIMIT, LIMIT).compression(true)
}

/// Decodes reads of these lengths, each followed by the check of text; a text is checked when it is whole.
fn decode(mut decoder: Decoder, bytes: &[u8], read: usize) -> (Vec<Event>, Option<Fault>) {
    let mut events = Vec::new();
    for chunk in bytes.chunks(read.max(1)) {
        let mut chunk = chunk.to_vec();
        let mut at = 0;
        while at < chunk.len() {
            match decoder.decode(&mut chunk[at..]) {
                Ok((len, event)) => {
                    at += len;
                    events.extend(event);
                }
                Err(fault) => return (events, Some(fault)),
            }
        }
        if let Err(fault) = decoder.check_text() {
            return (events, Some(fault));
        }
    }
    (events, None)
}

fn message(is_text: bool, bytes: &[u8]) -> Event {
    Event::Message(Payload {
        is_text,
        is_compressed: false,
        bytes: Bytes::copy_from_slice(bytes),
    })
}

#[test]
fn messages_and_control_frames() {
    let compressed = Event::Message(Payload {
        is_text: true,
        is_compressed: true,
        bytes: Bytes::from_static(b"\xff"),
    });
    let close = CloseFrame::new(CloseCode::NORMAL, "bye");
    for (frames, wanted) in [
        (vec![frame(0x81, b"Hello")], vec![message(true, b"Hello")]),
        (vec![frame(0x82, b"")], vec![message(false, b"")]),
        (
            vec![frame(0x01, b"Hel"), frame(0x80, b"lo")],
            vec![message(true, b"Hello")],
        ),
        (
            vec![frame(0x01, b""), frame(0x00, b""), frame(0x80, b"")],
            vec![message(true, b"")],
        ),
        (
            vec![
                frame(0x02, &[7; 300]),
                frame(0x00, &[7; 300]),
                frame(0x80, &[7; 400]),
            ],
            vec![message(false, &[7; 1000])],
        ),
        (
            vec![
                frame(0x01, b"\xc3"),
                frame(0x89, b"p"),
                frame(0x8a, b""),
                frame(0x80, b"\xa9"),
            ],
            vec![
                Event::Ping(Bytes::from_static(b"p")),
                Event::Pong(Bytes::new()),
                message(true, "é".as_bytes()),
            ],
        ),
        (
            vec![frame(0x41, b""), frame(0x80, b"\xff")],
            vec![compressed.clone()],
        ),
        (vec![frame(0xc1, b"\xff")], vec![compressed]),
        (
            vec![frame(0x89, &[1; 125])],
            vec![Event::Ping(Bytes::from_static(&[1; 125]))],
        ),
        (vec![frame(0x88, b"")], vec![Event::Close(None)]),
        (
            vec![frame(0x88, b"\x03\xe8bye")],
            vec![Event::Close(Some(close))],
        ),
    ] {
        let bytes = frames.concat();
        for read in 1..=bytes.len() {
            assert_eq!(
                decode(decoder(), &bytes, read),
                (wanted.clone(), None),
                "{bytes:x?} by {read}"
            );
        }
    }
}

#[test]
fn faults() {
    let text = |payload: &[u8]| vec![frame(0x01, payload)];
    for (frames, fault, code) in [
        (vec![frame(0x80, b"")], Fault::UnexpectedContinuation, 1002),
        (vec![frame(0x00, b"a")], Fault::UnexpectedContinuation, 1002),
        (
            vec![frame(0x81, b"a"), frame(0x80, b"a")],
            Fault::UnexpectedContinuation,
            1002,
        ),
        (
            vec![frame(0x01, b"a"), frame(0x81, b"b")],
            Fault::UnfinishedMessage,
            1002,
        ),
        (
            vec![frame(0x01, b""), frame(0x02, b"")],
            Fault::UnfinishedMessage,
            1002,
        ),
        // RSV1 belongs on the first frame only (RFC 7692, section 6.1).
        (
            vec![frame(0x01, b"a"), frame(0xc0, b"b")],
            Fault::ReservedBits,
            1002,
        ),
        (
            vec![frame(0x41, b"a"), frame(0xc0, b"b")],
            Fault::ReservedBits,
            1002,
        ),
        (vec![frame(0x88, b"\x03")], Fault::ClosePayload, 1002),
        (vec![frame(0x88, b"\x03\xed")], Fault::CloseCode, 1002),
        (vec![frame(0x88, b"\x03\xe8\xff")], Fault::Utf8, 1007),
        (vec![frame(0x82, &[0; LIMIT + 1])], Fault::FrameTooBig, 1009),
        (
            vec![frame(0x02, &[0; LIMIT]), frame(0x80, &[0])],
            Fault::MessageTooBig,
            1009,
        ),
        (
            vec![frame(0x42, &[0; 600]), frame(0x00, &[0; 600])],
            Fault::MessageTooBig,
            1009,
        ),
        // A text that is not UTF-8 fails before its end: each kind of wrong byte, in each place of a character.
        (text(b"\x80"), Fault::Utf8, 1007),
        (text(b"\xc0\xaf"), Fault::Utf8, 1007),
        (text(b"\xe0\x80"), Fault::Utf8, 1007),
        (text(b"\xed\xa0"), Fault::Utf8, 1007),
        (text(b"\xf0\x8f"), Fault::Utf8, 1007),
        (text(b"\xf4\x90"), Fault::Utf8, 1007),
        (text(b"\xf5"), Fault::Utf8, 1007),
        (text(b"\xff"), Fault::Utf8, 1007),
        (text(b"\xc3a"), Fault::Utf8, 1007),
        (text(b"\xe2\x82a"), Fault::Utf8, 1007),
        (text(b"\xf0\x9f\x98a"), Fault::Utf8, 1007),
        (
            vec![
                frame(0x01, b"\xf0\x9f"),
                frame(0x00, b"\x98"),
                frame(0x00, b"a"),
            ],
            Fault::Utf8,
            1007,
        ),
    ] {
        let bytes = frames.concat();
        for read in 1..=bytes.len() {
            let (_, found) = decode(decoder(), &bytes, read);
            assert_eq!(found, Some(fault), "{bytes:x?} by {read}");
        }
        assert_eq!(fault.close_code().get(), code);
    }
}

#[test]
fn compression_that_is_not_agreed_on_is_a_fault() {
    for first in [0xc1, 0xc2, 0x41] {
        let found = decode(Decoder::new(LIMIT, LIMIT), &frame(first, b"a"), 100);
        assert_eq!(found, (Vec::new(), Some(Fault::ReservedBits)));
    }
}

#[test]
fn a_text_that_ends_within_a_character_is_a_fault() {
    for payload in [&b"\xc3"[..], b"a\xe2\x82", b"\xf0\x9f\x98"] {
        let (events, fault) = decode(decoder(), &frame(0x81, payload), 1);
        assert_eq!(fault, None);
        let [Event::Message(payload)] = &*events else {
            panic!("{events:?}")
        };
        assert_eq!(payload.clone().into_message(), Err(Fault::Utf8));
    }
}

#[test]
fn an_announced_length_reserves_little() {
    let mut decoder = Decoder::new(10 << 20, 10 << 20);
    let bytes = frame(0x82, &[0; 100_000]);
    let mut start = bytes[..20].to_vec();
    start[2..10].copy_from_slice(&(10_u64 << 20).to_be_bytes());
    assert_eq!(decoder.decode(&mut start), Ok((20, None)));
    let place = decoder.direct().unwrap();
    assert!(place.get_ref().capacity() <= 2 * RESERVED);
}

#[test]
fn endless_empty_fragments_are_one_message() {
    let mut decoder = decoder();
    assert_eq!(decoder.unfinished(), None);
    decoder.decode(&mut frame(0x01, b"")).unwrap();
    let unfinished = decoder.unfinished();
    assert!(unfinished.is_some());
    for _ in 0..100 {
        decoder.decode(&mut frame(0x00, b"")).unwrap();
        decoder.decode(&mut frame(0x89, b"")).unwrap();
        assert_eq!(decoder.unfinished(), unfinished);
    }
    decoder.decode(&mut frame(0x80, b"")).unwrap();
    assert_eq!(decoder.unfinished(), None);
    decoder.decode(&mut frame(0x01, b"")).unwrap();
    assert_ne!(decoder.unfinished(), unfinished);
}

#[test]
fn large_frames_are_read_in_place() {
    let payload: Vec<u8> = (0..200_000_u32).map(|i| i.to_le_bytes()[0]).collect();
    let bytes = [
        frame(0x02, &payload),
        frame(0x89, b"p"),
        frame(0x80, &payload),
        frame(0x81, b"next"),
        // Whole in a read, at the start of a buffer and within it.
        frame(0x82, &payload[..40_000]),
        frame(0x81, b"last"),
    ]
    .concat();
    for read in [1, 10, 1000, 16_384, 70_000, 500_000] {
        let mut decoder = Decoder::new(1 << 20, 1 << 20);
        let (mut events, mut rest, mut in_place) = (Vec::new(), &bytes[..], 0);
        while !rest.is_empty() {
            let len = if let Some(mut place) = decoder.direct() {
                let len = rest.len().min(place.remaining_mut()).min(read);
                place.put_slice(&rest[..len]);
                in_place += len;
                let (mut behind, event) = decoder.filled(len).unwrap();
                events.extend(event);
                while !behind.is_empty() {
                    events.extend(decoder.decode_buffer(&mut behind).unwrap());
                }
                len
            } else {
                let mut buffer = BytesMut::from(&rest[..rest.len().min(read)]);
                let len = buffer.len();
                while !buffer.is_empty() {
                    events.extend(decoder.decode_buffer(&mut buffer).unwrap());
                }
                len
            };
            rest = &rest[len..];
        }
        assert_eq!(
            events,
            [
                Event::Ping(Bytes::from_static(b"p")),
                message(false, &[&payload[..], &payload].concat()),
                message(true, b"next"),
                message(false, &payload[..40_000]),
                message(true, b"last"),
            ],
            "by {read}"
        );
        assert!(read > 70_000 || in_place > 200_000, "by {read}: {in_place}");
    }
}

/// A payload: text, sometimes with a part of a character, or any bytes, sometimes as long as a limit.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        9 => prop::sample::select(vec!["a".as_bytes(), "é".as_bytes(), "€".as_bytes(), "😀".as_bytes()]),
        1 => prop::sample::select(vec![&b"\xe2\x82"[..], b"\xac", b"\xf0", b"\x9f\x98\x80"]),
    ];
    let text = prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat());
    let len = prop_oneof![
        124_usize..128,
        LIMIT / 2 - 1..LIMIT / 2 + 2,
        LIMIT - 1..LIMIT + 2
    ];
    prop_oneof![
        6 => text,
        1 => len.prop_map(|len| vec![b'a'; len]),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

/// First octets and payloads of the frames of a message, with a control frame behind the first.
fn fragments() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    let first = prop::sample::select(vec![0x01, 0x01, 0x02, 0x41, 0x42]);
    let control = (prop::sample::select(vec![0x89, 0x8a]), payload());
    let payloads = prop::collection::vec(payload(), 1..4);
    (first, payloads, prop::option::weighted(0.2, control)).prop_map(
        |(first, payloads, control)| {
            let firsts = iter::once(first).chain(iter::repeat(0));
            let mut frames: Vec<(u8, Vec<u8>)> = firsts.zip(payloads).collect();
            frames.last_mut().unwrap().0 |= 0x80;
            frames.splice(1..1, control);
            frames
        },
    )
}

/// Messages, and sometimes any frame.
fn frames() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    let close = (
        Just(0x88),
        prop_oneof![
            Just(vec![]),
            payload().prop_map(|reason| [b"\x03\xe8", &reason[..]].concat())
        ],
    );
    let part = prop_oneof![
        8 => fragments(),
        1 => close.prop_map(|frame| vec![frame]),
        1 => (any::<u8>(), payload()).prop_map(|frame| vec![frame]),
    ];
    prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn arbitrary_bytes_have_one_meaning_however_they_are_cut(frames in frames(), read in 1_usize..50) {
        let bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| frame(*first, payload)).collect();
        let (whole, whole_fault) = decode(decoder(), &bytes, bytes.len());
        let (cut, cut_fault) = decode(decoder(), &bytes, read);
        // A text that is not UTF-8 fails as soon as its bytes are there, or when its message is taken.
        let taken = |events: Vec<Event>| -> Vec<Event> {
            events.into_iter().take_while(|event| match event {
                Event::Message(payload) => payload.is_compressed || payload.clone().into_message().is_ok(),
                _ => true,
            }).collect()
        };
        let (whole, cut) = (taken(whole), taken(cut));
        if cut_fault == Some(Fault::Utf8) {
            prop_assert_eq!(&whole[..cut.len()], &cut);
        } else {
            prop_assert_eq!((whole, whole_fault), (cut, cut_fault));
        }
    }
}
