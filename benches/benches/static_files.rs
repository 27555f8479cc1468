//! Cost of a static file in process, without a socket: `squall-static` from memory, and
//! tower-http's `ServeDir`, which reads the file each time.
//!
//! Every answer is read to its end and checked. Making the request is not measured.

use std::{fs, time::Duration};

use axum::body::{Body, Bytes};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use squall_static::StaticFiles;
use tokio::runtime::Runtime;
use tower::{Service, ServiceExt};
use tower_http::services::ServeDir;

/// Measures how long a file of 1 KiB takes.
fn kilobyte(criterion: &mut Criterion) {
    compare(criterion, "1KiB", 1024, StatusCode::OK, |request, _| {
        request
    });
}

/// Measures how long a file of 100 KiB takes.
fn hundred_kilobytes(criterion: &mut Criterion) {
    compare(
        criterion,
        "100KiB",
        100 * 1024,
        StatusCode::OK,
        |request, _| request,
    );
}

/// Measures how long a 304 for a file of 1 KiB takes.
fn not_modified(criterion: &mut Criterion) {
    compare(
        criterion,
        "304",
        1024,
        StatusCode::NOT_MODIFIED,
        |request, tag| request.header(header::IF_NONE_MATCH, tag),
    );
}

/// Measures how long a part of 100 bytes takes of a file of 1 KiB.
fn range(criterion: &mut Criterion) {
    compare(
        criterion,
        "range",
        1024,
        StatusCode::PARTIAL_CONTENT,
        |request, _| request.header(header::RANGE, "bytes=100-199"),
    );
}

type Ask = fn(http::request::Builder, &str) -> http::request::Builder;

fn compare(criterion: &mut Criterion, name: &str, length: usize, status: StatusCode, ask: Ask) {
    let folder = testkit::temp_dir();
    fs::write(folder.path().join("file.txt"), vec![b'x'; length]).expect("a file");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let files = StaticFiles::new(folder.path())
        .build()
        .expect("good settings");
    testkit::wait_until("the file is cached", || {
        runtime.block_on(answer(
            &files,
            get().body(Body::empty()).expect("a request"),
        ));
        files.cached() > 0
    });
    let mut group = criterion.benchmark_group(format!("static_files/{name}"));
    group.measurement_time(Duration::from_secs(3));
    group.bench_function("squall", |bencher| {
        bench(bencher, &runtime, &files, status, ask);
    });
    let files = ServeDir::new(folder.path());
    group.bench_function("ServeDir", |bencher| {
        bench(bencher, &runtime, &files, status, ask);
    });
    group.finish();
}

fn bench<S, B>(
    bencher: &mut criterion::Bencher<'_>,
    runtime: &Runtime,
    files: &S,
    status: StatusCode,
    ask: Ask,
) where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    B: http_body::Body<Data = Bytes>,
{
    let (head, _) = runtime.block_on(answer(files, get().body(Body::empty()).expect("a request")));
    let tag = head
        .headers
        .get(header::ETAG)
        .and_then(|tag| tag.to_str().ok());
    let tag = tag.expect("both have tags").to_owned();
    bencher.iter_batched(
        || ask(get(), &tag).body(Body::empty()).expect("a request"),
        |request| {
            let (head, length) = runtime.block_on(answer(files, request));
            assert_eq!(head.status, status);
            length
        },
        BatchSize::SmallInput,
    );
}

fn get() -> http::request::Builder {
    Request::get("/file.txt")
        .header(header::HOST, "localhost:8888")
        .header(header::ACCEPT_ENCODING, "gzip, deflate, br, zstd")
}

async fn answer<S, B>(files: &S, request: Request<Body>) -> (http::response::Parts, usize)
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    B: http_body::Body<Data = Bytes>,
{
    let response = files.clone().oneshot(request).await;
    let (head, body) = response
        .unwrap_or_else(|_| unreachable!("neither fails"))
        .into_parts();
    let mut body = std::pin::pin!(body);
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.unwrap_or_else(|_| unreachable!("the file stays as it is"));
        length += frame.data_ref().map_or(0, Bytes::len);
    }
    (head, length)
}

criterion_group!(benches, kilobyte, hundred_kilobytes, not_modified, range);
criterion_main!(benches);
