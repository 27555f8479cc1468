//! A handler that returns something else than a response.

use squall::{Application, get};

struct User;

async fn user() -> User {
    User
}

fn main() {
    let _ = Application::new().route("/", get(user));
}
