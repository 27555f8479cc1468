//! Addresses to listen on, bind options, sockets passed in, and unix socket files.
//!
//! A server that reads `--listen 127.0.0.1:8888`, `8888` or `unix:/run/app.sock` needs more than
//! `TcpListener::bind`: IPv4 and IPv6 on one port, a backlog, `SO_REUSEPORT` for its threads or
//! processes without hiding a second copy of the program, a stale unix socket that is replaced and
//! a live one that is not, the permissions of that file, and sockets that systemd passes in. This
//! crate does these, with blocking sockets of the standard library, for any runtime or none.
//!
//! ```
//! use std::{io::{Read, Write}, net::TcpStream};
//! use squall_listen::{Bind, ListenError, ListenerSocket};
//!
//! let listener = Bind::new("127.0.0.1:0").backlog(128).listen()?.remove(0);
//! let address = listener.address().tcp().expect("TCP was bound");
//!
//! let mut client = TcpStream::connect(address)?;
//! let ListenerSocket::Tcp(socket) = listener.socket() else {
//!     panic!("TCP was bound");
//! };
//! socket.accept()?.0.write_all(b"hello")?;
//! let mut text = String::new();
//! client.read_to_string(&mut text)?;
//! assert_eq!(text, "hello");
//!
//! let error = Bind::from(address).listen().unwrap_err();
//! assert!(error.is_address_in_use());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # From text to a socket
//!
//! [`Bind`] is an address with its options. [`Bind::listen`] is the short way to [`Listener`]s.
//! [`Endpoint::plan`] and [`Endpoint::reserve`] are the long one: they take all addresses of a
//! program together, so that each is free before any listens, and `[::]:80` and `0.0.0.0:80` can
//! both be bound. An [`Endpoint`] then makes one socket, or one for each thread or process.
//!
//! [`inherited`] takes the sockets that systemd or a supervisor passes in (`LISTEN_FDS`).
//!
//! # The file of a unix socket
//!
//! It is removed when the last [`Listener`] of the process that made it is dropped, unless another
//! process has bound the path since. The file of a socket that was passed in stays.
//!
//! # Systems
//!
//! Linux, macOS and the BSDs have all of it. Windows has TCP; there a unix address is an
//! [`AddressError`].
//!
//! # What it does not do
//!
//! It does not accept connections, has no asynchronous type, and does not read the authority of an
//! HTTP request: `example.org` without a port is no address to listen on.

mod address;
mod address_error;
mod bind;
mod endpoint;
mod error;
mod inherited;
mod listener;
mod system;

pub use address::Address;
pub use address_error::AddressError;
pub use bind::Bind;
pub use endpoint::Endpoint;
pub use error::ListenError;
pub use inherited::{Inherited, inherited};
pub use listener::{Listener, ListenerSocket};
pub use system::{SocketFile, UnixListener};
