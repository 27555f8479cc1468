//! Uploads with progress, limits and reasons; the files are downloads, never pages.
//!
//! Run with `cargo run --example upload`, then open <http://127.0.0.1:8888/>. `-- --help` shows the flags.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Parser;
use serde::Serialize;
use squall::{
    Application, Html, Multipart, Page, Redirect, Response, Result, Routes, State, StaticFiles,
    context, get,
    http::{HeaderValue, header},
    post,
};
use tokio::fs;
use tower::util::MapResponseLayer;

/// The directory of the page.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/upload");

/// The size of a file, and of a form with all its files, in bytes.
const FILE_LIMIT: u64 = 50 * 1024 * 1024;
const FORM_LIMIT: u64 = 100 * 1024 * 1024;

/// The fields of a form: ten files and the xsrf token.
const MAX_FIELDS: usize = 11;

/// Uploads with progress, limits and reasons
#[derive(Parser)]
struct Flags {
    /// Listen on this port of 127.0.0.1; 0 selects a free one
    #[arg(long, default_value_t = 8888)]
    port: u16,
    /// Save the files in this directory, which is created
    #[arg(long, value_name = "DIR", default_value = "uploads")]
    directory: PathBuf,
}

/// The directory of the uploads.
type Uploads = State<Arc<Path>>;

/// An uploaded file.
#[derive(Serialize)]
struct Upload {
    name: String,
    size: u64,
}

async fn page(State(directory): Uploads, page: Page) -> Result<Html<String>> {
    let files = list(&directory).await?;
    let values = context! { files, file_limit => FILE_LIMIT, form_limit => FORM_LIMIT };
    page.render("upload.html", values)
}

/// Returns the complete files in the order of their names.
async fn list(directory: &Path) -> io::Result<Vec<Upload>> {
    let mut uploads = Vec::new();
    let mut entries = fs::read_dir(directory).await?;
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name().to_string_lossy().into_owned();
        // A file that is not complete is `.upload-…`.
        if !name.starts_with('.') {
            let size = entry.metadata().await?.len();
            uploads.push(Upload { name, size });
        }
    }
    uploads.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(uploads)
}

/// Saves all files of the form, or none.
async fn upload(State(directory): Uploads, form: Multipart) -> Result<Redirect> {
    let mut form = form.max_fields(MAX_FIELDS).max_file_size(FILE_LIMIT);
    let mut files = Vec::new();
    while let Some(field) = form.next_field().await? {
        // A field without the name of a file is the token, or an input where no file was chosen.
        if let Some(name) = field.safe_file_name() {
            files.push((name, field.save_temp().await?));
        }
    }
    for (name, file) in files {
        file.keep(directory.join(name)).await?;
    }
    Ok(Redirect::see_other("/"))
}

/// Serves the files. An HTML file of a user's would otherwise be a page of this site, with its cookies.
fn downloads(directory: &Path) -> Result<Routes<Arc<Path>>> {
    let attachment = MapResponseLayer::new(|mut response: Response| {
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_DISPOSITION, "attachment"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    });
    let files = StaticFiles::new(directory).build()?;
    Ok(Routes::new().mount("/files", files).layer(attachment))
}

fn main() -> Result<()> {
    let flags = Flags::parse();
    std::fs::create_dir_all(&flags.directory)?;
    let directory: Arc<Path> = flags.directory.into();
    Application::with_state(Arc::clone(&directory))
        .template_path(FOLDER)
        .xsrf_cookies(true)
        .route("/", get(page))
        .route("/upload", post(upload).body_limit(FORM_LIMIT))
        .merge(downloads(&directory)?)
        .listen(("127.0.0.1", flags.port))
}
