//! Tornado's demo `blog`, with SQLite. Run with `cargo run --bin blog`.

use clap::Parser;
use comrak::markdown_to_html;
use password_auth::{generate_hash, verify_password};
use serde::{Deserialize, Serialize};
use slug::slugify;
use sqlx::{FromRow, SqlitePool, query, query_as, query_scalar, sqlite::SqliteConnectOptions};
use squall::{
    Application, CookieSecret, Cookies, CurrentUser, Error, Form, Html, IntoResponse, Page, Path,
    Query, Redirect, Response, Server, State, Templates, context, get,
    http::{StatusCode, header::CONTENT_TYPE},
};
use tokio::task::spawn_blocking;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/blog");

#[derive(Parser)]
struct Options {
    /// Run on the given port
    #[arg(long, default_value_t = 8888)]
    port: u16,
    /// Blog database file
    #[arg(long, default_value = "blog.db")]
    db: String,
    /// Run in debug mode
    #[arg(long)]
    debug: bool,
}

type Db = State<SqlitePool>;

#[derive(Clone, FromRow, Serialize)]
struct Author {
    id: i64,
    email: String,
    name: String,
    #[serde(skip)]
    hashed_password: String,
}

#[derive(FromRow, Serialize)]
struct Entry {
    id: i64,
    slug: String,
    title: String,
    markdown: String,
    html: String,
    published: String,
    updated: String,
}

async fn home(State(db): Db, page: Page) -> squall::Result<Response> {
    let entries: Vec<Entry> = query_as("SELECT * FROM entries ORDER BY published DESC LIMIT 5")
        .fetch_all(&db)
        .await?;
    if entries.is_empty() {
        return Ok(Redirect::to("/compose").into_response());
    }
    Ok(page
        .render("home.html", context! { entries })?
        .into_response())
}

async fn entry(
    State(db): Db,
    page: Page,
    Path(slug): Path<String>,
) -> squall::Result<Html<String>> {
    let entry: Option<Entry> = query_as("SELECT * FROM entries WHERE slug = ?")
        .bind(slug)
        .fetch_optional(&db)
        .await?;
    let entry = entry.ok_or(Error::status(StatusCode::NOT_FOUND))?;
    page.render("entry.html", context! { entry })
}

async fn archive(State(db): Db, page: Page) -> squall::Result<Html<String>> {
    let entries: Vec<Entry> = query_as("SELECT * FROM entries ORDER BY published DESC")
        .fetch_all(&db)
        .await?;
    page.render("archive.html", context! { entries })
}

async fn feed(State(db): Db, page: Page) -> squall::Result<Response> {
    let entries: Vec<Entry> = query_as("SELECT * FROM entries ORDER BY published DESC LIMIT 10")
        .fetch_all(&db)
        .await?;
    let Html(feed) = page.render("feed.xml", context! { entries })?;
    Ok(([(CONTENT_TYPE, "application/atom+xml")], feed).into_response())
}

#[derive(Deserialize)]
struct Compose {
    id: Option<i64>,
}

async fn compose_page(
    CurrentUser(_): CurrentUser<Author>,
    State(db): Db,
    page: Page,
    Query(Compose { id }): Query<Compose>,
) -> squall::Result<Html<String>> {
    let entry: Option<Entry> = query_as("SELECT * FROM entries WHERE id = ?")
        .bind(id)
        .fetch_optional(&db)
        .await?;
    page.render("compose.html", context! { entry })
}

#[derive(Deserialize)]
struct Draft {
    id: Option<i64>,
    title: String,
    markdown: String,
}

