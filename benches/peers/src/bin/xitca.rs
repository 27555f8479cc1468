//! xitca-web with its defaults.

use peers::{HELLO, Message, arguments, message};
use xitca_web::{
    App,
    handler::{handler_service, json::Json, params::Params},
    route::get,
};

fn main() -> std::io::Result<()> {
    let (_, address) = arguments();
    App::new()
        .at("/", get(handler_service(async || HELLO)))
        .at("/json", get(handler_service(json)))
        .at("/users/{id}", get(handler_service(user)))
        .serve()
        .bind(address)?
        .run()
        .wait()
}

async fn json() -> Json<Message> {
    Json(message())
}

async fn user(Params(id): Params<u64>) -> String {
    id.to_string()
}
