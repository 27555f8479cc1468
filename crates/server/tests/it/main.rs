//! What the server does on real sockets, seen by a client that sends exactly the bytes it is told to.

mod app;
mod framing;
mod harness;
mod limits;
