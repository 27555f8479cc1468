//! A site that runs as a function of AWS Lambda, and what it takes to run it there.

pub mod adapter;
mod site;

pub use site::site;
