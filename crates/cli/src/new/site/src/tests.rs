//! Tests of the whole application, without sockets.

use squall::{http::StatusCode, testing::TestClient};

use crate::{DEBUG_SECRET, application};

/// A browser that has no cookies yet. Debug mode accepts the secret.
fn visitor() -> TestClient {
    TestClient::new(application(true, DEBUG_SECRET))
}

#[tokio::test]
async fn home_greets_by_name_after_the_form() {
    let visitor = visitor();
    assert!(visitor.get("/").await.text().contains("Your name"));

    let sent = visitor.post("/").form(&[("name", " Ada ")]).await;
    assert_eq!(sent.location(), Some("/"));
    assert!(visitor.get("/").await.text().contains("Hello, Ada"));
}

#[tokio::test]
async fn form_without_token_is_refused() {
    let form = [("name", "Ada")];
    let sent = visitor().post("/").form(&form).without_xsrf().await;
    assert_eq!(sent.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn names_have_1_to_64_characters() {
    for name in ["", "  ", &"a".repeat(65)] {
        let sent = visitor().post("/").form(&[("name", name)]).await;
        assert_eq!(sent.status(), StatusCode::BAD_REQUEST, "{name:?}");
    }
}

#[tokio::test]
async fn every_page_renders() {
    let visitor = visitor();
    for path in ["/", "/about"] {
        assert_eq!(visitor.get(path).await.status(), StatusCode::OK, "{path}");
    }
    let missing = visitor.get("/missing").header("Accept", "text/html").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}
