//! Calls of addresses that customers name: one request and its answer, bounded in time and size, never to a place
//! that is not public ([`guard`]), and never on to another one: redirects are answers like others.
//!
//! The name is resolved once, its addresses are judged, and the connection goes to one that was: a name that
//! resolves to something else a moment later gains nothing.

mod guard;
mod signature;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::web::Endpoint;

pub use guard::is_public;
pub use signature::{Secret, SecretError};

/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 3;

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub url: String,
    /// Such as `POST`.
    pub method: String,
    /// Beside those that every request has.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// From the first look at the name to the last byte of the answer.
    pub patience: Duration,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    Answered {
        status: u16,
        /// `None`: longer than is read, or broken off.
        body: Option<Bytes>,
    },
    /// It is never called, however often it is tried.
    Refused(&'static str),
    /// No answer this time; it may have arrived.
    Failed(&'static str),
}

/// Makes calls. Whom it believes and where it goes is settled once.
#[derive(Clone)]
pub struct Caller {
    tls: TlsConnector,
    /// Addresses that are not public may be called, and without TLS.
    private: bool,
    longest_answer: usize,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller")
            .field("private", &self.private)
            .finish_non_exhaustive()
    }
}

impl Caller {
    /// `private`: for machines of one's own. `longest_answer`: bytes of an answer that are read.
    pub fn new(private: bool, longest_answer: usize) -> anyhow::Result<Self> {
        let config: Arc<ClientConfig> = crate::tls::client(None)?;
        Ok(Self {
            tls: TlsConnector::from(config),
            private,
            longest_answer,
        })
    }

    pub async fn call(&self, call: &Call) -> Called {
        let (endpoint, request) = match self.prepare(call) {
            Ok(prepared) => prepared,
            Err(why) => return Called::Refused(why),
        };
        match tokio::time::timeout(call.patience, self.exchange(&endpoint, request)).await {
            Ok(Ok(called)) => called,
            Ok(Err(why)) => Called::Failed(why),
            Err(_) => Called::Failed("no answer in time"),
        }
    }

    fn prepare(&self, call: &Call) -> Result<(Endpoint, Request<Full<Bytes>>), &'static str> {
        let endpoint = Endpoint::parse(&call.url, self.private)
            .map_err(|_| "this is no address that may be called")?;
        let uri: Uri = call.url.parse().map_err(|_| "this is no address")?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let host = HeaderValue::from_str(&endpoint.authority()).map_err(|_| "this is no host")?;
        let mut request = Request::new(Full::new(call.body.clone()));
        *request.method_mut() =
            Method::from_bytes(call.method.as_bytes()).map_err(|_| "this is no method")?;
        *request.uri_mut() = path.parse().map_err(|_| "this is no path")?;
        let headers = request.headers_mut();
        for (name, value) in &call.headers {
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| "a header has no such name")?;
            let value =
                HeaderValue::from_str(value).map_err(|_| "a header cannot have this value")?;
            headers.insert(name, value);
        }
        headers.insert(HOST, host);
        headers.insert(USER_AGENT, HeaderValue::from_static("hailmast"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(call.body.len()));
        Ok((endpoint, request))
    }

    async fn exchange(
        &self,
        endpoint: &Endpoint,
        request: Request<Full<Bytes>>,
    ) -> Result<Called, &'static str> {
        let name = (endpoint.host.as_str(), endpoint.port);
        let found: Vec<SocketAddr> = tokio::net::lookup_host(name)
            .await
            .map_err(|_| "the host has no address")?
            .collect();
        let public = |address: &&SocketAddr| self.private || is_public(address.ip());
        let allowed: Vec<SocketAddr> = found.iter().filter(public).copied().collect();
        if allowed.is_empty() && !found.is_empty() {
            return Ok(Called::Refused("the host is not a public one"));
        }
        let stream = connect(&allowed).await?;
        let _ = stream.set_nodelay(true);
        let mut sender = if endpoint.tls {
            let server = ServerName::try_from(endpoint.host.clone())
                .map_err(|_| "the host has no name that a certificate could have")?;
            let stream = self
                .tls
                .connect(server, stream)
                .await
                .map_err(|_| "the certificate or the TLS of the host is not acceptable")?;
            shake_hands(stream).await?
        } else {
            shake_hands(stream).await?
        };
        let response = sender
            .send_request(request)
            .await
            .map_err(|_| "the connection broke")?;
        let status = response.status().as_u16();
        let body = self.body(response.into_body()).await;
        Ok(Called::Answered { status, body })
    }

    async fn body(&self, mut body: Incoming) -> Option<Bytes> {
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.ok()?.into_data() else {
                continue;
            };
            if whole.len() + data.len() > self.longest_answer {
                return None;
            }
            whole.extend_from_slice(&data);
        }
        Some(whole.freeze())
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, &'static str> {
    for address in addresses.iter().take(MOST_ADDRESSES) {
        if let Ok(stream) = TcpStream::connect(address).await {
            return Ok(stream);
        }
    }
    Err("cannot connect to the host")
}

async fn shake_hands<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, &'static str>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(|_| "the host does not speak HTTP")?;
    tokio::spawn(async move {
        // How it ended is told to whoever waits for the answer.
        let _ = connection.await;
    });
    Ok(sender)
}
