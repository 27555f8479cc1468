//! An argument that is not an extractor.

use squall::{Application, get};

async fn user(id: u32) -> String {
    id.to_string()
}

fn main() {
    let _ = Application::new().route("/{id}", get(user));
}
