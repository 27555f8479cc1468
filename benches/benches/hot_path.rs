//! Cost of a request in process, without a socket: through squall's application, through
//! axum's router, and in a bare `service_fn` that makes the same response.
//!
//! Every call is checked to answer 200. Making the request is not measured; dropping the response is.

use std::{
    convert::Infallible,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use squall::{
    Application, Body, IntoResponse, Request, Response,
    http::{StatusCode, header},
};
use tower::{Service, service_fn};

/// Measures how long a route of fixed text takes to answer with a static text.
fn static_route(criterion: &mut Criterion) {
    let bare = service_fn(async |_| Ok("Hello, world!".into_response()));
    let squall = Application::new().route("/", squall::get(async || "Hello, world!"));
    let axum = axum::Router::new().route("/", axum::routing::get(async || "Hello, world!"));
    compare(criterion, "static_route", "/", bare, squall, axum);
}

/// Measures how long a route with one parameter takes to read a number and to answer with it.
fn parameter(criterion: &mut Criterion) {
    async fn in_squall(squall::Path(id): squall::Path<u32>) -> String {
        id.to_string()
    }
    async fn in_axum(axum::extract::Path(id): axum::extract::Path<u32>) -> String {
        id.to_string()
    }
    let bare = service_fn(async |_| Ok(black_box(7_u32).to_string().into_response()));
    let squall = Application::new().route("/users/{id}", squall::get(in_squall));
    let axum = axum::Router::new().route("/users/{id}", axum::routing::get(in_axum));
    compare(criterion, "parameter", "/users/7", bare, squall, axum);
}

/// Measures how long a handler takes that counts in the application's state.
fn state(criterion: &mut Criterion) {
    type Visits = Arc<AtomicU64>;
    fn count(visits: &Visits) -> StatusCode {
        visits.fetch_add(1, Ordering::Relaxed);
        StatusCode::OK
    }
    let visits = Visits::default();
    let counted = Arc::clone(&visits);
    let bare = service_fn(move |_| {
        let visits = Arc::clone(&counted);
        async move { Ok(count(&visits).into_response()) }
    });
    let squall = Application::with_state(Arc::clone(&visits)).route(
        "/",
        squall::get(async |squall::State(visits): squall::State<Visits>| count(&visits)),
    );
    let axum = axum::Router::new()
        .route(
            "/",
            axum::routing::get(
                async |axum::extract::State(visits): axum::extract::State<Visits>| count(&visits),
            ),
        )
        .with_state(visits);
    compare(criterion, "state", "/", bare, squall, axum);
}

fn compare<S: Clone + Send + Sync + 'static>(
    criterion: &mut Criterion,
    name: &str,
    path: &str,
    mut bare: impl Service<Request, Response = Response, Error = Infallible>,
    squall: Application<S>,
    mut axum: axum::Router,
) {
    let squall = squall.access_log(false).into_service();
    let mut squall = squall.expect("the routes do not conflict");
    let mut group = criterion.benchmark_group(format!("hot_path/{name}"));
    group.bench_function("service_fn", |bencher| {
        bencher.iter_batched(
            || request(path),
            |request| call(&mut bare, request),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("squall", |bencher| {
        bencher.iter_batched(
            || request(path),
            |request| call(&mut squall, request),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("axum", |bencher| {
        bencher.iter_batched(
            || request(path),
            |request| call(&mut axum, request),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn request(path: &str) -> Request {
    Request::get(path)
        .header(header::HOST, "localhost:8888")
        .body(Body::empty())
        .expect("a valid request")
}

/// All three are always ready, and answer without waiting for anything.
fn call(
    service: &mut impl Service<Request, Response = Response, Error = Infallible>,
    request: Request,
) {
    let answer = service.call(request).now_or_never();
    let Ok(response) = answer.expect("it waits for nothing");
    assert_eq!(response.status(), StatusCode::OK);
}

criterion_group!(benches, static_route, parameter, state);
criterion_main!(benches);
