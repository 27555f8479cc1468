//! A chat over WebSockets, in rooms, and an echo. The rooms are those of one process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use squall::{
    Html, Message, Page, Query, Response, State, WebSocket, WebSocketSettings, WebSocketUpgrade,
    context,
};
use tokio::sync::broadcast;

/// Messages that a new member of a room gets, and that a slow member may be behind.
const KEPT: usize = 50;

/// The rooms, by name.
#[derive(Clone, Default)]
pub(crate) struct Rooms(Arc<Mutex<HashMap<String, Room>>>);

struct Room {
    news: broadcast::Sender<Message>,
    history: VecDeque<Message>,
}

#[derive(Deserialize)]
pub(crate) struct ChatQuery {
    #[serde(default = "lobby")]
    room: String,
}

fn lobby() -> String {
    "lobby".to_owned()
}

/// A message, as a client sends it and as all members of the room get it.
#[derive(Deserialize, Serialize)]
struct Entry {
    /// Chosen by the client: the message with its id acknowledges that it has arrived.
    id: String,
    name: String,
    text: String,
}

impl Rooms {
    /// Returns the history of a room, and its news from then on.
    fn enter(&self, name: &str) -> (Vec<Message>, broadcast::Receiver<Message>) {
        self.with(name, |room| {
            let history = room.history.iter().cloned().collect();
            (history, room.news.subscribe())
        })
    }

    fn say(&self, name: &str, message: Message) {
        self.with(name, |room| {
            if room.history.len() == KEPT {
                room.history.pop_front();
            }
            room.history.push_back(message.clone());
            // It fails if the room has no member; the history keeps the message.
            let _ = room.news.send(message);
        });
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Room) -> T) -> T {
        // A room is whole even after a panic.
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(rooms.entry(name.to_owned()).or_insert_with(|| Room {
            news: broadcast::Sender::new(KEPT),
            history: VecDeque::new(),
        }))
    }
}

pub(crate) async fn page(
    page: Page,
    Query(query): Query<ChatQuery>,
) -> squall::Result<Html<String>> {
    page.render("chat.html", context! { room => query.room })
}

pub(crate) async fn socket(
    upgrade: WebSocketUpgrade,
    Query(ChatQuery { room }): Query<ChatQuery>,
    State(rooms): State<Rooms>,
) -> Response {
    let settings = WebSocketSettings::new().max_message_size(4096);
    upgrade
        .settings(settings)
        .on_upgrade(async move |socket| chat(socket, &rooms, &room).await)
}

/// Passes messages on until the client leaves.
async fn chat(mut socket: WebSocket, rooms: &Rooms, room: &str) -> squall::Result<()> {
    let (history, mut news) = rooms.enter(room);
    for message in history {
        socket.send(message).await?;
    }
    loop {
        tokio::select! {
            received = socket.recv() => {
                let Some(message) = received else {
                    return Ok(());
                };
                if let Some(entry) = entry(&message?) {
                    rooms.say(room, entry);
                }
            }
            said = news.recv() => match said {
                Ok(message) => socket.send(message).await?,
                // The client reads too slowly: it misses the oldest messages.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
        }
    }
}

/// Returns the message for all members; `None` if it is not an entry.
fn entry(message: &Message) -> Option<Message> {
    let Message::Text(text) = message else {
        return None;
    };
    let entry: Entry = serde_json::from_str(text).ok()?;
    let text = serde_json::to_string(&entry).ok()?;
    Some(Message::text(text))
}

/// Sends each message back, compressed if the client offers it.
pub(crate) async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .settings(echo_settings())
        .on_upgrade(async |mut socket: WebSocket| {
            while let Some(message) = socket.recv().await {
                socket.send(message?).await?;
            }
            Ok(())
        })
}

fn echo_settings() -> WebSocketSettings {
    let settings = WebSocketSettings::new();
    #[cfg(feature = "websocket-deflate")]
    let settings = settings.compression(squall::websocket::Compression::new().threshold(0));
    settings
}
