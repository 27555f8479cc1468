//! Shared by the fuzz targets: a small tree of files, served without sockets and without a runtime.
//!
//! The targets call the public service, so that they cover the code that handles requests. Run one
//! with `RUSTC_BOOTSTRAP=1 cargo fuzz run static_path -s none`, from the repository's root.

use std::{
    fs,
    path::Path,
    pin::{Pin, pin},
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri};
use http_body::Body;
use squall_static::{ServeStatic, StaticFiles};
use tempfile::TempDir;
use tower_service::Service;

/// The content of `data.txt`.
pub static DATA: LazyLock<String> =
    LazyLock::new(|| (0..200).map(|number| format!("{number:04}\n")).collect());

static SITE: LazyLock<(TempDir, ServeStatic)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let root = folder.path().join("root");
    let write = |path: &str, content: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a directory");
        fs::write(path, content).expect("a file");
    };
    for name in [
        "a",
        "dir/index.html",
        "dir/b.txt",
        "dir/dir/c",
        "nul",
        "c:",
        "e ",
        "f.",
    ] {
        write(&format!("root/{name}"), "inside");
    }
    for name in [
        "outside",
        "root-secret/a",
        "root/.hidden",
        "root/dir/.hidden",
    ] {
        write(name, "secret");
    }
    write("root/data.txt", &DATA);
    write("root/style.css", "identity");
    write("root/style.css.br", "br");
    write("root/style.css.zst", "zstd");
    write("root/style.css.gz", "gzip");
    let service = StaticFiles::new(root)
        .listing(true)
        .build()
        .expect("good settings");
    (folder, service)
});

/// Returns the response to a GET request, with its whole body.
pub fn get(uri: Uri, header: Option<(HeaderName, HeaderValue)>) -> Response<Vec<u8>> {
    let mut request = Request::new(());
    *request.uri_mut() = uri;
    request
        .headers_mut()
        .extend(header.into_iter().collect::<HeaderMap>());
    let mut service = SITE.1.clone();
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut context) else {
        panic!("without a runtime nothing has to be waited for");
    };
    let (head, mut body) = response.into_parts();
    let mut content = Vec::new();
    while let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut context) {
        let data = frame.expect("the files do not change").into_data();
        content.extend_from_slice(&data.expect("there are no trailers"));
    }
    if head.status == StatusCode::OK || head.status == StatusCode::PARTIAL_CONTENT {
        let length = head.headers["content-length"]
            .to_str()
            .expect("it is a number");
        assert_eq!(length, content.len().to_string());
    }
    Response::from_parts(head, content)
}
