//! The frames that wait to be written, as a value: small ones in one buffer, large payloads without a copy.

use std::{collections::VecDeque, io::IoSlice, mem};

use bytes::{Buf, Bytes};

use crate::codec::{Opcode, encode_header};

/// A payload up to this is copied behind its header: that costs less than another slice of a vectored write.
const COPIED: usize = 4 * 1024;

/// The same where each slice would be a write of its own.
const COPIED_UNVECTORED: usize = 16 * 1024;

/// A larger empty buffer is given back.
const KEPT: usize = 256;

/// Slices of one write.
pub(crate) const SLICES: usize = 16;

/// Frames, encoded, in the order in which they are written.
#[derive(Debug)]
pub(crate) struct Output {
    // Written before `tail`.
    queue: VecDeque<Bytes>,
    tail: Vec<u8>,
    /// How much of `tail` is written.
    written: usize,
    /// All that is not written, in bytes.
    len: usize,
    is_vectored: bool,
}

impl Output {
    pub(crate) fn new(is_vectored: bool) -> Self {
        Self {
            queue: VecDeque::new(),
            tail: Vec::new(),
            written: 0,
            len: 0,
            is_vectored,
        }
    }

    /// Returns whether several slices are one write.
    pub(crate) fn is_vectored(&self) -> bool {
        self.is_vectored
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Appends a frame.
    pub(crate) fn push(&mut self, opcode: Opcode, is_compressed: bool, payload: Bytes) {
        let (header, header_len) = encode_header(opcode, is_compressed, payload.len());
        self.len += header_len + payload.len();
        self.tail.extend_from_slice(&header[..header_len]);
        let copied = if self.is_vectored {
            COPIED
        } else {
            COPIED_UNVECTORED
        };
        if payload.len() <= copied {
            self.tail.extend_from_slice(&payload);
            return;
        }
        let mut payload = payload;
        if !self.is_vectored {
            // Not a write of a few bytes alone, and a second one for the rest.
            self.tail.extend_from_slice(&payload[..copied]);
            payload.advance(copied);
        }
        let mut tail = Bytes::from(mem::take(&mut self.tail));
        tail.advance(mem::take(&mut self.written));
        self.queue.extend([tail, payload]);
    }

    /// Returns what is to be written first, in one piece.
    pub(crate) fn first(&self) -> &[u8] {
        match self.queue.front() {
            Some(front) => front,
            None => &self.tail[self.written..],
        }
    }

    /// Returns whether [`first`](Self::first) is all.
    pub(crate) fn is_one(&self) -> bool {
        self.queue.is_empty()
    }

    /// Fills the slices with what is to be written first, and returns how many are filled.
    pub(crate) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; SLICES]) -> usize {
        let tail = &self.tail[self.written..];
        let parts = self.queue.iter().map(|part| &part[..]).chain([tail]);
        let mut filled = 0;
        for (slice, part) in slices.iter_mut().zip(parts.filter(|part| !part.is_empty())) {
            *slice = IoSlice::new(part);
            filled += 1;
        }
        filled
    }

    /// Removes what was written.
    pub(crate) fn advance(&mut self, mut n: usize) {
        self.len -= n;
        while let Some(front) = self.queue.front_mut() {
            if front.len() > n {
                front.advance(n);
                return;
            }
            n -= front.len();
            self.queue.pop_front();
        }
        self.written += n;
        if self.written == self.tail.len() {
            self.written = 0;
            self.tail.clear();
            // An idle connection keeps little.
            if self.tail.capacity() > KEPT {
                self.tail = Vec::new();
            }
            if self.queue.capacity() > 0 {
                self.queue = VecDeque::new();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lengths of payloads, often at a limit, and enough of them to fill all slices of a write.
    fn lens() -> impl Strategy<Value = Vec<usize>> {
        let len = prop_oneof![
            Just(0),
            1_usize..200,
            COPIED - 1..COPIED + 2,
            COPIED_UNVECTORED - 1..COPIED_UNVECTORED + 2,
            COPIED_UNVECTORED..70_000,
        ];
        prop::collection::vec(len, 0..2 * SLICES)
    }

    proptest! {
        #[test]
        fn all_frames_are_written_in_order(
            lens in lens(),
            writes in prop::collection::vec(prop_oneof![9 => 1_usize..9000, 1 => Just(usize::MAX)], 1..20),
            is_vectored: bool,
        ) {
            let mut output = Output::new(is_vectored);
            let (mut wanted, mut found) = (Vec::new(), Vec::new());
            let mut writes = writes.into_iter().cycle();
            for (i, len) in lens.into_iter().enumerate() {
                let payload = vec![u8::try_from(i).unwrap(); len];
                let (header, header_len) = encode_header(Opcode::Binary, false, len);
                wanted.extend_from_slice(&header[..header_len]);
                wanted.extend_from_slice(&payload);
                output.push(Opcode::Binary, false, payload.into());
                write(&mut output, &mut found, writes.next().unwrap());
            }
            prop_assert_eq!(output.len(), wanted.len() - found.len());
            while output.len() > 0 {
                write(&mut output, &mut found, writes.next().unwrap());
            }
            prop_assert!(found == wanted);
            prop_assert!(output.tail.capacity() <= KEPT);
        }
    }

    fn write(output: &mut Output, found: &mut Vec<u8>, mut n: usize) {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let filled = output.slices(&mut slices);
        let mut written = 0;
        for slice in &slices[..filled] {
            let len = slice.len().min(n);
            found.extend_from_slice(&slice[..len]);
            written += len;
            n -= len;
        }
        output.advance(written);
    }
}
