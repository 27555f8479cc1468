//! A handler extracts state that the application does not have.

use squall::{Application, State, get};

#[derive(Clone)]
struct Pool;

async fn home(State(_): State<Pool>) -> &'static str {
    "home"
}

fn main() {
    let _ = Application::new().route("/", get(home));
}
