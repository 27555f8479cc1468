//! Runs the function against a Runtime API, and compares it with squall's own server.

mod bad_events;
mod bodies;
mod events;
mod lean;
mod native;
mod stages;
mod table;
