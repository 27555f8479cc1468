//! A chat by server-sent events, and by long polling.
//!
//! Run with `cargo run --example chat`, then open <http://127.0.0.1:8888/> in two windows. The page at
//! <http://127.0.0.1:8888/?polling=true> uses long polling. `-- --help` shows the flags.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use serde::{Deserialize, Serialize};
use squall::{
    Application, Error, Event, Form, Html, Json, Page, Query, Response, Result, Shutdown, Sse,
    State, context, get, http::StatusCode, post,
};
use tokio::sync::watch;

/// The directory of the page.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/chat");

/// Messages that a new client gets, and that a slow or disconnected client may be behind.
const KEPT: usize = 100;

/// The longest message, in characters.
const LONGEST: usize = 1000;

/// A chat by server-sent events, and by long polling
#[derive(Parser)]
struct Flags {
    /// Listen on this port of 127.0.0.1; 0 selects a free one
    #[arg(long, default_value_t = 8888)]
    port: u16,
}

/// The last messages, in the order of their ids; requests wait for new ones.
#[derive(Clone)]
struct Room(Arc<watch::Sender<VecDeque<Message>>>);

#[derive(Clone, Serialize)]
struct Message {
    id: u64,
    text: String,
}

impl Room {
    fn new() -> Self {
        Self(Arc::new(watch::Sender::new(VecDeque::new())))
    }

    fn add(&self, text: String) {
        self.0.send_modify(|messages| {
            if messages.len() == KEPT {
                messages.pop_front();
            }
            let previous = messages.back().map_or(0, |message| message.id);
            let id = next_id(previous);
            messages.push_back(Message { id, text });
        });
    }
}

/// Returns an id that is greater than those of this process and, by the clock, than those of the process
/// before it: clients connect again with the last id that they have seen.
fn next_id(previous: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = now.map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(u64::MAX));
    micros.max(previous + 1)
}

/// Waits until there are messages after an id, and returns them.
async fn newer(messages: &mut watch::Receiver<VecDeque<Message>>, id: u64) -> Result<Vec<Message>> {
    let messages = messages
        .wait_for(|messages| messages.back().is_some_and(|last| last.id > id))
        .await?;
    let first = messages.partition_point(|message| message.id <= id);
    Ok(messages.range(first..).cloned().collect())
}

#[derive(Deserialize)]
struct Mode {
    #[serde(default)]
    polling: bool,
}

async fn page(page: Page, Query(Mode { polling }): Query<Mode>) -> Result<Html<String>> {
    page.render("chat.html", context! { polling, longest => LONGEST })
}

#[derive(Deserialize)]
struct NewMessage {
    text: String,
}

async fn add(
    State(room): State<Room>,
    Form(NewMessage { text }): Form<NewMessage>,
) -> Result<StatusCode> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST {
        let reason = format!("a message has 1 to {LONGEST} characters");
        let error = Error::refusal(StatusCode::UNPROCESSABLE_ENTITY, reason);
        return Err(error.with_field("text"));
    }
    room.add(text.to_owned());
    Ok(StatusCode::NO_CONTENT)
}

/// Sends messages as they come. `EventSource` connects again by itself, with the id of the last event.
async fn events(sse: Sse, State(room): State<Room>) -> Response {
    let id = sse.last_event_id().and_then(|id| id.parse().ok());
    let mut last = id.unwrap_or(0);
    let mut messages = room.0.subscribe();
    sse.run(async move |events| {
        loop {
            for Message { id, text } in newer(&mut messages, last).await? {
                last = id;
                events
                    .send(Event::new().id(id.to_string()).data(text))
                    .await?;
            }
        }
    })
}

#[derive(Deserialize)]
struct After {
    /// The id of the last message that the client has.
    #[serde(default)]
    after: u64,
}

/// Waits for messages. A shutdown ends the wait without one, and the client asks the next process.
async fn poll(
    State(room): State<Room>,
    shutdown: Shutdown,
    Query(After { after }): Query<After>,
) -> Result<Json<Vec<Message>>> {
    let mut messages = room.0.subscribe();
    tokio::select! {
        found = newer(&mut messages, after) => Ok(Json(found?)),
        () = shutdown.received() => Ok(Json(Vec::new())),
    }
}

fn main() -> Result<()> {
    Application::with_state(Room::new())
        .template_path(FOLDER)
        .xsrf_cookies(true)
        .route("/", get(page))
        .route("/messages", post(add).get(poll).body_limit(16 * 1024))
        .route("/events", get(events))
        .listen(("127.0.0.1", Flags::parse().port))
}
