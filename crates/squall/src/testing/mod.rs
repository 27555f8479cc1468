//! Tests of an application in this process, without sockets (Tornado's `AsyncHTTPTestCase`).
//!
//! A [`TestClient`] sends requests to the application as a browser does: it keeps cookies, and forms
//! have an XSRF token. Misuse of the client panics with the reason, as an assertion does.
//!
//! It needs a Tokio runtime (`#[tokio::test]`), and the feature `testing`, which belongs into
//! `[dev-dependencies]`.
//!
//! # Examples
//!
//! ```
//! use squall::{Application, Cookies, Form, Json, Redirect, get, post, testing::TestClient};
//!
//! #[derive(serde::Deserialize)]
//! struct Login { name: String }
//!
//! async fn login(cookies: Cookies, Form(login): Form<Login>) -> squall::Result<Redirect> {
//!     cookies.set_signed_cookie(("user", login.name))?;
//!     Ok(Redirect::see_other("/me"))
//! }
//!
//! async fn me(cookies: Cookies) -> Json<Option<String>> {
//!     Json(cookies.get_signed_cookie("user"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let client = TestClient::new(
//!     Application::new()
//!         .cookie_secret("XmkIdK0u3n8Sv1bhvGvLrL1a2JQhDT5qVnpB0kSjqXk")
//!         .xsrf_cookies(true)
//!         .route("/login", post(login))
//!         .route("/me", get(me)),
//! );
//! let response = client.post("/login").form(&[("name", "Ada")]).await;
//! assert_eq!(response.location(), Some("/me"));
//! assert_eq!(client.get("/me").await.json::<String>(), "Ada");
//! # }
//! ```
//!
//! A form with files:
//!
//! ```
//! use squall::{Application, Multipart, post, testing::TestClient};
//!
//! async fn upload(mut form: Multipart) -> squall::Result<String> {
//!     let mut names = Vec::new();
//!     while let Some(field) = form.next_field().await? {
//!         names.extend(field.safe_file_name());
//!     }
//!     Ok(names.join(", "))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let client = TestClient::new(Application::new().route("/upload", post(upload)));
//! let response = client
//!     .post("/upload")
//!     .field("title", "Holidays")
//!     .file("photo", "sea.jpg", "image/jpeg", b"...")
//!     .await;
//! assert_eq!(response.text(), "sea.jpg");
//! # }
//! ```
//!
//! # What it does not do
//!
//! No connection exists: limits and deadlines of the [`Server`](crate::Server), WebSockets and a
//! client that disconnects need a real one, [`serve`](crate::serve) on a listener of port 0, and for
//! WebSockets a client such as the crate `tokio-tungstenite`.

mod client;
mod cookies;
mod request;
mod response;
mod upload;
mod visitor;

pub use self::{client::TestClient, request::TestRequest, response::TestResponse};
