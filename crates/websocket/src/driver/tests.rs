//! Tests of sockets without HTTP, on a pipe and a paused clock.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt, stream::FuturesUnordered};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::*;
use crate::{Message, WebSocket, WebSocketSettings, codec};

/// A client, which writes and reads frames as bytes.
struct Client {
    io: DuplexStream,
    task: JoinHandle<()>,
}

const PIPE: usize = 64 * 1024;

fn settings() -> WebSocketSettings {
    WebSocketSettings::new()
        .ping_interval(None)
        .shutdown_spread(Duration::ZERO)
}

fn connect<F>(settings: WebSocketSettings, handler: impl FnOnce(WebSocket) -> F) -> Client
where
    F: Future + Send + 'static,
{
    connect_with(settings, false, None, handler)
}

fn connect_with<F>(
    settings: WebSocketSettings,
    is_http2: bool,
    shutdown: Option<ShutdownSignal>,
    handler: impl FnOnce(WebSocket) -> F,
) -> Client
where
    F: Future + Send + 'static,
{
    let (io, theirs) = duplex(PIPE);
    let connection = Connection::new(Box::new(theirs), is_http2, None, Arc::new(settings));
    let shared = Shared::new(connection, None);
    let handler = handler(WebSocket::new(&shared));
    let task = tokio::spawn(Driver::new(shared, handler, shutdown));
    Client { io, task }
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let (header, len) = codec::encode_header(codec::Opcode::Text, false, payload.len());
    let mut bytes = header[..len].to_vec();
    bytes[0] = first;
    bytes[1] |= 0x80;
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

impl Client {
    async fn send(&mut self, frames: &[u8]) {
        self.io.write_all(frames).await.unwrap();
    }

    /// Reads a frame: its first byte and its payload. `None` at the end of the connection.
    async fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        let first = self.io.read_u8().await.ok()?;
        let len = match self.io.read_u8().await.unwrap() {
            126 => usize::from(self.io.read_u16().await.unwrap()),
            127 => usize::try_from(self.io.read_u64().await.unwrap()).unwrap(),
            len => usize::from(len),
        };
        let mut payload = vec![0; len];
        self.io.read_exact(&mut payload).await.unwrap();
        Some((first, payload))
    }

    async fn expect(&mut self, first: u8, payload: &[u8]) {
        assert_eq!(self.read().await, Some((first, payload.to_vec())));
    }

    async fn expect_close(&mut self, code: u16) {
        let (first, payload) = self.read().await.expect("a close frame");
        assert_eq!((first, &payload[..2]), (0x88, &code.to_be_bytes()[..]));
    }

    async fn ends(mut self) {
        assert_eq!(self.read().await, None);
        drop(self.io);
        self.task.await.unwrap();
    }
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

#[tokio::test]
async fn messages_are_answered_until_the_close_frame() {
    let mut client = connect(settings(), echo);
    client.send(&frame(0x81, b"Hello")).await;
    client.expect(0x81, b"Hello").await;
    // Several in one write, with a close frame behind them.
    let frames = [
        frame(0x82, b"1"),
        frame(0x89, b"p"),
        frame(0x82, &[2; 10_000]),
        frame(0x88, b"\x03\xe8bye"),
        frame(0x82, b"ignored"),
    ];
    client.send(&frames.concat()).await;
    client.expect(0x8a, b"p").await;
    client.expect(0x82, b"1").await;
    client.expect(0x82, &[2; 10_000]).await;
    client.expect_close(1000).await;
    client.ends().await;
}

#[tokio::test]
async fn each_fault_has_its_close_code_and_comes_after_the_messages_before_it() {
    for (bytes, code) in [
        (vec![0xf1, 0x80], 1002),
        (frame(0xc1, b""), 1002),
        (vec![0x81, 0x00], 1002),
        (vec![0x09, 0x80], 1002),
        // Lengths that are not minimal, and one with the top bit.
        (vec![0x82, 0xfe, 0, 125], 1002),
        (vec![0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 1002),
        (vec![0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], 1002),
        (frame(0x83, b""), 1002),
        (frame(0x80, b""), 1002),
        (frame(0x88, b"\x03"), 1002),
        (frame(0x88, b"\x03\xed"), 1002),
        (vec![0x88, 0xfe, 0, 126], 1002),
        (frame(0x81, b"\xff"), 1007),
        (frame(0x01, b"\xff"), 1007),
        (frame(0x82, &[0; 2001]), 1009),
    ] {
        let settings = settings().max_message_size(2000).max_frame_size(2000);
        let (errors, mut error) = mpsc::unbounded_channel();
        let mut client = connect(settings, |mut socket| async move {
            while let Some(message) = socket.recv().await {
                match message {
                    Ok(message) => socket.send(message).await.unwrap(),
                    Err(error) => errors.send(error).unwrap(),
                }
            }
        });
        client
            .send(&[&frame(0x81, b"before")[..], &bytes].concat())
            .await;
        client.expect(0x81, b"before").await;
        client.expect_close(code).await;
        let fault = error.recv().await.unwrap().fault().expect("a fault");
        assert_eq!(fault.close_code().get(), code, "{bytes:x?}");
        client.ends().await;
    }
}

/// A code that may not be sent is a fault; each other one is in the answer.
#[tokio::test]
async fn close_codes_from_0_to_5000() {
    for code in (0..=5000).chain([u16::MAX]) {
        let mut client = connect(settings(), echo);
        client.send(&frame(0x88, &code.to_be_bytes())).await;
        let is_valid = codec::CloseCode::new(code).is_some();
        client
            .expect_close(if is_valid { code } else { 1002 })
            .await;
        client.ends().await;
    }
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn a_deflate_bomb_is_too_big() {
    use crate::{
        Compression,
        deflate::{Agreement, Coder},
    };

    let compression = Compression::new();
    let agreement = || Agreement::select("permessage-deflate", &compression).unwrap();
    let bomb = Coder::new(&compression, agreement()).compress(&vec![0; 64 << 20]);
    let (io, theirs) = duplex(PIPE);
    let settings = Arc::new(settings().max_message_size(100_000));
    let coder = Coder::new(&compression, agreement());
    let connection = Connection::new(Box::new(theirs), false, Some(coder), settings);
    let shared = Shared::new(connection, None);
    let task = tokio::spawn(Driver::new(
        Arc::clone(&shared),
        echo(WebSocket::new(&shared)),
        None,
    ));
    let mut client = Client { io, task };
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    client.send(&frame(0xc2, &bomb)).await;
    client.expect_close(1009).await;
    client.ends().await;
}

#[tokio::test]
async fn a_handler_that_ends_closes_with_1000() {
    let mut client = connect(settings(), |mut socket| async move {
        socket.send("bye").await.unwrap();
    });
    client.expect(0x81, b"bye").await;
    client.expect_close_and_answer(1000).await;
    client.ends().await;
}

impl Client {
    async fn expect_close_and_answer(&mut self, code: u16) {
        let (first, payload) = self.read().await.expect("a close frame");
        assert_eq!(first, 0x88);
        if !payload.is_empty() {
            assert_eq!(&payload[..2], &code.to_be_bytes()[..]);
        }
        self.send(&frame(0x88, &payload)).await;
    }
}

#[tokio::test]
async fn close_waits_for_the_answer_and_discards_messages() {
    let (done, closed) = oneshot::channel();
    let mut client = connect(settings(), |socket| async move {
        let code = CloseCode::new(4000).unwrap();
        done.send(socket.close(code, "enough").await).unwrap();
    });
    client.expect(0x88, b"\x0f\xa0enough").await;
    // More than may be unread.
    for _ in 0..10 {
        client.send(&frame(0x82, &[0; 60_000])).await;
    }
    client.send(&frame(0x88, b"\x0f\xa0")).await;
    assert!(closed.await.unwrap().is_ok());
    client.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_a_close_frame_is_cut_off() {
    let (done, closed) = oneshot::channel();
    let mut client = connect(settings(), |socket| async move {
        done.send(socket.close(CloseCode::NORMAL, "").await)
            .unwrap();
    });
    client.expect_close(1000).await;
    assert!(closed.await.unwrap().unwrap_err().is_timeout());
    client.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_close_the_connection_is_cut_off() {
    let mut client = connect(settings(), echo);
    client.send(&frame(0x88, b"")).await;
    client.expect(0x88, b"").await;
    // Its side stays open.
    client.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_and_a_close_frame_is_found_while_the_handler_waits_for_something_else()
{
    let mut client = connect(settings(), |_socket| async {
        std::future::pending::<()>().await;
    });
    client.send(&frame(0x89, b"1")).await;
    client.expect(0x8a, b"1").await;
    client.send(&frame(0x82, b"unread")).await;
    client.send(&frame(0x89, b"2")).await;
    client.expect(0x8a, b"2").await;
    client.send(&frame(0x88, b"\x03\xe9")).await;
    client.expect_close(1001).await;
}

#[tokio::test(start_paused = true)]
async fn pings_are_sent_and_a_silent_client_ends_whatever_the_handler_does() {
    let settings = || settings().ping_interval(Duration::from_secs(30));
    let (errors, mut error) = mpsc::unbounded_channel();
    let mut client = connect(settings(), |mut socket| async move {
        tokio::time::sleep(Duration::from_secs(100)).await;
        errors.send(socket.recv().await).unwrap();
    });
    for _ in 0..2 {
        client.expect(0x89, b"").await;
        client.send(&frame(0x8a, b"")).await;
    }
    client.expect(0x89, b"").await;
    assert_eq!(client.read().await, None);
    let error = error.recv().await.unwrap().unwrap().unwrap_err();
    assert!(error.is_timeout(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_found() {
    let settings = settings().ping_interval(Duration::from_secs(30));
    let (results, mut result) = mpsc::unbounded_channel();
    let mut client = connect(settings, |mut socket| async move {
        loop {
            if let Err(error) = socket.send(vec![0; 10_000]).await {
                results.send(error).unwrap();
                break;
            }
        }
        results
            .send(socket.recv().await.unwrap().unwrap_err())
            .unwrap();
    });
    // It sends, so it is not silent.
    let mut sent = 0;
    while client.io.write_all(&frame(0x8a, b"")).await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        sent += 1;
    }
    assert!((30..200).contains(&sent), "{sent}");
    assert!(result.recv().await.unwrap().is_closed());
    assert!(result.recv().await.unwrap().is_timeout());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_takes_too_long_is_refused() {
    for start in [
        &b"\x82"[..],
        b"\x82\x85\0\0\0\0a",
        &frame(0x02, b"a"),
        &frame(0x02, b""),
    ] {
        let mut client = connect(settings(), echo);
        client.send(&frame(0x81, b"first")).await;
        client.expect(0x81, b"first").await;
        client.send(start).await;
        if start.len() > 7 {
            // Endless fragments.
            let (mut reader, mut writer) = tokio::io::split(client.io);
            let fragments = async {
                while writer.write_all(&frame(0x00, b"")).await.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            };
            let mut close = [0; 4];
            tokio::select! {
                () = fragments => panic!("it ended without a close frame"),
                read = reader.read_exact(&mut close) => { read.unwrap(); }
            }
            assert_eq!((close[0], &close[2..]), (0x88, &1008_u16.to_be_bytes()[..]));
        } else {
            client.expect_close(1008).await;
        }
    }
}

#[tokio::test]
async fn a_connection_that_ends_without_a_close_frame_is_an_error() {
    let (errors, mut error) = mpsc::unbounded_channel();
    let client = connect(settings(), |mut socket| async move {
        errors
            .send(socket.recv().await.unwrap().unwrap_err())
            .unwrap();
        assert!(socket.recv().await.is_none());
        assert!(socket.send("late").await.unwrap_err().is_closed());
    });
    drop(client.io);
    let error = error.recv().await.unwrap();
    assert!(
        !error.is_closed() && !error.is_timeout() && error.fault().is_none(),
        "{error}"
    );
    client.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn unread_messages_and_unsent_ones_are_bounded() {
    let (go, gone) = oneshot::channel::<()>();
    let (counts, mut count) = mpsc::unbounded_channel();
    let mut client = connect(settings(), |mut socket| async move {
        let sender = socket.sender();
        let mut sent = 0;
        while sender.try_send(vec![0; 1000]).is_ok() {
            sent += 1;
        }
        assert!(sender.try_send("more").unwrap_err().is_full());
        counts.send(sent).unwrap();
        gone.await.unwrap();
        let mut received = 0;
        while let Some(Ok(message)) = socket.recv().await {
            received += message.as_bytes().len();
        }
        counts.send(received).unwrap();
    });
    let sent = count.recv().await.unwrap();
    assert!((64..200).contains(&sent), "{sent}");
    // As much as the server reads ahead, and as the pipe holds.
    let mut accepted = 0;
    let message = frame(0x82, &[0; 1000]);
    for _ in 0..1000 {
        let write = client.io.write(&message);
        let Some(written) = tokio::time::timeout(Duration::from_millis(50), write)
            .await
            .ok()
        else {
            break;
        };
        accepted += written.unwrap();
        if !accepted.is_multiple_of(message.len()) {
            break;
        }
    }
    assert!((PIPE..2 * PIPE + 40_000).contains(&accepted), "{accepted}");
    go.send(()).unwrap();
    let rest = message.len() - accepted % message.len();
    client.send(&message[message.len() - rest..]).await;
    client.send(&frame(0x88, b"")).await;
    let received = count.recv().await.unwrap();
    assert_eq!(received, accepted.div_ceil(message.len()) * 1000);
}

#[tokio::test]
async fn unread_http2_stream_is_reset_and_drained_until_then() {
    let settings = settings().max_message_size(100_000).max_unread(50_000);
    let (errors, mut error) = mpsc::unbounded_channel();
    let (go, gone) = oneshot::channel::<()>();
    let mut client = connect_with(settings, true, None, |mut socket| async move {
        gone.await.unwrap();
        let mut received = 0;
        let error = loop {
            match socket.recv().await.unwrap() {
                Ok(message) => received += message.as_bytes().len(),
                Err(error) => break error,
            }
        };
        errors.send((received, error)).unwrap();
    });
    let mut sent = 0;
    while client.io.write_all(&frame(0x82, &[0; 2])).await.is_ok() {
        sent += 1;
    }
    assert!((2000..10_000).contains(&sent), "{sent}");
    go.send(()).unwrap();
    let (received, error) = error.recv().await.unwrap();
    assert!((3000..20_000).contains(&received), "{received}: {error}");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_closes_and_the_handler_receives_until_the_answer() {
    let (stop, stopped) = oneshot::channel::<()>();
    let signal: ShutdownSignal = Box::pin(stopped.map(|_| ()));
    let (messages, mut message) = mpsc::unbounded_channel();
    let settings = settings().shutdown_spread(Duration::from_secs(3));
    let mut client = connect_with(settings, false, Some(signal), |mut socket| async move {
        while let Some(Ok(message)) = socket.recv().await {
            messages.send(message).unwrap();
            let _ = socket.send("late").await;
        }
    });
    stop.send(()).unwrap();
    client.expect_close(1001).await;
    client.send(&frame(0x81, b"under way")).await;
    assert_eq!(message.recv().await, Some(Message::text("under way")));
    client.send(&frame(0x88, b"\x03\xe9")).await;
    assert_eq!(message.recv().await, None);
    client.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_a_client_that_is_gone_within_the_deadline() {
    let (stop, stopped) = oneshot::channel::<()>();
    let signal: ShutdownSignal = Box::pin(stopped.map(|_| ()));
    let client = connect_with(settings(), false, Some(signal), echo);
    stop.send(()).unwrap();
    client.task.await.unwrap();
}

#[tokio::test]
async fn a_handler_that_panics_closes_with_1011() {
    let mut client = connect(settings(), |mut socket| async move {
        socket.recv().await;
        panic!("a test of panics");
    });
    client.send(&frame(0x81, b"go")).await;
    client.expect_close_and_answer(1011).await;
    assert_eq!(client.read().await, None);
    drop(client.io);
    assert!(client.task.await.unwrap_err().is_panic());
}

#[tokio::test]
async fn halves_work_in_other_tasks_after_the_handler_has_ended() {
    let mut client = connect(settings(), |socket| async move {
        let (sender, mut receiver) = socket.split();
        let (queue, mut queued) = mpsc::channel(1);
        tokio::spawn(async move {
            while let Some(Ok(message)) = receiver.recv().await {
                queue.send(message).await.unwrap();
            }
            assert!(receiver.close_frame().is_some());
        });
        tokio::spawn(async move {
            while let Some(message) = queued.recv().await {
                sender.send(message).await.unwrap();
            }
        });
    });
    for i in 0..100_u8 {
        client.send(&frame(0x82, &[i; 3000])).await;
        client.expect(0x82, &[i; 3000]).await;
    }
    client.send(&frame(0x88, b"\x03\xe8")).await;
    client.expect_close(1000).await;
    client.ends().await;
}

#[tokio::test]
async fn a_socket_within_a_set_of_futures_is_woken() {
    let mut client = connect(settings(), |socket| async move {
        let mut set = FuturesUnordered::new();
        set.push(echo(socket).boxed());
        set.push(std::future::pending().boxed());
        set.next().await;
    });
    for i in 0..10_u8 {
        tokio::task::yield_now().await;
        client.send(&frame(0x82, &[i])).await;
        client.expect(0x82, &[i]).await;
    }
}

#[tokio::test]
async fn a_stream_and_a_sink() {
    let mut client = connect(settings(), |socket| async move {
        let (sink, stream) = StreamExt::split(socket);
        stream.forward(sink).await
    });
    client.send(&frame(0x81, b"Hello")).await;
    client.expect(0x81, b"Hello").await;
    client.send(&frame(0x88, b"")).await;
    client.expect(0x88, b"").await;
    client.ends().await;
    let mut client = connect(settings(), |mut socket| async move {
        socket.feed(Message::text("1")).await.unwrap();
        SinkExt::send(&mut socket, Message::text("2"))
            .await
            .unwrap();
        SinkExt::close(&mut socket).await.unwrap();
        assert!(socket.next().await.is_none());
    });
    client.expect(0x81, b"1").await;
    client.expect(0x81, b"2").await;
    client.expect_close_and_answer(1000).await;
    client.ends().await;
}

#[tokio::test]
async fn a_socket_that_is_only_sent_to_stays_open() {
    let (senders, mut sender) = mpsc::unbounded_channel();
    let mut client = connect(settings(), |socket| async move {
        let (sender, _) = socket.split();
        senders.send(sender).unwrap();
    });
    let sender = sender.recv().await.unwrap();
    for _ in 0..100 {
        client.send(&frame(0x82, &[0; 2000])).await;
    }
    sender.send("news").await.unwrap();
    client.expect(0x81, b"news").await;
    sender.clone().close(CloseCode::NORMAL, "");
    assert!(sender.send("late").await.unwrap_err().is_closed());
    client.expect_close_and_answer(1000).await;
    client.ends().await;
}

#[tokio::test]
async fn messages_of_one_turn_are_one_write() {
    let mut client = connect(settings(), echo);
    client.send(&frame(0x82, b"12345").repeat(50)).await;
    let mut bytes = vec![0; 10_000];
    let n = client.io.read(&mut bytes).await.unwrap();
    assert_eq!(n, 50 * 7);
}

#[tokio::test]
async fn handles_of_a_task_that_was_dropped_are_closed() {
    let (senders, mut sender) = mpsc::unbounded_channel();
    let client = connect(settings(), |socket| async move {
        senders.send(socket.sender()).unwrap();
        std::future::pending::<()>().await;
    });
    let sender = sender.recv().await.unwrap();
    client.task.abort();
    let _ = client.task.await;
    assert!(sender.send("late").await.unwrap_err().is_closed());
    assert!(sender.flush().await.is_err());
}
