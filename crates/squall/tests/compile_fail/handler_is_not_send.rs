//! A handler that keeps a value that is not `Send` across an await.

use std::rc::Rc;

use squall::{Application, get};

async fn home() -> String {
    let text = Rc::new("home");
    std::future::ready(()).await;
    text.to_string()
}

fn main() {
    let _ = Application::new().route("/", get(home));
}
