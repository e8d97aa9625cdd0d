//! One request and its answer, bounded in time and size, and honest about what may have been carried out.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Response, Uri};

use super::endpoint::Endpoint;
use super::pool::{Connection, Pool};
use super::timely::Timely;

/// A provider's longest `Retry-After` that is believed.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A kept connection may have been closed by the other end just now; so may the next.
const TRIES: usize = 4;

/// A request without the parts every request of a line shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// Path and query.
    pub path: String,
    pub headers: Vec<(hyper::header::HeaderName, HeaderValue)>,
    pub body: Bytes,
}

/// What is known after an exchange.
#[derive(Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Not one byte of the request has left.
    NotWritten(&'static str),
    /// It may have arrived, and there is no answer.
    Lost(&'static str),
    Answer(Answer),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Whole(Bytes),
    /// Longer than we read.
    TooLong,
    /// Broken off, or not finished in time.
    CutOff,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON, if it is whole and is.
    pub fn json(&self) -> Option<serde_json::Value> {
        match &self.body {
            Body::Whole(bytes) => serde_json::from_slice(bytes).ok(),
            Body::TooLong | Body::CutOff => None,
        }
    }
}

/// The way to one endpoint.
#[derive(Debug)]
pub struct Line {
    pool: Pool,
    host: HeaderValue,
    patience: Duration,
    longest_body: usize,
}

impl Line {
    /// `patience` bounds connecting and, again, the time from the first byte written to the last one read.
    pub fn new(
        endpoint: Endpoint,
        tls: Option<std::sync::Arc<rustls::ClientConfig>>,
        patience: Duration,
        longest_body: usize,
    ) -> anyhow::Result<Self> {
        let host = HeaderValue::from_str(&endpoint.authority())?;
        Ok(Self {
            pool: Pool::new(endpoint, tls, patience)?,
            host,
            patience,
            longest_body,
        })
    }

    /// Nothing is written after `not_after`.
    pub async fn exchange(&self, request: &Request, not_after: Instant) -> Exchange {
        let mut built = match self.build(request, not_after) {
            Ok(built) => built,
            Err(why) => return Exchange::NotWritten(why),
        };
        for _ in 0..TRIES {
            let mut connection = match self.pool.take(not_after).await {
                Ok(connection) => connection,
                Err(why) => return Exchange::NotWritten(why),
            };
            let now = Instant::now();
            if now >= not_after {
                self.pool.give_back(connection);
                return Exchange::NotWritten("no connection in time");
            }
            let until = now + self.patience;
            let sent = tokio::time::timeout_at(until.into(), connection.send(built)).await;
            match sent {
                Err(_) => return Exchange::Lost("no answer in time"),
                Ok(Ok(response)) => return self.read(response, connection, until).await,
                Ok(Err(Some(back))) => built = back,
                Ok(Err(None)) => return Exchange::Lost("the connection broke"),
            }
        }
        Exchange::NotWritten("every connection was closed at once")
    }

    fn build(
        &self,
        request: &Request,
        not_after: Instant,
    ) -> Result<hyper::Request<Timely>, &'static str> {
        let uri: Uri = request
            .path
            .parse()
            .map_err(|_| "the path is no URL path")?;
        let mut built = hyper::Request::new(Timely::new(request.body.clone(), not_after));
        *built.method_mut() = request.method.clone();
        *built.uri_mut() = uri;
        let headers = built.headers_mut();
        headers.reserve(request.headers.len() + 3);
        headers.insert(HOST, self.host.clone());
        headers.insert(USER_AGENT, HeaderValue::from_static("hailmast"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body.len()));
        for (name, value) in &request.headers {
            headers.insert(name.clone(), value.clone());
        }
        Ok(built)
    }

    async fn read(
        &self,
        response: Response<Incoming>,
        connection: Connection,
        until: Instant,
    ) -> Exchange {
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(seconds);
        let body = self.body(response.into_body(), until).await;
        if matches!(body, Body::Whole(_)) {
            self.pool.give_back(connection);
        }
        Exchange::Answer(Answer {
            status,
            retry_after,
            body,
        })
    }

    async fn body(&self, mut body: Incoming, until: Instant) -> Body {
        let mut first: Option<Bytes> = None;
        let mut more = BytesMut::new();
        loop {
            let frame = match tokio::time::timeout_at(until.into(), body.frame()).await {
                Err(_) | Ok(Some(Err(_))) => return Body::CutOff,
                Ok(None) => break,
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let so_far = first.as_ref().map_or(0, Bytes::len) + more.len();
            if so_far + data.len() > self.longest_body {
                return Body::TooLong;
            }
            if first.is_none() {
                first = Some(data);
            } else {
                more.extend_from_slice(&data);
            }
        }
        let first = first.unwrap_or_default();
        if more.is_empty() {
            return Body::Whole(first);
        }
        let mut whole = BytesMut::with_capacity(first.len() + more.len());
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&more);
        Body::Whole(whole.freeze())
    }
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    let seconds: u64 = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}
