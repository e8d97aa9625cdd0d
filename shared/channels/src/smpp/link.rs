//! Keeps one connection up: bind, serve, and after a loss bind again, ever less eagerly.

use std::time::Duration;

use rusmpp::pdus::BindTransceiver;
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use rusmpp::{CommandId, CommandStatus};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::SmppConfig;
use super::book::Book;
use super::session::{Ended, Session};
use super::status;
use super::wire::{self, Frames};
use crate::link_state::LinkState;

const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

enum BindError {
    Refused(CommandStatus),
    Down(&'static str),
}

/// Runs until the provider is closed or dropped.
pub(super) async fn keep(name: String, mut book: Book, state: watch::Sender<LinkState>) {
    let config = book.config.clone();
    let mut wait = SHORTEST;
    let mut link = 0;
    while let Some(bound) = book.meanwhile(bind(&config)).await {
        match bound {
            Ok((stream, frames)) => {
                link += 1;
                wait = SHORTEST;
                tracing::info!(provider = name, "bound");
                state.send_replace(LinkState::Bound);
                match Session::new(stream, frames, link, &mut book).run().await {
                    Ended::Closed => break,
                    Ended::Lost(_) if book.closing.is_some() => break,
                    Ended::Lost(why) => {
                        book.reconnects.increment(1);
                        tracing::warn!(provider = name, why, "link lost");
                        state.send_replace(LinkState::Down { why: why.into() });
                    }
                }
            }
            Err(BindError::Refused(status)) => {
                let status = status::name(status);
                tracing::warn!(provider = name, status, "the carrier refused the bind");
                state.send_replace(LinkState::Refused { status });
            }
            Err(BindError::Down(why)) => {
                tracing::warn!(provider = name, why, "no link");
                state.send_replace(LinkState::Down { why: why.into() });
            }
        }
        let pause = wait.mul_f64(rand::random_range(0.5..1.0));
        wait = (wait * 2).min(LONGEST);
        if book.meanwhile(tokio::time::sleep(pause)).await.is_none() {
            break;
        }
    }
    state.send_replace(LinkState::Closed);
    book.close_up();
}

async fn bind(config: &SmppConfig) -> Result<(TcpStream, Frames), BindError> {
    let attempt = async {
        let address = (config.host.as_str(), config.port);
        let mut stream = TcpStream::connect(address)
            .await
            .map_err(|_| BindError::Down("cannot connect to the carrier"))?;
        let _ = stream.set_nodelay(true);
        let mut out = bytes::BytesMut::new();
        wire::put(&mut out, CommandStatus::EsmeRok, 1, request(config));
        stream
            .write_all(&out)
            .await
            .map_err(|_| BindError::Down("writing the bind failed"))?;
        let mut frames = Frames::new();
        loop {
            match frames.next() {
                Ok(Some(command)) if command.id() == CommandId::BindTransceiverResp => {
                    return match command.status() {
                        CommandStatus::EsmeRok => Ok((stream, frames)),
                        status => Err(BindError::Refused(status)),
                    };
                }
                Ok(Some(command)) if command.id() == CommandId::GenericNack => {
                    return Err(BindError::Refused(command.status()));
                }
                // whatever else comes before the answer to the bind can only be noise
                Ok(Some(_)) => {}
                Ok(None) => match stream.read_buf(frames.space()).await {
                    Ok(count) if count > 0 => {}
                    _ => return Err(BindError::Down("the carrier closed the connection")),
                },
                Err(_) => return Err(BindError::Down("the carrier does not speak SMPP")),
            }
        }
    };
    timeout(config.response_timeout(), attempt)
        .await
        .unwrap_or(Err(BindError::Down("the carrier did not answer the bind")))
}

fn request(config: &SmppConfig) -> BindTransceiver {
    BindTransceiver::builder()
        .system_id(COctetString::from_string(config.system_id.clone()).unwrap_or_default())
        .password(COctetString::from_string(config.password.clone()).unwrap_or_default())
        .interface_version(InterfaceVersion::Smpp3_4)
        .build()
}
