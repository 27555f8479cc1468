//! Client address and scheme behind proxies, with the feature `xheaders`.

#[cfg(not(feature = "xheaders"))]
mod disabled;
#[cfg(feature = "xheaders")]
mod enabled;

use std::net::IpAddr;

use http::Extensions;
use squall_server::ConnectionInfo;

#[cfg(not(feature = "xheaders"))]
pub(crate) use self::disabled::{Settings, is_https, logged_client};
#[cfg(feature = "xheaders")]
pub use self::enabled::Client;
#[cfg(feature = "xheaders")]
pub(crate) use self::enabled::{Settings, is_https, logged_client};

/// The client's address for the access log, where forwarding headers have replaced the peer's.
#[cfg_attr(
    not(feature = "xheaders"),
    expect(dead_code, reason = "only forwarding headers make one")
)]
#[derive(Clone, Copy)]
pub(crate) enum LoggedClient {
    Ip(IpAddr),
    /// The headers contradict each other, or hide the address.
    Unknown,
}

/// Returns the address of the connection's peer; ignores forwarding headers.
pub(crate) fn peer_ip(extensions: &Extensions) -> Option<IpAddr> {
    let connection = extensions.get::<ConnectionInfo>()?;
    Some(connection.peer().tcp()?.ip())
}

/// Whether the connection itself is encrypted.
fn is_encrypted(extensions: &Extensions) -> bool {
    let connection = extensions.get::<ConnectionInfo>();
    connection.is_some_and(ConnectionInfo::is_encrypted)
}
