//! The arguments and the content of responses that all peers have in common.
//!
//! A peer is run as `PEER SCENE PORT`, and listens on that port of 127.0.0.1.

#[cfg(feature = "page")]
pub mod page;

use std::{env, net::SocketAddr};

use serde::Serialize;

/// The response to `/`, as `text/plain`.
pub const HELLO: &str = "Hello, world!";

/// The response to `/json`.
#[derive(Debug, Serialize)]
pub struct Message {
    message: &'static str,
}

/// Returns the response to `/json`.
pub fn message() -> Message {
    Message { message: HELLO }
}

/// The directory of the page: `templates`, `translations` and `static`.
pub const SITE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../crates/squall/examples/friendfeed"
);

/// A secret of 64 bytes, for signed cookies.
pub const SECRET: &str = "6f4c2f8e1b5d4a7c9e0f3b6a8d2c5e7f1a4b7c0d3e6f9a2b5c8d1e4f7a0b3c6d";

/// The content that a peer serves.
#[derive(Clone, Copy, Debug)]
pub enum Scene {
    /// `/`, `/json`, `/users/{id}`, which returns the number as text, and `/length`, which returns that of the request's body.
    App,
    /// `/` over HTTP/2 with prior knowledge.
    Http2,
    /// The same as `App` with this many workers.
    Workers(usize),
    /// This many routes `/r0/{id}`, `/r1/{id}` and so on, which return the number as text.
    Routes(usize),
    /// The files of the working directory's `static`, under `/static/`.
    Files,
    /// The home page of [`SITE`], and `/sign-in`, which signs the cookie of its user.
    Page,
}

/// Returns the scene and the address to listen on.
///
/// # Panics
///
/// If the arguments are wrong: only the bench passes them.
pub fn arguments() -> (Scene, SocketAddr) {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [scene, port] = arguments.as_slice() else {
        panic!("PEER SCENE PORT, not {arguments:?}");
    };
    let (scene, count) = scene.split_once(':').unwrap_or((scene, "0"));
    let count = count.parse().expect("a count follows the colon");
    let scene = match scene {
        "app" => Scene::App,
        "http2" => Scene::Http2,
        "workers" => Scene::Workers(count),
        "routes" => Scene::Routes(count),
        "files" => Scene::Files,
        "page" => Scene::Page,
        _ => panic!("there is no scene {scene}"),
    };
    let port: u16 = port.parse().expect("a port is a number");
    (scene, ([127, 0, 0, 1], port).into())
}
