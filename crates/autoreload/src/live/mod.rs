//! The browser's side: a layer, its script, and the events between them.

mod allowed;
mod body;
mod events;
mod inject;
mod layer;

pub use body::LiveBody;
pub use layer::{LiveReload, LiveReloadLayer, LiveReloadService, ResponseFuture};
