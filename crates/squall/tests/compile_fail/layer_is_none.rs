//! A layer that is not one.

use squall::{Application, get};

struct Compress;

fn main() {
    let _ = Application::new().route("/", get(async || "home").layer(Compress));
}
