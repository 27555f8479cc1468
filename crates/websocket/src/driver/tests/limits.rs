//! Clients that are silent, slow or never read, and the bounds of both buffers.

use tokio::sync::{mpsc, oneshot};

use super::*;

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
async fn ping_is_sent_by_driver_that_moved_to_another_task() {
    let settings = settings().ping_interval(Duration::from_secs(30));
    let (io, theirs) = duplex(PIPE);
    let connection = Connection::new(Box::new(theirs), false, None, Arc::new(settings));
    let shared = Shared::new(connection, None);
    let handler = echo(WebSocket::new(&shared));
    let mut driver = Box::pin(Driver::new(shared, handler, None));
    // The timer has this waker, which wakes no task.
    let cx = &mut Context::from_waker(std::task::Waker::noop());
    assert!(driver.as_mut().poll(cx).is_pending());
    let task = tokio::spawn(driver);
    let mut client = Client { io, task };
    let ping = tokio::time::timeout(Duration::from_secs(60), client.read()).await;
    assert_eq!(ping.unwrap(), Some((0x89, Vec::new())));
}
