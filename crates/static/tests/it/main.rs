//! Files over real HTTP: what is sent for which request, and what is never sent.

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
