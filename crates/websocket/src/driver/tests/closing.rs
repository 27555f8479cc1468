//! Ends of a socket: close frames, faults, and connections that are cut off.

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};

use super::*;

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
