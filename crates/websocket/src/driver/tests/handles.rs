//! Messages of a handler: whole sockets, halves in other tasks, streams and sinks.

use futures_util::{FutureExt, SinkExt, StreamExt, stream::FuturesUnordered};
use tokio::sync::mpsc;

use super::*;

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
