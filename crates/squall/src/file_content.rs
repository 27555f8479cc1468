//! Files that the server sends instead of a response's body.

use std::{
    io,
    task::{Context, Poll},
};

use axum_core::{body::Body, response::Response};
use http_body::Body as _;
use squall_server::{FileBody, FilePart, FileResponse};
use squall_static::BodyPart;

/// The content of a response's body, in the response's extensions. It gets to the server only if
/// nothing changes the body: each layer and each service that is not ours removes it.
#[derive(Clone)]
struct FileContent(squall_static::Body);

/// Returns a response of a static file as one of the application.
pub(crate) fn into_response(response: http::Response<squall_static::Body>) -> Response {
    // An empty body needs no allocation.
    if response.body().is_end_stream() {
        return response.map(|_| Body::empty());
    }
    let file = response.body().has_file_parts();
    let file = file.then(|| FileContent(response.body().clone()));
    let mut response = response.map(Body::new);
    if let Some(file) = file {
        response.extensions_mut().insert(file);
    }
    response
}

/// Has the server send the body that the response has, whatever it was before.
pub(crate) fn forget_file<B>(response: &mut http::Response<B>) {
    response.extensions_mut().remove::<FileContent>();
}

/// Has the server send the file of a response, if it still has one.
pub(crate) fn with_file(mut response: Response) -> FileResponse<Body> {
    match response.extensions_mut().remove::<FileContent>() {
        Some(file) => FileResponse::new(response, file),
        None => response.into(),
    }
}

impl FileBody for FileContent {
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<FilePart>>> {
        let part = self.0.poll_part(cx);
        part.map_ok(|part| match part {
            BodyPart::Bytes(bytes) => FilePart::Bytes(bytes),
            BodyPart::File {
                file,
                offset,
                length,
                modified,
            } => FilePart::File {
                file,
                offset,
                length,
                modified: Some(modified),
            },
        })
    }
}

#[cfg(test)]
#[cfg(feature = "compression")]
mod tests {
    use std::fs;

    use axum_core::body::Body;
    use squall_static::StaticFiles;
    use tempfile::{TempDir, tempdir};
    use tower::{ServiceExt, util::MapResponseLayer};

    use super::with_file;
    use crate::{Application, ApplicationService, Response};

    const LENGTH: usize = 300_000;

    fn site() -> (TempDir, Application) {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("large.txt"), vec![b'x'; LENGTH]).unwrap();
        let files = StaticFiles::new(folder.path()).max_cached_file(1000);
        let application = Application::new().static_files(files);
        (folder, application)
    }

    /// Whether the server gets a file with the response.
    async fn has_file(service: ApplicationService, path: &str) -> bool {
        let request = http::Request::get(path).header("accept-encoding", "gzip");
        let request = request.body(Body::empty()).unwrap();
        let response = service.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let response = format!("{:?}", with_file(response));
        assert!(response.contains("has_file: "), "{response}");
        response.contains("has_file: true")
    }

    #[tokio::test]
    async fn server_gets_the_file_only_of_a_body_that_nothing_can_have_changed() {
        let path = "/static/large.txt";
        let layer = || MapResponseLayer::new(|response: Response| response);
        type Change = Box<dyn Fn(Application) -> Application>;
        let cases: [(&str, bool, &str, Change); 5] = [
            ("plain", true, path, Box::new(|app| app)),
            (
                "a layer",
                false,
                path,
                Box::new(move |app| app.layer(layer())),
            ),
            (
                "compressed",
                false,
                path,
                Box::new(|app| app.compress_response(true)),
            ),
            (
                "mounted",
                false,
                "/m/static/large.txt",
                Box::new(|app| Application::new().mount("/m", app.into_service().unwrap())),
            ),
            (
                "a handler that calls the service",
                false,
                "/h",
                Box::new(move |app| {
                    let files = app.into_service().unwrap();
                    let request = move || http::Request::get(path).body(Body::empty()).unwrap();
                    Application::new()
                        .route("/h", crate::get(move || files.clone().oneshot(request())))
                }),
            ),
        ];
        for (case, expected, path, change) in cases {
            let (_folder, application) = site();
            let service = change(application).into_service().unwrap();
            assert!(!has_file(service.clone(), path).await, "{case}: no server");
            let found = has_file(service.sends_files(), path).await;
            assert_eq!(found, expected, "{case}");
        }
    }
}
