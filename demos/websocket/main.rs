//! Tornado's demo `websocket`: a chat. Run with `cargo run --bin websocket_chat`.

use std::sync::Arc;

use clap::Parser;
use serde::{Deserialize, Serialize};
use squall::{
    Application, Html, Json, Page, Response, State, WebSocket, WebSocketSettings, WebSocketUpgrade,
    context, get,
    websocket::{Compression, Message, Sender},
};
use tokio::sync::Mutex;
use tracing::info;
use uuid::Uuid;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/websocket");
const CACHE_SIZE: usize = 200;

#[derive(Parser)]
struct Options {
    /// Run on the given port
    #[arg(long, default_value_t = 8888)]
    port: u16,
}

#[derive(Default)]
struct Room {
    waiters: Vec<Sender>,
    cache: Vec<Chat>,
}

/// A message; clients send its body alone.
#[derive(Deserialize, Serialize)]
struct Chat {
    #[serde(skip_deserializing, default = "Uuid::new_v4")]
    id: Uuid,
    body: String,
    #[serde(skip_deserializing)]
    html: String,
}

type SharedRoom = State<Arc<Mutex<Room>>>;

async fn index(State(room): SharedRoom, page: Page) -> squall::Result<Html<String>> {
    let room = room.lock().await;
    page.render("index.html", context! { messages => room.cache })
}

async fn chat_socket(upgrade: WebSocketUpgrade, State(room): SharedRoom, page: Page) -> Response {
    let upgrade = upgrade.settings(WebSocketSettings::new().compression(Compression::new()));
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        room.lock().await.waiters.push(socket.sender());
        while let Some(message) = socket.recv().await {
            info!("got message {message:?}");
            let Json(mut chat): Json<Chat> = Json::from_bytes(message?.as_bytes())?;
            chat.html = page.render("message.html", context! { message => chat })?.0;
            room.lock().await.send_updates(chat)?;
        }
        Ok(())
    })
}

impl Room {
    fn send_updates(&mut self, chat: Chat) -> squall::Result<()> {
        info!("sending message to {} waiters", self.waiters.len());
        let message = Message::text(serde_json::to_string(&chat)?);
        // A client that reads too slowly misses the message; one that has left is removed.
        let send = |waiter: &Sender| waiter.try_send(message.clone());
        self.waiters
            .retain(|waiter| !send(waiter).is_err_and(|error| error.is_closed()));
        self.cache.push(chat);
        let excess = self.cache.len().saturating_sub(CACHE_SIZE);
        self.cache.drain(..excess);
        Ok(())
    }
}

fn main() -> squall::Result<()> {
    Application::with_state(Arc::new(Mutex::new(Room::default())))
        .route("/", get(index))
        .route("/chatsocket", get(chat_socket))
        .template_path(format!("{FOLDER}/templates"))
        .static_path(format!("{FOLDER}/static"))
        .xsrf_cookies(true)
        .listen(Options::parse().port)
}
