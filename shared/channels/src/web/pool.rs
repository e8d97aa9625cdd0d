//! Connections that are kept for the next request. How many there are is bounded by whoever sends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::endpoint::Endpoint;
use super::timely::Timely;

/// Shorter than what servers commonly keep an idle connection for.
const IDLE_FOR: Duration = Duration::from_secs(20);

pub(super) struct Pool {
    endpoint: Endpoint,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    connect_within: Duration,
    idle: Mutex<Vec<(SendRequest<Timely>, Instant)>>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("host", &self.endpoint.host)
            .finish_non_exhaustive()
    }
}

/// One connection, in the hands of one request.
pub(super) struct Connection {
    sender: SendRequest<Timely>,
}

impl Connection {
    /// An error gives the request back if not one byte of it was written.
    pub(super) async fn send(
        &mut self,
        request: Request<Timely>,
    ) -> Result<Response<Incoming>, Option<Request<Timely>>> {
        if self.sender.ready().await.is_err() {
            return Err(Some(request));
        }
        self.sender
            .try_send_request(request)
            .await
            .map_err(|mut error| error.take_message())
    }
}

impl Pool {
    pub(super) fn new(
        endpoint: Endpoint,
        tls: Option<Arc<ClientConfig>>,
        connect_within: Duration,
    ) -> anyhow::Result<Self> {
        let tls = match (endpoint.tls, tls) {
            (false, _) => None,
            (true, Some(config)) => {
                let name = ServerName::try_from(endpoint.host.clone())?;
                Some((TlsConnector::from(config), name))
            }
            (true, None) => anyhow::bail!("https needs a TLS configuration"),
        };
        Ok(Self {
            endpoint,
            tls,
            connect_within,
            idle: Mutex::default(),
        })
    }

    /// A kept connection, or a new one.
    pub(super) async fn take(&self, not_after: Instant) -> Result<Connection, &'static str> {
        if let Some(sender) = self.kept() {
            return Ok(Connection { sender });
        }
        let until = not_after.min(Instant::now() + self.connect_within);
        match tokio::time::timeout_at(until.into(), self.connect()).await {
            Ok(connected) => connected.map(|sender| Connection { sender }),
            Err(_) => Err("the provider did not take our connection in time"),
        }
    }

    /// The connection used last: the others may then run out of use.
    fn kept(&self) -> Option<SendRequest<Timely>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((sender, since)) = idle.pop() {
            if since.elapsed() > IDLE_FOR {
                idle.clear();
                return None;
            }
            if !sender.is_closed() {
                return Some(sender);
            }
        }
        None
    }

    pub(super) fn give_back(&self, connection: Connection) {
        if !connection.sender.is_closed() {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((connection.sender, Instant::now()));
        }
    }

    async fn connect(&self) -> Result<SendRequest<Timely>, &'static str> {
        let address = (self.endpoint.host.as_str(), self.endpoint.port);
        let stream = TcpStream::connect(address)
            .await
            .map_err(|_| "cannot connect to the provider")?;
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => shake_hands(stream).await,
            Some((connector, name)) => {
                let stream = connector
                    .connect(name.clone(), stream)
                    .await
                    .map_err(|_| "the provider's certificate or TLS is not acceptable")?;
                shake_hands(stream).await
            }
        }
    }
}

async fn shake_hands<S>(stream: S) -> Result<SendRequest<Timely>, &'static str>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(|_| "the provider does not speak HTTP")?;
    tokio::spawn(async move {
        // How it ended is told to whoever waits for an answer.
        let _ = connection.await;
    });
    Ok(sender)
}
