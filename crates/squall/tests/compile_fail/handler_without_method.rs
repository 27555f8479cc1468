//! A handler as the target of a route, without `get` or another method.

use squall::Application;

async fn home() -> &'static str {
    "home"
}

fn main() {
    let _ = Application::new().route("/", home);
}
