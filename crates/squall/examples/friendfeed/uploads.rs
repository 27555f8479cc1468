//! Uploads: by a form, and by `PUT`, both streamed to a directory.

use std::{
    io,
    path::{Path as FilePath, PathBuf},
};

use serde::Serialize;
use squall::{
    BodyStream, Error, Html, Multipart, Page, Path, Redirect, State, Urls, context,
    http::StatusCode, safe_file_name,
};
use tokio::fs;

/// The size of a form with all its files, and of a file by `PUT`, in bytes; nginx.conf has the larger one.
pub(crate) const FORM_LIMIT: u64 = 10 * 1024 * 1024;
pub(crate) const FILE_LIMIT: u64 = 50 * 1024 * 1024;

/// The directory of the uploads, if there is one.
#[derive(Clone)]
pub(crate) struct Uploads(Option<PathBuf>);

/// An uploaded file.
#[derive(Serialize)]
struct Upload {
    name: String,
    size: u64,
}

impl Uploads {
    /// Creates the directory.
    pub(crate) fn new(directory: Option<PathBuf>) -> io::Result<Self> {
        if let Some(directory) = &directory {
            std::fs::create_dir_all(directory)?;
        }
        Ok(Self(directory))
    }

    fn directory(&self) -> squall::Result<&FilePath> {
        let off = || {
            let reason = "uploads are off: start with --uploads DIR";
            Error::refusal(StatusCode::NOT_FOUND, reason)
        };
        self.0.as_deref().ok_or_else(off)
    }

    /// Returns the complete files in the order of their names.
    async fn list(&self) -> squall::Result<Vec<Upload>> {
        let mut uploads = Vec::new();
        let mut entries = fs::read_dir(self.directory()?).await?;
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                let size = entry.metadata().await?.len();
                uploads.push(Upload { name, size });
            }
        }
        uploads.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(uploads)
    }
}

pub(crate) async fn page(
    State(uploads): State<Uploads>,
    page: Page,
) -> squall::Result<Html<String>> {
    let files = uploads.list().await?;
    page.render("upload.html", context! { files })
}

/// Saves the files of the form. The other fields, such as the xsrf token, are skipped.
pub(crate) async fn upload(
    State(uploads): State<Uploads>,
    urls: Urls,
    mut form: Multipart,
) -> squall::Result<Redirect> {
    let directory = uploads.directory()?;
    while let Some(field) = form.next_field().await? {
        if let Some(name) = field.safe_file_name() {
            field.save_to(directory.join(name)).await?;
        }
    }
    Ok(Redirect::see_other(urls.reverse_url("upload", [""; 0])?))
}

/// Saves the body of the request.
pub(crate) async fn put(
    State(uploads): State<Uploads>,
    Path(name): Path<String>,
    body: BodyStream,
) -> squall::Result<StatusCode> {
    let directory = uploads.directory()?;
    if safe_file_name(&name).as_ref() != Some(&name) {
        let reason = "expected the name of a file, without directories";
        return Err(Error::refusal(StatusCode::BAD_REQUEST, reason).with_field("name"));
    }
    body.save_to(directory.join(name)).await?;
    Ok(StatusCode::CREATED)
}
