//! actix-web with its defaults, actix-files and minijinja.

use std::path::Path as FilePath;

use actix_files::Files;
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    cookie::{Cookie, CookieJar, Key},
    error::ErrorInternalServerError,
    http::header::{ACCEPT_LANGUAGE, ContentType},
    web::{Bytes, Data, Json, Path, PayloadConfig, ServiceConfig, get, post},
};
use peers::{
    HELLO, Message, SECRET, SITE, Scene, arguments, message,
    page::{Site, USER_COOKIE, XSRF_COOKIE, new_token},
};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let (scene, address) = arguments();
    let workers = match scene {
        Scene::Workers(count) => count,
        _ => 1,
    };
    let is_http2 = matches!(scene, Scene::Http2);
    let site = match scene {
        Scene::Page => Some(Data::new((Site::load()?, Key::from(SECRET.as_bytes())))),
        _ => None,
    };
    let app = move || {
        let site = site.clone();
        let routes = |config: &mut ServiceConfig| routes(&scene, site, config);
        App::new().configure(routes)
    };
    let server = HttpServer::new(app).workers(workers);
    let server = if is_http2 {
        server.bind_auto_h2c(address)?
    } else {
        server.bind(address)?
    };
    server.run().await
}

fn routes(scene: &Scene, site: Option<Data<(Site, Key)>>, config: &mut ServiceConfig) {
    match scene {
        Scene::App | Scene::Http2 | Scene::Workers(_) => {
            config
                // The default limit is below the largest body of the bench.
                .app_data(PayloadConfig::new(2 * 1024 * 1024))
                .route("/", get().to(async || HELLO))
                .route("/json", get().to(json))
                .route("/users/{id}", get().to(user))
                .route("/length", post().to(length));
        }
        Scene::Routes(count) => {
            for i in 0..*count {
                config.route(&format!("/r{i}/{{id}}"), get().to(user));
            }
        }
        Scene::Files => {
            config.service(Files::new("/static", "static"));
        }
        Scene::Page => {
            config
                .app_data(site.expect("it is loaded for this scene"))
                .route("/", get().to(home))
                .route("/sign-in", get().to(sign_in))
                .service(Files::new("/static", FilePath::new(SITE).join("static")));
        }
    }
}

async fn json() -> Json<Message> {
    Json(message())
}

async fn user(id: Path<u64>) -> String {
    id.to_string()
}

async fn length(body: Bytes) -> String {
    body.len().to_string()
}

async fn home(request: HttpRequest, data: Data<(Site, Key)>) -> actix_web::Result<HttpResponse> {
    let (site, key) = &**data;
    let signed = |name| {
        let mut jar = CookieJar::new();
        jar.add_original(request.cookie(name)?);
        jar.signed(key).get(name)
    };
    let user = signed(USER_COOKIE);
    let mut response = HttpResponse::Ok();
    let token = match signed(XSRF_COOKIE) {
        Some(cookie) => cookie.value().to_owned(),
        None => {
            let token = new_token();
            response.cookie(sign(key, Cookie::new(XSRF_COOKIE, token.clone())));
            token
        }
    };
    let language = request.headers().get(ACCEPT_LANGUAGE);
    let language = language.and_then(|value| value.to_str().ok());
    let user = user.as_ref().map(Cookie::value);
    let page = site.home(user, language, &token);
    let page = page.map_err(ErrorInternalServerError)?;
    Ok(response.content_type(ContentType::html()).body(page))
}

async fn sign_in(data: Data<(Site, Key)>) -> HttpResponse {
    let cookie = sign(&data.1, Cookie::new(USER_COOKIE, "anna"));
    HttpResponse::Ok().cookie(cookie).finish()
}

fn sign(key: &Key, cookie: Cookie<'static>) -> Cookie<'static> {
    let name = cookie.name().to_owned();
    let mut jar = CookieJar::new();
    jar.signed_mut(key).add(cookie);
    jar.get(&name).cloned().expect("it was just added")
}
