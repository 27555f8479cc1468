//! Files over real HTTP: what is sent for which request, and what is never sent.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod build;
mod config;
mod directories;
mod encodings;
mod escapes;
mod great;
mod memory;
mod methods;
mod nginx;
mod paths;
mod preconditions;
mod ranges;
mod replacing;
mod site;
mod transcript;
mod urls;
mod versions;
