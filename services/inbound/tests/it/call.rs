//! Calls as a provider makes them.

use std::net::SocketAddr;

use channels::twilio::signature::sign;
use channels::web::form;
use testkit::Kit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const TOKEN: &str = "12345";
/// What the provider calls, as a proxy before us is known to it.
pub const PUBLIC: &str = "https://sms.example.com";

/// The status of the answer to a form with this signature.
pub async fn post(kit: &Kit, target: &str, body: &str, signature: &str) -> u16 {
    let address: SocketAddr = kit.base_url.trim_start_matches("http://").parse().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: internal.example\r\nX-Twilio-Signature: {signature}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let _ = stream.write_all(body.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// The same, signed as the provider signs.
pub async fn signed(kit: &Kit, target: &str, body: &str) -> u16 {
    let url = format!("{PUBLIC}{target}");
    let signature = sign(TOKEN, &url, &form::decode(body.as_bytes()));
    post(kit, target, body, &signature).await
}
