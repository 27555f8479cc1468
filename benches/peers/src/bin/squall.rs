//! squall with its defaults, except for the access log, which is off.

use std::path::Path as FilePath;

use bytes::Bytes;
use peers::{HELLO, Message, SECRET, SITE, Scene, arguments, message};
use squall::{Application, Cookies, Html, Json, Page, Path, Server, Translations, get, post};

pub fn main() -> squall::Result<()> {
    let (scene, address) = arguments();
    let app = Application::new().access_log(false);
    let (app, workers) = match scene {
        Scene::App | Scene::Http2 => (responses(app), 1),
        Scene::Workers(count) => (responses(app), count),
        Scene::Routes(count) => {
            let add = |app: Application, i| app.route(&*format!("/r{i}/{{id}}"), get(user));
            ((0..count).fold(app, add), 1)
        }
        Scene::Files => (app.static_path("static"), 1),
        Scene::Page => (page(app)?, 1),
    };
    Server::new(app).bind(address)?.start(workers)
}

fn responses(app: Application) -> Application {
    app.route("/", get(async || HELLO))
        .route("/json", get(json))
        .route("/users/{id}", get(user))
        .route("/length", post(length))
}

/// The routes without a handler of their own are linked from the page.
fn page(app: Application) -> squall::Result<Application> {
    let site = FilePath::new(SITE);
    let app = app
        .static_path(site.join("static"))
        .template_path(site.join("templates"))
        .translations(Translations::load_csv(site.join("translations"))?)
        .cookie_secret(SECRET)
        .xsrf_cookies(true)
        .route("/", get(home).name("home"))
        .route("/sign-in", get(sign_in))
        .route("/users/{id}", get(user).name("user"))
        .route("/language/{code}", get(async || HELLO).name("language"));
    let others = ["login", "logout", "me", "chat"];
    let add = |app: Application, name: &str| {
        app.route(&*format!("/{name}"), get(async || HELLO).name(name))
    };
    Ok(others.into_iter().fold(app, add))
}

async fn json() -> Json<Message> {
    Json(message())
}

async fn user(Path(id): Path<u64>) -> String {
    id.to_string()
}

async fn length(body: Bytes) -> String {
    body.len().to_string()
}

async fn home(page: Page) -> squall::Result<Html<String>> {
    page.render("home.html", ())
}

async fn sign_in(cookies: Cookies) -> squall::Result<&'static str> {
    cookies.set_signed_cookie(("user", "anna"))?;
    Ok("")
}
