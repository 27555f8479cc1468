//! TLS: settings, certificates from files that are read again when they change, and the handshake.

mod acceptor;
mod certificates;
mod error;
mod files;
mod info;
mod reload;
mod settings;
mod stream;

pub(crate) use self::{
    acceptor::TlsAcceptor,
    stream::{TlsStream, socket_of},
};
pub use self::{
    error::TlsError,
    info::TlsInfo,
    settings::{ClientCertificates, Tls},
};
