//! A chat over several processes or machines, whose messages go through Redis or Valkey (pub/sub).
//!
//! Run with `cargo run --example redis_chat -- --processes 2`, then open <http://127.0.0.1:8888/> in two windows.
//! `-- --help` shows the flags.

use std::time::Duration;

use clap::Parser;
use futures_util::StreamExt;
use redis::{AsyncTypedCommands, Client, aio::MultiplexedConnection};
use serde::{Deserialize, Serialize};
use squall::{
    Application, Error, Html, Message, Response, Server, State, WebSocket, WebSocketSettings,
    WebSocketUpgrade, get, http::StatusCode, websocket::CloseCode,
};
use tokio::{
    sync::{broadcast, watch},
    time::{interval, sleep, timeout},
};

/// The channel of the room. A site with several rooms has one for each.
const CHANNEL: &str = "chat";

/// Messages that a slow member may be behind.
const BUFFERED: usize = 100;

/// Interval of the pings to the broker, time limit of its pongs, and pause before a new connection.
const PING_INTERVAL: Duration = Duration::from_secs(10);
const PONG_TIMEOUT: Duration = Duration::from_secs(5);
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// A chat whose messages go through Redis
#[derive(Parser)]
struct Flags {
    /// Listen on this port of 127.0.0.1; 0 selects a free one
    #[arg(long, default_value_t = 8888)]
    port: u16,
    /// Serve in this many processes; 0 starts one for each CPU
    #[arg(long, default_value_t = 1)]
    processes: usize,
    /// The broker, such as `unix:///run/redis/redis.sock`
    #[arg(long, value_name = "URL", default_value = "redis://127.0.0.1/")]
    redis: String,
}

/// The members of the room in this process get their messages from here, as long as there is a link to the broker.
type Room = watch::Receiver<Option<Link>>;

/// The connections to the broker: one that publishes, and the messages of another one, which subscribes.
struct Link {
    publisher: MultiplexedConnection,
    messages: broadcast::Sender<Message>,
}

/// A message, as a client sends it and as all members get it.
#[derive(Deserialize, Serialize)]
struct Entry {
    /// Chosen by the client: the message that comes back with this id has been published.
    id: String,
    text: String,
}

fn main() -> squall::Result<()> {
    let flags = Flags::parse();
    // A URL that is malformed ends the program before it listens.
    let client = Client::open(flags.redis)?;
    Server::from_fn(|_| async {
        let (links, room) = watch::channel(None);
        tokio::spawn(follow(client, links));
        Ok(Application::with_state(room)
            .route("/", get(page))
            .route("/socket", get(socket)))
    })
    .bind(("127.0.0.1", flags.port))?
    .start(flags.processes)
}

/// Keeps a link to the broker.
async fn follow(client: Client, links: watch::Sender<Option<Link>>) {
    loop {
        let ended = subscribe(&client, &links).await;
        // With the last sender, the members' receivers end.
        links.send_replace(None);
        match ended {
            Ok(()) => tracing::warn!("the connection to the broker is lost"),
            Err(error) => tracing::warn!(%error, "the broker cannot be reached"),
        }
        sleep(RETRY_PAUSE).await;
    }
}

/// Passes the messages of the channel on until a connection to the broker ends.
async fn subscribe(client: &Client, links: &watch::Sender<Option<Link>>) -> redis::RedisResult<()> {
    let publisher = client.get_multiplexed_async_connection().await?;
    let (mut subscriber, mut published) = client.get_async_pubsub().await?.split();
    subscriber.subscribe(CHANNEL).await?;
    let messages = broadcast::Sender::new(BUFFERED);
    links.send_replace(Some(Link {
        publisher,
        messages: messages.clone(),
    }));
    tracing::info!(channel = CHANNEL, "subscribed");
    let mut pings = interval(PING_INTERVAL);
    loop {
        tokio::select! {
            message = published.next() => {
                let Some(message) = message else { return Ok(()) };
                if let Ok(text) = message.get_payload::<String>() {
                    // It fails if there is no member.
                    let _ = messages.send(Message::text(text));
                }
            }
            // A broker whose machine has vanished sends no end.
            _ = pings.tick() => {
                let Ok(pong) = timeout(PONG_TIMEOUT, subscriber.ping::<redis::Value>()).await else {
                    return Ok(());
                };
                pong?;
            }
        }
    }
}

async fn page() -> Html<&'static str> {
    Html(include_str!("index.html"))
}

async fn socket(upgrade: WebSocketUpgrade, State(room): State<Room>) -> squall::Result<Response> {
    let Some((publisher, messages)) = enter(&room) else {
        let reason = "there is no connection to the broker";
        return Err(Error::refusal(StatusCode::SERVICE_UNAVAILABLE, reason));
    };
    let settings = WebSocketSettings::new().max_message_size(4096);
    let response = upgrade
        .settings(settings)
        .on_upgrade(async move |socket| chat(socket, publisher, messages).await);
    Ok(response)
}

fn enter(room: &Room) -> Option<(MultiplexedConnection, broadcast::Receiver<Message>)> {
    let link = room.borrow();
    let link = link.as_ref()?;
    Some((link.publisher.clone(), link.messages.subscribe()))
}

/// Passes messages on until the client leaves, or messages are lost to it.
async fn chat(
    mut socket: WebSocket,
    mut publisher: MultiplexedConnection,
    mut messages: broadcast::Receiver<Message>,
) -> squall::Result<()> {
    loop {
        tokio::select! {
            received = socket.recv() => {
                let Some(message) = received else {
                    return Ok(());
                };
                let Some(text) = entry(&message?) else { continue };
                if publisher.publish(CHANNEL, text).await.is_err() {
                    break;
                }
            }
            published = messages.recv() => match published {
                Ok(message) => socket.send(message).await?,
                // The member is too slow, or the link to the broker is lost.
                Err(_) => break,
            }
        }
    }
    // The client connects again, and knows that it has missed messages.
    let reason = "messages were missed";
    Ok(socket.close(CloseCode::TRY_AGAIN_LATER, reason).await?)
}

/// Returns the message for all members; `None` if it is not an entry.
fn entry(message: &Message) -> Option<String> {
    let Message::Text(text) = message else {
        return None;
    };
    let entry: Entry = serde_json::from_str(text).ok()?;
    serde_json::to_string(&entry).ok()
}
