//! Calls of addresses that customers name, over real sockets.

use std::time::{Duration, Instant};

use channels::call::{Call, Called, Caller};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const MOST: usize = 1_000;

/// The address of a server that answers every call with this; `None`: it stays silent.
async fn server(answer: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/there", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut some = [0; 2048];
                let _ = stream.read(&mut some).await;
                match answer {
                    Some(answer) => {
                        let _ = stream.write_all(answer.as_bytes()).await;
                    }
                    None => tokio::time::sleep(Duration::from_secs(60)).await,
                }
            });
        }
    });
    address
}

fn answer(status: u16, body: &str) -> Option<String> {
    Some(format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nlocation: http://127.0.0.1:1/\r\nconnection: close\r\n\r\n{body}",
        body.len()
    ))
}

fn call(url: &str) -> Call {
    Call {
        url: url.to_string(),
        method: "POST".into(),
        headers: vec![("x-one".into(), "1".into())],
        body: "{}".into(),
        patience: Duration::from_millis(400),
    }
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_bound_and_a_redirect_is_one() {
    let caller = Caller::new(true, MOST).unwrap();
    let small = caller.call(&call(&server(answer(200, "yes")).await)).await;
    let read = Called::Answered {
        status: 200,
        body: Some("yes".into()),
    };
    assert_eq!(small, read);
    let long = "x".repeat(MOST + 1);
    let large = caller.call(&call(&server(answer(200, &long)).await)).await;
    let status_only = |status| Called::Answered { status, body: None };
    assert_eq!(large, status_only(200));
    let elsewhere = caller.call(&call(&server(answer(302, "")).await)).await;
    assert!(matches!(elsewhere, Called::Answered { status: 302, .. }));
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_it_may_take() {
    let caller = Caller::new(true, MOST).unwrap();
    let begun = Instant::now();
    let silent = caller.call(&call(&server(None).await)).await;
    assert_eq!(silent, Called::Failed("no answer in time"));
    assert!(begun.elapsed() < Duration::from_secs(10));
    let nobody = caller.call(&call("http://127.0.0.1:1/")).await;
    assert!(matches!(nobody, Called::Failed(_)));
}

#[tokio::test]
async fn what_is_not_public_is_refused_by_name_and_by_number() {
    let caller = Caller::new(false, MOST).unwrap();
    let address = server(answer(200, "never")).await;
    let port = address.rsplit(':').next().unwrap().to_string();
    for url in [
        address.clone(),
        format!("https://localhost:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("https://[::1]:{port}"),
        format!("https://[::ffff:127.0.0.1]:{port}"),
        "http://example.com/".to_string(),
        "ftp://example.com/".to_string(),
        "https://user:word@example.com/".to_string(),
    ] {
        let called = caller.call(&call(&url)).await;
        assert!(matches!(called, Called::Refused(_)), "{url}: {called:?}");
    }
}
