//! The guide, in the order of Tornado's: its pages are Markdown in `docs/`, shown and tested here.

#[doc = include_str!("../docs/templates.md")]
pub mod templates {}

#[doc = include_str!("../docs/forms-and-uploads.md")]
pub mod forms_and_uploads {}

#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/security.md")]
pub mod security {}

#[doc = include_str!("../docs/running.md")]
pub mod running {}

#[doc = include_str!("../docs/processes.md")]
pub mod processes {}

#[doc = include_str!("../docs/load-balancer.md")]
pub mod load_balancer {}

#[doc = include_str!("../docs/deploying.md")]
pub mod deploying {}

#[doc = include_str!("../docs/static-files.md")]
pub mod static_files {}

#[doc = include_str!("../docs/events-and-tasks.md")]
pub mod events_and_tasks {}

#[doc = include_str!("../docs/websockets.md")]
pub mod websockets {}

#[doc = include_str!("../docs/debug.md")]
pub mod debug {}

#[doc = include_str!("../docs/defaults.md")]
pub mod defaults {}
