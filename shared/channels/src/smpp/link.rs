//! Keeps one connection up: bind, serve, and after a loss bind again, ever less eagerly.

use std::time::Duration;

use rusmpp::pdus::BindTransceiver;
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use rusmpp::{CommandId, CommandStatus};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::SmppConfig;
use super::book::Book;
use super::session::{Ended, Session};
use super::socket::Socket;
use super::status;
use super::wire::{self, Frames};
use crate::link_state::LinkState;
use crate::tls;

const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

enum BindError {
    Refused(CommandStatus),
    Down(&'static str),
}

/// Runs until the provider is closed or dropped. Connections are numbered from `link` on.
pub(super) async fn keep(
    name: String,
    mut book: Book,
    tls: Option<Tls>,
    mut link: u64,
    state: watch::Sender<LinkState>,
) {
    let config = book.config.clone();
    let mut wait = SHORTEST;
    while let Some(bound) = book.meanwhile(bind(&config, tls.as_ref())).await {
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

/// How a connection is made private.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    /// `None` where the settings want none.
    pub(super) fn of(config: &SmppConfig) -> anyhow::Result<Option<Self>> {
        if !config.tls {
            return Ok(None);
        }
        let name = config.server_name.as_ref().unwrap_or(&config.host);
        Ok(Some(Self {
            connector: TlsConnector::from(tls::client(config.ca_file.as_deref())?),
            name: ServerName::try_from(name.clone())?,
        }))
    }
}

async fn bind(config: &SmppConfig, tls: Option<&Tls>) -> Result<(Socket, Frames), BindError> {
    let attempt = async {
        let address = (config.host.as_str(), config.port);
        let stream = TcpStream::connect(address)
            .await
            .map_err(|_| BindError::Down("cannot connect to the carrier"))?;
        let _ = stream.set_nodelay(true);
        match tls {
            None => {
                let (stream, frames) = introduce(config, stream).await?;
                Ok((Socket::Plain(stream), frames))
            }
            Some(Tls { connector, name }) => {
                let stream = connector.connect(name.clone(), stream).await.map_err(|_| {
                    BindError::Down("the carrier's certificate or TLS is not acceptable")
                })?;
                let (stream, frames) = introduce(config, stream).await?;
                let (stream, session) = stream.into_inner();
                Ok((Socket::tls(stream, session), frames))
            }
        }
    };
    timeout(config.response_timeout(), attempt)
        .await
        .unwrap_or(Err(BindError::Down("the carrier did not answer the bind")))
}

/// Says who we are; what came in one packet with the answer is in the frames.
async fn introduce<S>(config: &SmppConfig, mut stream: S) -> Result<(S, Frames), BindError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut out = bytes::BytesMut::new();
    wire::put(&mut out, CommandStatus::EsmeRok, 1, request(config));
    let written = async {
        stream.write_all(&out).await?;
        stream.flush().await
    };
    written
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
}

fn request(config: &SmppConfig) -> BindTransceiver {
    BindTransceiver::builder()
        .system_id(COctetString::from_string(config.system_id.clone()).unwrap_or_default())
        .password(COctetString::from_string(config.password.clone()).unwrap_or_default())
        .interface_version(InterfaceVersion::Smpp3_4)
        .build()
}
