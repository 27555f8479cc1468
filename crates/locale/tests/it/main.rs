//! Catalogues good and bad, which locale is closest, the layer, and what Python's own tools make of the same files.

#![expect(
    clippy::unwrap_used,
    reason = "where a helper cannot go on, its test has failed"
)]

mod babel;
mod csv;
mod layer;
mod load;
mod log;
mod lookup;
mod mo;
mod mo_file;
mod python;
