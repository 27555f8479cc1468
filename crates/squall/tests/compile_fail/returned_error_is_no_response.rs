//! A handler whose error is not a response.

use squall::{Application, get};

async fn read() -> Result<String, std::io::Error> {
    std::fs::read_to_string("text")
}

fn main() {
    let _ = Application::new().route("/", get(read));
}
