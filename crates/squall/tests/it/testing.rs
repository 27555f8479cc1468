//! The client for tests of applications.

use squall::{
    Application, Client, Cookies, CurrentUser, Error, Form, Json, Multipart, Path, Redirect, get,
    http::StatusCode, post, testing::TestClient,
};

const SECRET: &str = "XmkIdK0u3n8Sv1bhvGvLrL1a2JQhDT5qVnpB0kSjqXk";

#[derive(serde::Deserialize, serde::Serialize)]
struct Note {
    text: String,
}

async fn login(cookies: Cookies, Form(note): Form<Note>) -> squall::Result<Redirect> {
    cookies.set_signed_cookie(("user", note.text))?;
    Ok(Redirect::see_other("/me"))
}

async fn logout(cookies: Cookies) -> squall::Result<()> {
    Ok(cookies.clear_cookie("user")?)
}

/// Responds with a line for each field.
async fn upload(mut form: Multipart) -> squall::Result<String> {
    let mut lines = String::new();
    while let Some(field) = form.next_field().await? {
        let (file_name, media_type) = (field.file_name(), field.content_type());
        let head = format!("{:?} {file_name:?} {media_type:?}", field.name());
        let content = field.bytes().await?;
        lines.push_str(&format!("{head} {content:?}\n"));
    }
    Ok(lines)
}

fn application() -> Application {
    Application::new()
        .cookie_secret(SECRET)
        .xsrf_cookies(true)
        .login_url("/login")
        .route("/login", post(login).name("login"))
        .route("/logout", post(logout))
        .route("/me", get(async |CurrentUser(name): CurrentUser| name))
        .route("/notes", post(async |Json(note): Json<Note>| Json(note)))
        .route("/upload", post(upload).body_limit(10_000))
        .route("/raw", post(async |body: String| body))
        .route(
            "/client",
            get(async |Client(client): Client| client.source().to_string()),
        )
        .route(
            "/status/{status}",
            get(async |Path(status): Path<u16>| {
                Error::status(StatusCode::from_u16(status).expect("a status"))
            }),
        )
}

#[tokio::test]
async fn cookies_are_kept_and_forms_have_a_token() {
    let client = TestClient::new(application());
    let before = client.get("/me?q=1").await;
    assert_eq!(before.status(), StatusCode::FOUND);
    assert_eq!(before.location(), Some("/login?next=%2Fme%3Fq%3D1"));
    let login = client.post("/login").form(&[("text", "Ada & Bob")]).await;
    assert_eq!(
        (login.status(), login.location()),
        (StatusCode::SEE_OTHER, Some("/me"))
    );
    assert_eq!(client.get("/me").await.text(), "Ada & Bob");
    assert!(client.cookie("user").is_some());
    assert_eq!(client.post("/logout").await.status(), StatusCode::OK);
    assert_eq!(client.cookie("user"), None);
    assert_eq!(client.get("/me").await.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn requests_without_a_token_are_refused() {
    let client = TestClient::new(application());
    let refused = client.post("/raw").without_xsrf().body("text").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(client.post("/raw").body("text").await.text(), "text");
}

#[tokio::test]
async fn json_headers_and_the_connection() {
    let client = TestClient::new(application());
    let note = client
        .post("/notes")
        .json(&Note {
            text: "hello".to_owned(),
        })
        .await;
    assert_eq!(note.header("content-type"), Some("application/json"));
    assert_eq!(note.json::<Note>().text, "hello");
    assert_eq!(client.get("/client").await.text(), "127.0.0.1");
    let teapot = client
        .get("/status/418")
        .header("accept", "text/plain")
        .await;
    assert_eq!(
        (teapot.status().as_u16(), teapot.text()),
        (418, "418 I'm a teapot\n")
    );
    assert_eq!(client.head("/client").await.bytes().len(), 0);
    assert_eq!(
        client.urls().reverse_url("login", [0; 0]).unwrap(),
        "/login"
    );
}

#[tokio::test]
async fn forms_have_fields_and_files() {
    let client = TestClient::new(application());
    let response = client
        .post("/upload")
        .field("title", "two\r\nlines")
        .file("photo", "../sea \"1\".jpg", "image/jpeg", b"--\r\n\xff")
        .file("photo", "", "application/octet-stream", "")
        .await;
    assert_eq!(
        response.text(),
        "\"title\" None None b\"two\\r\\nlines\"\n\
         \"photo\" Some(\"../sea %221%22.jpg\") Some(\"image/jpeg\") b\"--\\r\\n\\xff\"\n\
         \"photo\" Some(\"\") Some(\"application/octet-stream\") b\"\"\n"
    );
    let large = client
        .post("/upload")
        .file("a", "b", "text/plain", [0; 10_000])
        .await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let refused = client.post("/upload").without_xsrf().field("a", "b").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn clients_of_one_service_are_different_visitors() {
    let service = application().into_service().unwrap();
    let [ada, bob] = [service.clone(), service].map(TestClient::of);
    ada.post("/login").form(&[("text", "Ada")]).await;
    assert_eq!(ada.get("/me").await.text(), "Ada");
    assert_eq!(bob.get("/me").await.status(), StatusCode::FOUND);
}

#[test]
#[should_panic(expected = "configuration error: pattern `/{`")]
fn configuration_errors_panic() {
    let _ = TestClient::new(Application::new().route("/{", get(async || ())));
}

#[tokio::test]
#[should_panic(expected = "404 Not Found, and the body is not the expected JSON")]
async fn other_json_panics_with_the_body() {
    let _ = TestClient::new(application())
        .get("/missing")
        .await
        .json::<u32>();
}
