//! Integration tests: valid and invalid catalogues, locale lookup, the layer, and comparison with
//! Python's tools.

#![expect(clippy::unwrap_used, reason = "a panic in a helper fails its test")]

mod babel;
mod csv;
mod layer;
mod load;
mod log;
mod lookup;
mod mo;
mod mo_file;
mod python;
