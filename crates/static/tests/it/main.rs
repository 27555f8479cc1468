//! Integration tests over HTTP.

#![expect(clippy::unwrap_used, reason = "a panic in a helper fails its test")]

mod build;
mod clock;
mod config;
mod directories;
mod encodings;
mod escapes;
mod memory;
mod methods;
mod missing;
mod nginx;
mod parts;
mod paths;
mod preconditions;
mod ranges;
mod replacing;
mod siblings;
mod site;
mod transcript;
mod uncached;
mod urls;
mod versions;
