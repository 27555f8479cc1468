//! Tornado's demo `file_upload`: receives forms with files by POST, and single files by PUT. Run with
//! `cargo run --bin file_upload`.

use clap::Parser;
use squall::{Application, BodyStream, Multipart, Path, http::HeaderMap, post, put, regex};
use tracing::info;

#[derive(Parser)]
struct Options {
    /// Run on the given port
    #[arg(long, default_value_t = 8888)]
    port: u16,
}

async fn post_form(mut form: Multipart) -> squall::Result<&'static str> {
    while let Some(mut field) = form.next_field().await? {
        let mut bytes = 0;
        while let Some(chunk) = field.chunk().await? {
            bytes += chunk.len();
        }
        if let Some(filename) = field.file_name() {
            let media_type = field.content_type();
            info!("POST {filename:?} {media_type:?} {bytes} bytes");
        }
    }
    Ok("OK")
}

async fn put_file(
    Path(filename): Path<String>,
    headers: HeaderMap,
    mut body: BodyStream,
) -> squall::Result<&'static str> {
    let mut bytes = 0;
    while let Some(chunk) = body.chunk().await? {
        bytes += chunk.len();
    }
    let media_type = headers.get("content-type");
    info!("PUT {filename:?} {media_type:?} {bytes} bytes");
    Ok("OK")
}

fn main() -> squall::Result<()> {
    Application::new()
        .route("/post", post(post_form))
        .route(regex("/(.*)"), put(put_file))
        .listen(Options::parse().port)
}
