//! Listening: accept loops, the runtimes that they run in, and the wait for the last connection.

mod accept;
mod into_listener;
mod listening;
mod socket;

pub use self::{
    into_listener::IntoListener,
    listening::{Listening, runtime},
};
