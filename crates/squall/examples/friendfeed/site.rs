//! The application: its state, settings and routes. `main.rs` runs it in squall's own server, and the example
//! `friendfeed_wsgi` of the package `squall-wsgi` in others.

use std::path::PathBuf;

use squall::{Application, FromRef, StaticFiles, Translations, any, get, post, put, regex};

use super::{
    account,
    chat::{self, Rooms},
    pages::{self, TaskId},
    uploads::{self, FILE_LIMIT, FORM_LIMIT, Uploads},
};

/// The parts of the site.
pub(crate) struct Settings {
    /// The directory of the site's files: `static`, `templates`, `translations`.
    pub(crate) site: PathBuf,
    /// Static files elsewhere.
    pub(crate) static_path: Option<PathBuf>,
    pub(crate) uploads: Option<PathBuf>,
    pub(crate) cookie_secret: String,
    pub(crate) debug: bool,
    /// The number of this worker, if there are several.
    pub(crate) task_id: Option<usize>,
}

/// The state of the handlers.
#[derive(Clone)]
pub(crate) struct Site {
    uploads: Uploads,
    rooms: Rooms,
    task_id: TaskId,
}

impl FromRef<Site> for Uploads {
    fn from_ref(site: &Site) -> Self {
        site.uploads.clone()
    }
}

impl FromRef<Site> for Rooms {
    fn from_ref(site: &Site) -> Self {
        site.rooms.clone()
    }
}

impl FromRef<Site> for TaskId {
    fn from_ref(site: &Site) -> Self {
        site.task_id
    }
}

pub(crate) fn application(settings: Settings) -> squall::Result<Application<Site>> {
    let files = settings.site;
    let static_path = settings.static_path.unwrap_or_else(|| files.join("static"));
    let state = Site {
        uploads: Uploads::new(settings.uploads)?,
        rooms: Rooms::default(),
        task_id: TaskId(settings.task_id),
    };
    let application = Application::with_state(state)
        .debug(settings.debug)
        .static_path(&static_path)
        .template_path(files.join("templates"))
        .translations(Translations::load_csv(files.join("translations"))?)
        .cookie_secret(settings.cookie_secret)
        .login_url("/login")
        .xsrf_cookies(true)
        .error_pages(pages::error_page)
        .route(
            regex(r"/(apple-touch-icon\.png)"),
            StaticFiles::new(static_path),
        )
        .route("/static_url/{*path}", get(pages::static_url))
        .route("/", get(pages::home).name("home"))
        .route(
            "/login",
            get(account::login_page).post(account::login).name("login"),
        )
        .route("/logout", post(account::logout).name("logout"))
        .route("/me", get(account::me).name("me"))
        .route("/language/{code}", get(account::language).name("language"))
        .route(
            "/upload",
            get(uploads::page)
                .post(uploads::upload)
                .name("upload")
                .body_limit(FORM_LIMIT),
        )
        // For programs. A script of another site would need a permission (CORS) for PUT.
        .route(
            "/files/{name}",
            put(uploads::put).body_limit(FILE_LIMIT).without_xsrf(),
        )
        .route("/whoami", get(pages::whoami))
        .route("/echo", any(pages::echo).without_xsrf())
        .route("/slow", get(pages::slow))
        .route("/users/{id}", get(pages::user).name("user"))
        .route("/panic", get(pages::panic))
        .route("/error", get(pages::error))
        .route("/sse", get(pages::sse))
        .route("/chat", get(chat::page).name("chat"))
        .route("/chat/socket", get(chat::socket))
        .route("/ws/echo", get(chat::echo))
        .route("/healthz", get(squall::healthz))
        .route("/readyz", get(squall::readyz));
    Ok(application)
}
