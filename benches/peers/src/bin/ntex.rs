//! ntex on tokio, with its defaults.

use ntex::web::{
    App, HttpServer, get,
    types::{Json, Path},
};
use peers::{HELLO, Message, arguments, message};

#[ntex::main]
async fn main() -> std::io::Result<()> {
    let (_, address) = arguments();
    let server = HttpServer::new(async || App::new().service((hello, json, user)));
    server.bind(address)?.run().await
}

#[get("/")]
async fn hello() -> &'static str {
    HELLO
}

#[get("/json")]
async fn json() -> Json<Message> {
    Json(message())
}

#[get("/users/{id}")]
async fn user(id: Path<u64>) -> String {
    id.to_string()
}
