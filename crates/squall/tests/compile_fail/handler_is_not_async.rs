//! A handler that is not async.

use squall::{Application, get};

fn home() -> &'static str {
    "home"
}

fn main() {
    let _ = Application::new().route("/", get(home));
}
