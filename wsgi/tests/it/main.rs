//! The tests of squall-wsgi: a table of requests in real WSGI servers, beside squall's own server; streams, forks and
//! mounts. The modules that decide on text are tested here too: a test program cannot link with Python.

#[path = "../../src/environ/address.rs"]
mod address;
#[path = "../../src/environ/body_length.rs"]
mod body_length;
mod containers;
#[path = "../../src/environ/header.rs"]
mod header;
mod lean;
mod mounted;
mod processes;
mod python;
mod streams;
mod table;
#[path = "../../src/environ/target.rs"]
mod target;
