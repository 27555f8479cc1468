//! Extractors, with the traits of `axum-core`. Those of a feature are in its folder.

#[cfg(any(feature = "form", feature = "json"))]
mod body;
mod extension;
#[cfg(feature = "form")]
mod form;
#[cfg(feature = "json")]
mod json;
#[cfg(any(feature = "form", feature = "json", feature = "multipart"))]
pub(crate) mod media_type;
mod params;
mod path;
#[cfg(feature = "form")]
mod query;
mod shutdown;
mod state;
mod stream;
mod tasks;
mod urls;

#[cfg(feature = "json")]
pub use self::json::Json;
pub use self::{
    extension::Extension, path::Path, shutdown::Shutdown, state::State, stream::BodyStream,
};
#[cfg(feature = "form")]
pub use self::{form::Form, query::Query};
