//! The program: its settings, its routes, and the server.

mod pages;
#[cfg(test)]
mod tests;

use squall::{Application, Server, get};

/// Signs the cookies of debug builds, which only this machine can reach.
const DEBUG_SECRET: &str = "for debug builds only";

fn main() -> squall::Result<()> {
    // Debug builds reload, show tracebacks, and listen on this machine.
    let debug = cfg!(debug_assertions);
    let secret = if debug {
        DEBUG_SECRET.to_owned()
    } else {
        squall::env("COOKIE_SECRET")?
    };
    // `LISTEN=0.0.0.0:80` or `LISTEN=unix:/run/site.sock` chooses another address.
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8888".to_owned());
    // 0 starts a worker process for each CPU.
    let processes = if debug { 1 } else { 0 };

    Server::new(application(debug, &secret))
        .bind(address)?
        // Trusts the forwarding headers of a proxy on this machine.
        .xheaders(true)
        .start(processes)
}

fn application(debug: bool, secret: &str) -> Application {
    Application::new()
        .debug(debug)
        .static_path("static")
        .template_path("templates")
        .cookie_secret(secret)
        .xsrf_cookies(true)
        .error_pages(pages::error)
        .route("/", get(pages::home).post(pages::greet).name("home"))
        .route("/about", get(pages::about).name("about"))
        .route("/healthz", get(squall::healthz))
        .route("/readyz", get(squall::readyz))
}
