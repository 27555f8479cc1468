//! An extractor of the body before another argument.

use squall::{Application, Json, Urls, post};

async fn save(_: Json<u32>, _: Urls) -> &'static str {
    "saved"
}

fn main() {
    let _ = Application::new().route("/", post(save));
}
