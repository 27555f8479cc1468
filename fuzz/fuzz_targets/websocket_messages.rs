//! Assembly of WebSocket messages: no panic, the limits hold, and the meaning does not depend on how bytes arrive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use squall_websocket::codec::{Decoder, Event, Fault, Opcode, encode_header};

const MAX_MESSAGE: usize = 2000;
const MAX_FRAME: usize = 1000;

/// Frames by first byte and payload, raw bytes behind them, and where reads end.
type Input<'a> = (bool, Vec<(u8, &'a [u8])>, &'a [u8], Vec<u8>);

fuzz_target!(|input: Input<'_>| {
    let (is_compressed, frames, rest, cuts) = input;
    let mut bytes = Vec::new();
    for (first, payload) in frames {
        let (header, length) = encode_header(Opcode::Text, false, payload.len());
        let start = bytes.len();
        bytes.extend_from_slice(&header[..length]);
        bytes[start] = first;
        bytes[start + 1] |= 0x80;
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(payload);
    }
    bytes.extend_from_slice(rest);

    let whole = decode(is_compressed, &bytes, &[]);
    let cut = decode(is_compressed, &bytes, &cuts);
    for event in &whole.0 {
        match event {
            Event::Message(payload) => {
                assert!(payload.bytes.len() <= MAX_MESSAGE);
                assert!(is_compressed || !payload.is_compressed);
            }
            Event::Ping(payload) | Event::Pong(payload) => assert!(payload.len() <= 125),
            Event::Close(Some(frame)) => assert!(frame.reason.len() <= 123),
            _ => {}
        }
    }
    if cut.1 == Some(Fault::Utf8) {
        // A text that is not UTF-8 is found before the frames and the fault that follow it, and never later.
        assert_eq!(cut.0, whole.0[..cut.0.len()]);
    } else {
        assert_eq!(cut, whole);
    }
});

fn decode(is_compressed: bool, bytes: &[u8], cuts: &[u8]) -> (Vec<Event>, Option<Fault>) {
    let mut decoder = Decoder::new(MAX_MESSAGE, MAX_FRAME).compression(is_compressed);
    let mut events = Vec::new();
    let mut rest = bytes.to_vec();
    let mut cuts = cuts
        .iter()
        .copied()
        .map(usize::from)
        .chain(std::iter::repeat(usize::MAX));
    while !rest.is_empty() {
        let length = cuts.next().unwrap_or(usize::MAX).clamp(1, rest.len());
        let mut read: Vec<u8> = rest.drain(..length).collect();
        let mut at = 0;
        while at < read.len() {
            match decoder.decode(&mut read[at..]) {
                Ok((length, event)) => {
                    at += length;
                    if let Some(Event::Message(payload)) = &event
                        && !payload.is_compressed
                        && let Err(fault) = payload.clone().into_message()
                    {
                        return (events, Some(fault));
                    }
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
