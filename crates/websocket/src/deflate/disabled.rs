//! Without the feature `deflate`: nothing is agreed on, so there is no value of these types.

use bytes::Bytes;

use crate::codec::Fault;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Compression {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {}

#[derive(Debug)]
pub(crate) enum Coder {}

impl Agreement {
    pub(crate) fn select(_: &str, settings: &Compression) -> Option<Self> {
        match *settings {}
    }

    pub(crate) fn response(&self) -> String {
        match *self {}
    }
}

impl Coder {
    pub(crate) fn new(settings: &Compression, _: Agreement) -> Self {
        match *settings {}
    }

    pub(crate) fn is_worth(&self, _: usize) -> bool {
        match *self {}
    }

    pub(crate) fn compress(&mut self, _: &[u8]) -> Vec<u8> {
        match *self {}
    }

    pub(crate) fn inflate(&mut self, _: &[u8], _: usize) -> Result<Bytes, Fault> {
        match *self {}
    }
}
