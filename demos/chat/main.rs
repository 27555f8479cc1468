//! Tornado's demo `chat`, over long polling. Run with `cargo run --bin chat`.

use std::sync::Arc;

use clap::Parser;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use squall::{
    Application, Form, Html, IntoResponse, Json, Page, Redirect, Response, Shutdown, State,
    context, get, post,
};
use tokio::sync::watch;
use uuid::Uuid;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/chat");
const CACHE_SIZE: usize = 200;

#[derive(Parser)]
struct Options {
    /// Run on the given port
    #[arg(long, default_value_t = 8888)]
    port: u16,
    /// Run in debug mode
    #[arg(long)]
    debug: bool,
}

/// The last messages; requests wait for new ones.
type Buffer = State<Arc<watch::Sender<Vec<Message>>>>;

#[derive(Clone, Serialize)]
struct Message {
    id: String,
    body: String,
    html: String,
}

async fn index(State(buffer): Buffer, page: Page) -> squall::Result<Html<String>> {
    page.render("index.html", context! { messages => *buffer.borrow() })
}

#[derive(Deserialize)]
struct NewMessage {
    body: String,
    next: Option<String>,
}

/// Posts a new message to the chat room.
async fn message_new(
    State(buffer): Buffer,
    page: Page,
    Form(NewMessage { body, next }): Form<NewMessage>,
) -> squall::Result<Response> {
    let (id, html) = (Uuid::new_v4().to_string(), String::new());
    let mut message = Message { id, body, html };
    message.html = page.render("message.html", context! { message })?.0;
    let response = match next {
        Some(next) => Redirect::to_next(&next)?.into_response(),
        None => Json(&message).into_response(),
    };
    buffer.send_modify(|messages| {
        messages.push(message);
        let excess = messages.len().saturating_sub(CACHE_SIZE);
        messages.drain(..excess);
    });
    Ok(response)
}

#[derive(Deserialize)]
struct Cursor {
    /// The id of the last message that the client has.
    cursor: Option<String>,
}

/// Waits until there are messages that are newer than the cursor. A client that disconnects ends it.
async fn message_updates(
    State(buffer): Buffer,
    shutdown: Shutdown,
    Form(Cursor { cursor }): Form<Cursor>,
) -> squall::Result<Json<Value>> {
    let mut buffer = buffer.subscribe();
    let messages = tokio::select! {
        found = buffer.wait_for(|messages| !since(messages, &cursor).is_empty()) => {
            since(&found?, &cursor).to_vec()
        }
        () = shutdown.received() => Vec::new(),
    };
    Ok(Json(json!({ "messages": messages })))
}

fn since<'a>(messages: &'a [Message], cursor: &Option<String>) -> &'a [Message] {
    let is_last_seen = |message: &Message| Some(&message.id) == cursor.as_ref();
    let seen = messages.iter().rposition(is_last_seen);
    &messages[seen.map_or(0, |seen| seen + 1)..]
}

fn main() -> squall::Result<()> {
    let options = Options::parse();
    Application::with_state(Arc::new(watch::Sender::new(Vec::new())))
        .route("/", get(index))
        .route("/a/message/new", post(message_new))
        .route("/a/message/updates", post(message_updates))
        .template_path(format!("{FOLDER}/templates"))
        .static_path(format!("{FOLDER}/static"))
        .xsrf_cookies(true)
        .debug(options.debug)
        .listen(options.port)
}
