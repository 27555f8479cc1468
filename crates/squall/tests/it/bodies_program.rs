//! A program for the tests of bodies: a route for each extractor, with small limits; built as an example.
//!
//! Its argument is the directory that uploads are written to.

use std::{collections::BTreeMap, env, path::PathBuf, time::Duration};

use squall::{
    Application, BodyStream, Form, Json, Limits, Multipart, Path, Query, Server, State, get,
    http::StatusCode, post, put,
};

/// The limit of every body but that of `/large`, in bytes.
const LIMIT: u64 = 64 * 1024;

#[derive(serde::Deserialize)]
struct Person {
    name: String,
    age: u8,
}

fn main() -> squall::Result<()> {
    let directory = PathBuf::from(env::args().nth(1).expect("a directory"));
    let app = Application::with_state(directory)
        .xsrf_cookies(true)
        .merge(routes().without_xsrf())
        .route("/guarded", post(files))
        .route("/token", get(async |xsrf: squall::Xsrf| xsrf.xsrf_token()));
    let limits = Limits::default()
        .max_body_size(LIMIT)
        .body_timeout(Duration::from_millis(500));
    Server::new(app)
        .limits(limits)
        .bind("127.0.0.1:0")?
        .start(1)
}

fn routes() -> squall::Routes<PathBuf> {
    squall::Routes::new()
        .route("/path/{id}", get(async |Path(id): Path<u8>| id.to_string()))
        .route(
            "/query",
            get(async |Query(person): Query<Person>| shown(&person)),
        )
        .route(
            "/json",
            post(async |Json(person): Json<Person>| shown(&person)),
        )
        .route(
            "/form",
            post(async |Form(person): Form<Person>| shown(&person)),
        )
        .route(
            "/map",
            post(async |Form(map): Form<BTreeMap<String, String>>| map.len().to_string()),
        )
        .route("/text", post(async |text: String| text.len().to_string()))
        .route(
            "/bytes",
            post(async |bytes: axum::body::Bytes| bytes.len().to_string()),
        )
        .route("/files", post(files))
        .route("/memory", post(memory))
        .route("/temporary", post(temporary))
        .route("/limited", post(limited))
        .route("/ignored", post(async |_: Multipart| "ignored"))
        .route("/stream/{name}", put(stream))
        .route("/large/{name}", put(stream).body_limit(16 * 1024 * 1024))
        .route("/large", post(files).body_limit(16 * 1024 * 1024))
}

fn shown(person: &Person) -> String {
    format!("{} {}", person.name, person.age)
}

/// Saves the files of a form, and responds with a line for each field.
async fn files(State(directory): State<PathBuf>, mut form: Multipart) -> squall::Result<String> {
    let mut lines = String::new();
    while let Some(field) = form.next_field().await? {
        let name = field.name().to_owned();
        let media_type = field.content_type().unwrap_or("-").to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let line = match (file_name, field.safe_file_name()) {
            (Some(sent), Some(safe)) => {
                let size = field.save_to(directory.join(&safe)).await?;
                format!("{name}: {sent:?} as {safe:?}, {media_type}, {size} bytes\n")
            }
            (Some(sent), None) => format!("{name}: {sent:?} is skipped\n"),
            (None, _) => format!("{name} = {:?}\n", field.text().await?),
        };
        lines.push_str(&line);
    }
    Ok(lines)
}

/// Reads a form into memory, chunk by chunk and as a whole.
async fn memory(mut form: Multipart) -> squall::Result<String> {
    let mut length = 0;
    while let Some(mut field) = form.next_field().await? {
        if let Some(chunk) = field.chunk().await? {
            length += chunk.len();
        }
        length += field.bytes().await?.len();
    }
    Ok(length.to_string())
}

/// Keeps the first file of a form, after its end.
async fn temporary(
    State(directory): State<PathBuf>,
    mut form: Multipart,
) -> squall::Result<String> {
    let mut files = Vec::new();
    while let Some(field) = form.next_field().await? {
        files.push(field.save_temp().await?);
    }
    let Some(first) = files.drain(..).next() else {
        let reason = "expected a file";
        return Err(squall::Error::refusal(StatusCode::BAD_REQUEST, reason));
    };
    let size = first.size();
    first.keep(directory.join("kept")).await?;
    Ok(size.to_string())
}

/// Reads a form with limits of its own, and leaves most of it to be skipped.
async fn limited(form: Multipart) -> squall::Result<String> {
    let mut form = form.max_fields(3).max_field_size(100).max_file_size(1000);
    let mut count = 0;
    while let Some(field) = form.next_field().await? {
        if field.name() == "small" {
            field.max_size(10).bytes().await?;
        }
        count += 1;
    }
    Ok(count.to_string())
}

async fn stream(
    State(directory): State<PathBuf>,
    Path(name): Path<String>,
    body: BodyStream,
) -> squall::Result<String> {
    let size = body.save_to(directory.join(name)).await?;
    Ok(size.to_string())
}
