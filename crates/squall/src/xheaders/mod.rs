//! Client address and scheme behind proxies, with the feature `xheaders`.

#[cfg(not(feature = "xheaders"))]
mod disabled;
#[cfg(feature = "xheaders")]
mod enabled;

use std::net::IpAddr;

#[cfg(any(feature = "cookies", feature = "debug", feature = "xsrf"))]
use http::Extensions;
#[cfg(any(feature = "cookies", feature = "debug", feature = "xsrf"))]
use squall_server::ConnectionInfo;

#[cfg(all(not(feature = "xheaders"), feature = "server"))]
pub(crate) use self::disabled::Settings;
#[cfg(all(not(feature = "xheaders"), any(feature = "cookies", feature = "xsrf")))]
pub(crate) use self::disabled::is_https;
#[cfg(not(feature = "xheaders"))]
pub(crate) use self::disabled::logged_client;
#[cfg(feature = "xheaders")]
pub use self::enabled::Client;
#[cfg(all(feature = "xheaders", feature = "server"))]
pub(crate) use self::enabled::Settings;
#[cfg(all(feature = "xheaders", any(feature = "cookies", feature = "xsrf")))]
pub(crate) use self::enabled::is_https;
#[cfg(feature = "xheaders")]
pub(crate) use self::enabled::logged_client;

/// Returns the origin of this site as the request's client has it, such as `https://example.com`.
#[cfg(feature = "websocket")]
pub(crate) fn own_origin(request: &http::request::Parts) -> Option<String> {
    #[cfg(feature = "xheaders")]
    let origin = enabled::client(request).origin();
    #[cfg(not(feature = "xheaders"))]
    let origin = {
        let _ = request;
        None
    };
    origin
}

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
#[cfg(feature = "debug")]
pub(crate) fn peer_ip(extensions: &Extensions) -> Option<IpAddr> {
    let connection = extensions.get::<ConnectionInfo>()?;
    Some(connection.peer().tcp()?.ip())
}

/// Whether the connection itself is encrypted.
#[cfg(any(feature = "cookies", feature = "xsrf"))]
fn is_encrypted(extensions: &Extensions) -> bool {
    let connection = extensions.get::<ConnectionInfo>();
    connection.is_some_and(ConnectionInfo::is_encrypted)
}