async fn compose(
    CurrentUser(author): CurrentUser<Author>,
    State(db): Db,
    Form(Draft {
        id,
        title,
        markdown,
    }): Form<Draft>,
) -> squall::Result<Redirect> {
    let html = markdown_to_html(&markdown, &comrak::Options::default());
    let slug = if let Some(id) = id {
        query_scalar(
            "UPDATE entries SET title = ?, markdown = ?, html = ? WHERE id = ? RETURNING slug",
        )
        .bind(title)
        .bind(markdown)
        .bind(html)
        .bind(id)
        .fetch_optional(&db)
        .await?
        .ok_or(Error::status(StatusCode::NOT_FOUND))?
    } else {
        let mut slug = slugify(&title);
        if slug.is_empty() {
            slug = "entry".to_owned();
        }
        while query("SELECT 1 FROM entries WHERE slug = ?")
            .bind(&slug)
            .fetch_optional(&db)
            .await?
            .is_some()
        {
            slug += "-2";
        }
        query(
            "INSERT INTO entries (author_id, title, slug, markdown, html, published, updated) \
             VALUES (?, ?, ?, ?, ?, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)",
        )
        .bind(author.id)
        .bind(title)
        .bind(&slug)
        .bind(markdown)
        .bind(html)
        .execute(&db)
        .await?;
        slug
    };
    Ok(Redirect::to(format!("/entry/{slug}")))
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn any_author_exists(db: &SqlitePool) -> squall::Result<bool> {
    Ok(query("SELECT 1 FROM authors LIMIT 1")
        .fetch_optional(db)
        .await?
        .is_some())
}

async fn create_page(page: Page) -> squall::Result<Html<String>> {
    page.render("create_author.html", ())
}

#[derive(Deserialize)]
struct NewAuthor {
    email: String,
    name: String,
    password: String,
}

async fn create(
    State(db): Db,
    cookies: Cookies,
    Query(Next { next }): Query<Next>,
    Form(NewAuthor {
        email,
        name,
        password,
    }): Form<NewAuthor>,
) -> squall::Result<Redirect> {
    if any_author_exists(&db).await? {
        return Err(Error::refusal(
            StatusCode::BAD_REQUEST,
            "author already created",
        ));
    }
    let hashed_password = spawn_blocking(|| generate_hash(password)).await?;
    let id: i64 = query_scalar(
        "INSERT INTO authors (email, name, hashed_password) VALUES (?, ?, ?) RETURNING id",
    )
    .bind(email)
    .bind(name)
    .bind(hashed_password)
    .fetch_one(&db)
    .await?;
    cookies.set_signed_cookie(("blogdemo_user", id.to_string()))?;
    Redirect::to_next(&next)
}

async fn login_page(State(db): Db, page: Page) -> squall::Result<Response> {
    if !any_author_exists(&db).await? {
        return Ok(Redirect::to("/auth/create").into_response());
    }
    Ok(page
        .render("login.html", context! { error => () })?
        .into_response())
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
}

async fn login(
    State(db): Db,
    cookies: Cookies,
    page: Page,
    Query(Next { next }): Query<Next>,
    Form(Login { email, password }): Form<Login>,
) -> squall::Result<Response> {
    let author: Option<Author> = query_as("SELECT * FROM authors WHERE email = ?")
        .bind(email)
        .fetch_optional(&db)
        .await?;
    let Some(author) = author else {
        let error = "email not found";
        return Ok(page
            .render("login.html", context! { error })?
            .into_response());
    };
    let verified = spawn_blocking(move || verify_password(password, &author.hashed_password));
    if verified.await?.is_err() {
        let error = "incorrect password";
        return Ok(page
            .render("login.html", context! { error })?
            .into_response());
    }
    cookies.set_signed_cookie(("blogdemo_user", author.id.to_string()))?;
    Ok(Redirect::to_next(&next)?.into_response())
}

async fn logout(cookies: Cookies, Query(Next { next }): Query<Next>) -> squall::Result<Redirect> {
    cookies.clear_cookie("blogdemo_user")?;
    Redirect::to_next(&next)
}

async fn current_user((cookies, State(db)): (Cookies, Db)) -> squall::Result<Option<Author>> {
    let id = cookies.get_signed_cookie("blogdemo_user");
    Ok(query_as("SELECT * FROM authors WHERE id = ?")
        .bind(id)
        .fetch_optional(&db)
        .await?)
}

fn main() -> squall::Result<()> {
    let Options { port, db, debug } = Options::parse();
    Server::from_fn(async move |_| {
        let database = SqliteConnectOptions::new()
            .filename(db)
            .create_if_missing(true);
        let db = SqlitePool::connect_with(database).await?;
        query(include_str!("schema.sql")).execute(&db).await?;
        let templates = Templates::new(format!("{FOLDER}/templates"))
            .environment(|engine| engine.add_global("blog_title", "Tornado Blog"));
        Ok(Application::with_state(db)
            .route("/", get(home))
            .route("/archive", get(archive))
            .route("/feed", get(feed))
            .route("/entry/{slug}", get(entry))
            .route("/compose", get(compose_page).post(compose))
            .route("/auth/create", get(create_page).post(create))
            .route("/auth/login", get(login_page).post(login))
            .route("/auth/logout", get(logout))
            .templates(templates)
            .static_path(format!("{FOLDER}/static"))
            .xsrf_cookies(true)
            .cookie_secret(CookieSecret::generate()?)
            .current_user(current_user)
            .login_url("/auth/login")
            .debug(debug))
    })
    .debug(debug)
    .bind(port)?
    .start(1)
}
