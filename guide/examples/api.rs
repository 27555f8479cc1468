//! A JSON API: problem details for errors, and its description in OpenAPI, by the crate utoipa.
//!
//! Run with `cargo run -p guide --example api`, then:
//!
//! ```console
//! $ curl -s localhost:8888/books
//! $ curl -s localhost:8888/books -H 'Content-Type: application/json' -d '{"title": "Emma", "year": 1815}'
//! $ curl -s localhost:8888/books -H 'Content-Type: application/json' -H 'Accept: application/json' -d '{"title": "Emma"}'
//! $ curl -s localhost:8888/openapi.json
//! ```
#![expect(
    clippy::exhaustive_structs,
    reason = "utoipa::path makes a public struct for each handler"
)]

use std::sync::{Arc, Mutex, PoisonError};

use squall::{
    Application, Error, IntoResponse, Json, Path, Query, Result, State, Urls, get,
    http::{StatusCode, header},
};
use utoipa::{IntoParams, OpenApi, ToSchema};

/// Stands for a database.
#[derive(Clone, Default)]
struct Books(Arc<Mutex<Vec<Book>>>);

#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize, ToSchema)]
struct Book {
    id: usize,
    title: String,
    year: i16,
}

/// A book without its number, which the API chooses. A field of another name is an error.
#[derive(serde::Deserialize, serde::Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBook {
    title: String,
    year: i16,
}

/// An error (RFC 9457), as squall writes it for clients that accept JSON.
#[derive(serde::Deserialize, ToSchema)]
#[expect(dead_code, reason = "it describes a response of squall's")]
struct Problem {
    r#type: String,
    title: String,
    status: u16,
    detail: Option<String>,
    field: Option<String>,
}

#[derive(serde::Deserialize, IntoParams)]
struct Search {
    /// Only books from this year on.
    #[serde(default)]
    since: i16,
}

impl Books {
    fn with<T>(&self, work: impl FnOnce(&mut Vec<Book>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[utoipa::path(get, path = "/books", params(Search), responses((status = 200, body = Vec<Book>)))]
async fn list(State(books): State<Books>, Query(search): Query<Search>) -> Json<Vec<Book>> {
    let is_found = |book: &&Book| book.year >= search.since;
    Json(books.with(|books| books.iter().filter(is_found).cloned().collect()))
}

#[utoipa::path(
    post, path = "/books", request_body = NewBook,
    responses((status = 201, body = Book), (status = 422, body = Problem))
)]
async fn create(
    State(books): State<Books>,
    urls: Urls,
    Json(NewBook { title, year }): Json<NewBook>,
) -> Result<impl IntoResponse> {
    if title.trim().is_empty() {
        let error = Error::refusal(StatusCode::UNPROCESSABLE_ENTITY, "a book has a title");
        return Err(error.with_field("title"));
    }
    let book = books.with(|books| {
        let id = books.len() + 1;
        books.push(Book { id, title, year });
        books[id - 1].clone()
    });
    let location = urls.reverse_url("book", [book.id])?;
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(book),
    ))
}

#[utoipa::path(
    get, path = "/books/{id}", params(("id" = usize, Path)),
    responses((status = 200, body = Book), (status = 404, body = Problem))
)]
async fn show(State(books): State<Books>, Path(id): Path<usize>) -> Result<Json<Book>> {
    let book = books.with(|books| books.iter().find(|book| book.id == id).cloned());
    let missing = || Error::refusal(StatusCode::NOT_FOUND, format!("there is no book {id}"));
    Ok(Json(book.ok_or_else(missing)?))
}

#[derive(OpenApi)]
#[openapi(paths(list, create, show), info(title = "Books"))]
struct Description;

fn application() -> Application<Books> {
    Application::with_state(Books::default())
        .route("/books", get(list).post(create))
        .route("/books/{id}", get(show).name("book"))
        .route("/openapi.json", get(async || Json(Description::openapi())))
}

fn main() -> Result<()> {
    application().listen("127.0.0.1:8888")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use squall::testing::TestClient;

    use super::*;

    #[tokio::test]
    async fn books_are_created_and_found() {
        let client = TestClient::new(application());
        let emma = json!({ "title": "Emma", "year": 1815 });
        let created = client.post("/books").json(&emma).await;
        assert_eq!(created.status(), StatusCode::CREATED);
        assert_eq!(created.location(), Some("/books/1"));
        let found: Book = client.get("/books/1").await.json();
        assert_eq!(found.title, "Emma");
        for (target, count) in [
            ("/books", 1),
            ("/books?since=1815", 1),
            ("/books?since=1816", 0),
        ] {
            assert_eq!(
                client.get(target).await.json::<Vec<Book>>().len(),
                count,
                "{target}"
            );
        }
    }

    #[tokio::test]
    async fn errors_are_problem_details() {
        let client = TestClient::new(application());
        for (body, status, field) in [
            (json!({ "title": "", "year": 1815 }), 422, json!("title")),
            (
                json!({ "title": "Emma", "year": "new" }),
                422,
                json!("year"),
            ),
            (
                json!({ "title": "Emma", "year": 1, "id": 7 }),
                422,
                json!("id"),
            ),
        ] {
            let request = client.post("/books").header("Accept", "application/json");
            let problem: Value = request.json(&body).await.json();
            assert_eq!(problem["status"], status, "{body}: {problem}");
            assert_eq!(problem["field"], field, "{body}: {problem}");
        }
        let request = client.get("/books/7").header("Accept", "application/json");
        let problem: Value = request.await.json();
        assert_eq!(problem["detail"], "there is no book 7");
    }

    #[tokio::test]
    async fn every_route_is_described() {
        let client = TestClient::new(application());
        let description: Value = client.get("/openapi.json").await.json();
        let paths = description["paths"].as_object().expect("an object");
        assert_eq!(paths.keys().collect::<Vec<_>>(), ["/books", "/books/{id}"]);
        assert!(description["components"]["schemas"]["Problem"].is_object());
    }
}
