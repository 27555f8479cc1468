//! A row of a database without `Serialize` in `context!`.

use squall::{Html, Page, context};

struct Message {
    _text: String,
}

async fn home(page: Page) -> squall::Result<Html<String>> {
    let messages: Vec<Message> = Vec::new();
    page.render("home.html", context! { messages, title => "Home" })
}

fn main() {
    let _ = squall::Application::new().route("/", squall::get(home));
}
