//! The control socket: a unix socket, one JSON object a line each way.
//!
//! | request | response |
//! |---|---|
//! | `{"do":"status"}` | `{"ok":true,"status":{…}}`, a [`Status`](crate::Status) |
//! | `{"do":"reload"}` | at its end: `{"ok":true,"generation":3}` or `{"ok":false,"error":"…"}` |
//! | `{"do":"upgrade"}` | the same; then the supervisor is replaced, and the connection closed |
//! | `{"do":"scale","processes":4}` | `{"ok":true}`, at once |
//! | `{"do":"stop"}` | `{"ok":true}`, at once; the connection closes when the supervisor is gone |
//!
//! The socket has mode 0600, so only its owner and root can connect; by default it lies in a
//! directory of mode 0700. A line that is no request is answered with `{"ok":false,"error":"…"}`. A
//! socket that was deleted is bound again within a second; connections are not affected.

mod client;
mod find;
mod protocol;
mod server;

pub use client::Client;
pub use find::{find, find_in, find_process};
pub(crate) use protocol::{Request, Response};
pub(crate) use server::{Identity, PendingRequest, Server};
