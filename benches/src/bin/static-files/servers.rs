//! The servers that are compared, all with one thread that does the work.

use std::{
    collections::HashMap,
    convert::Infallible,
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::process::CommandExt,
    process::Command,
};

use benches::{Result, bare, bare::current_thread, find, listen};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::service::TowerToHyperService;
use squall_static::{ServeStatic, StaticFiles};
use tower_http::services::ServeDir;

use crate::FOLDER;

type Serve = fn() -> Result<()>;

/// The first one is what the others are compared with.
pub(crate) const SERVERS: &[(&str, Serve)] = &[
    ("nginx", nginx),
    ("bare-hyper", bare_hyper),
    ("bare-hyper-vectored", bare_hyper_vectored),
    ("static-on-hyper", static_on_hyper),
    ("static-on-server", static_on_server),
    ("squall", squall),
    ("axum-ServeDir", axum_serve_dir),
    ("actix-files", actix_files),
];

/// As its guide to serving files has it. Without a master, it is this process.
fn nginx() -> Result<()> {
    let here = env::current_dir()?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, testkit::free_port()));
    let here = here.display();
    let settings = format!(
        "daemon off; master_process off; user root; pid {here}/pid; error_log /dev/null;
         events {{ worker_connections 1024; }}
         http {{
             access_log off;
             types {{ text/plain txt; }}
             sendfile on; tcp_nopush on; open_file_cache max=1000;
             keepalive_requests 1000000000;
             client_body_temp_path {here}/body; proxy_temp_path {here}/proxy;
             fastcgi_temp_path {here}/fastcgi; uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
             server {{ listen {address}; root {here}; }}
         }}"
    );
    fs::write("nginx.conf", settings)?;
    println!("{address}");
    let error = Command::new(find("nginx")?)
        .args(["-p", &here.to_string(), "-c", "nginx.conf"])
        .exec();
    Err(error.into())
}

/// The floor for small files.
fn bare_hyper() -> Result<()> {
    serve_bare(true)
}

/// The floor for great ones.
fn bare_hyper_vectored() -> Result<()> {
    serve_bare(false)
}

/// Content in memory, found by a hash.
fn serve_bare(pipeline_flush: bool) -> Result<()> {
    let mut files = HashMap::new();
    for entry in fs::read_dir(FOLDER)? {
        let entry = entry?;
        let path = format!("/{FOLDER}/{}", entry.file_name().display());
        files.insert(path, Bytes::from(fs::read(entry.path())?));
    }
    let files: &HashMap<_, _> = Box::leak(Box::new(files));
    let answer = async |request: Request<Incoming>| {
        let content = files.get(request.uri().path()).cloned().unwrap_or_default();
        Ok::<_, Infallible>(minimal(&request, content))
    };
    bare::serve(listen()?, pipeline_flush, service_fn(answer))
}

fn minimal(request: &Request<Incoming>, content: Bytes) -> Response<Full<Bytes>> {
    let tag = HeaderValue::from_static("\"1\"");
    let is_known = request.headers().get(header::IF_NONE_MATCH) == Some(&tag);
    let mut response = if is_known {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let mut response = Response::new(Full::new(content));
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, plain);
        response
    };
    response.headers_mut().insert(header::ETAG, tag);
    response
}

fn static_on_hyper() -> Result<()> {
    bare::serve(listen()?, true, TowerToHyperService::new(static_files()?))
}

fn static_on_server() -> Result<()> {
    let server = squall_server::Server::new().listener(listen()?.try_into()?);
    Ok(server.listen()?.run(static_files()?)?)
}

fn static_files() -> Result<ServeStatic> {
    Ok(StaticFiles::new(FOLDER).build()?.prefixed())
}

/// In an application, without access log.
fn squall() -> Result<()> {
    let app = squall::Application::new()
        .static_path(FOLDER)
        .access_log(false);
    let server = squall::Server::new(app).listener(listen()?.try_into()?);
    server.start(1).map_err(|error| format!("{error:?}").into())
}

fn axum_serve_dir() -> Result<()> {
    let router = axum::Router::new().fallback_service(ServeDir::new("."));
    current_thread()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listen()?)?;
        Ok(axum::serve(listener, router).await?)
    })
}

fn actix_files() -> Result<()> {
    let app = || actix_web::App::new().service(actix_files::Files::new("/", "."));
    actix_web::rt::System::new().block_on(async {
        let server = actix_web::HttpServer::new(app).workers(1);
        Ok(server.listen(listen()?)?.run().await?)
    })
}
