//! Live reload in the browser: a layer, its script, and the event stream between them.

mod allowed;
mod body;
mod changes;
mod events;
mod inject;
mod layer;
mod settings;

pub use body::LiveBody;
pub use layer::{LiveReloadLayer, LiveReloadService, ResponseFuture};
pub use settings::LiveReload;
