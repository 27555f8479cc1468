//! Stand-in for `tls` without a server: no connection has results of a handshake.

#[derive(Clone, Debug)]
pub(crate) enum TlsInfo {}
