//! How the simulated Twilio answers `POST …/Messages.json`, well or badly, and who asks for what it took.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::StreamExt;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::core::{Arrived, Taken};
use super::entry::{Entry, Event};
use super::session::micros;
use super::twilio::Api;
use crate::web::form;

const LONGEST_REQUEST: usize = 64 * 1024;

/// What goes wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mischief {
    None,
    /// The text is taken, and the answer is a web page.
    Html,
    /// The text is taken, and the answer never ends being long.
    Oversized,
    /// The text is taken, and the answer drips.
    Drip,
    /// The text is taken, and the connection is closed without an answer.
    Close,
    /// The text is not taken; an answer of this status, with a web page.
    Status(u16),
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the simulated carrier hangs up")]
pub(super) struct HangUp;

type Answer = Response<BoxBody<Bytes, Infallible>>;

pub(super) async fn answer(api: &Api, request: Request<Incoming>) -> Result<Answer, HangUp> {
    let mischief = api.mischief();
    if let Mischief::Status(status) = mischief {
        return Ok(page(StatusCode::from_u16(status).unwrap_or_default()));
    }
    let (parts, body) = request.into_parts();
    let (account, credentials) = {
        let options = api.options();
        let plain = format!("{}:{}", options.account_sid, options.auth_token);
        let credentials = format!("Basic {}", STANDARD.encode(plain));
        (options.account_sid.clone(), credentials)
    };
    let below = format!("/2010-04-01/Accounts/{account}/Messages");
    let path = format!("{below}.json");
    if parts
        .headers
        .get(AUTHORIZATION)
        .is_none_or(|shown| shown != credentials.as_str())
    {
        return Ok(error(StatusCode::UNAUTHORIZED, 20003, "Authenticate"));
    }
    let asked = parts
        .uri
        .path()
        .strip_prefix(&below)
        .filter(|_| parts.method == Method::GET);
    let query = parts.uri.query().unwrap_or_default();
    if let Some(told) = asked.and_then(|rest| api.texts().tell(&account, rest, query)) {
        return Ok(json_answer(StatusCode::OK, &told));
    }
    if parts.method != Method::POST || parts.uri.path() != path {
        return Ok(error(
            StatusCode::NOT_FOUND,
            20404,
            "The requested resource was not found",
        ));
    }
    let body = Limited::new(body, LONGEST_REQUEST).collect().await;
    let Ok(body) = body else {
        return Ok(error(
            StatusCode::BAD_REQUEST,
            20001,
            "The request is too long",
        ));
    };
    let (taken, answer) = submit(api, &form::decode(&body.to_bytes()));
    match (taken, mischief) {
        (Taken::Silent(_), _) => {
            api.shared.stop.cancelled().await;
            Err(HangUp)
        }
        (Taken::Id(_), Mischief::Close) => Err(HangUp),
        (Taken::Id(_), Mischief::Html) => Ok(page(StatusCode::CREATED)),
        (Taken::Id(_), Mischief::Oversized) => Ok(oversized()),
        (Taken::Id(_), Mischief::Drip) => Ok(drip()),
        _ => Ok(answer),
    }
}

fn submit(api: &Api, pairs: &[(String, String)]) -> (Taken, Answer) {
    let field = |name: &str| {
        let pair = pairs.iter().find(|(key, _)| key == name);
        pair.map_or("", |(_, value)| value.as_str())
    };
    let bad = |code, text| {
        (
            Taken::InvalidNumber,
            error(StatusCode::BAD_REQUEST, code, text),
        )
    };
    let text = field("Body");
    let service = field("MessagingServiceSid");
    let from = match field("From") {
        "" if !service.is_empty() => api.options().service_number.clone(),
        from => from.to_owned(),
    };
    if text.is_empty() {
        return bad(21602, "Message body is required");
    }
    if from.is_empty() {
        return bad(21603, "A 'From' phone number is required");
    }
    let Some(to) = field("To").strip_prefix('+').and_then(|to| to.parse().ok()) else {
        return bad(21211, "Invalid 'To' Phone Number");
    };
    let callback = field("StatusCallback");
    let arrived = Arrived {
        to,
        from: &from,
        text,
        place: None,
        receipt_wanted: !callback.is_empty(),
        looks_first: true,
    };
    let mut core = api.shared.core();
    let taken = core.submit(&arrived, Instant::now());
    drop(core);
    let id = match taken {
        Taken::Id(id) | Taken::Silent(id) => Some(id),
        _ => None,
    };
    if let Some(id) = id {
        let options = api.shared.core().options.clone();
        api.texts().add(id, (field("To"), &from), text, &options);
    }
    if let Some(id) = id.filter(|_| !callback.is_empty()) {
        api.callbacks().insert(id, Arc::from(callback));
    }
    api.shared.wake.notify_one();
    let answer = match taken {
        Taken::Id(id) | Taken::Silent(id) => created(api, id, &from, field("To"), text),
        Taken::Throttled => error(StatusCode::TOO_MANY_REQUESTS, 20429, "Too Many Requests"),
        Taken::QueueFull => error(StatusCode::TOO_MANY_REQUESTS, 21611, "The queue is full"),
        Taken::InvalidNumber => bad(21211, "Invalid 'To' Phone Number").1,
        Taken::Unroutable => bad(21612, "The 'To' phone number is not reachable").1,
        Taken::GeoBlocked => bad(21408, "Permission to send to this region is not enabled").1,
        Taken::Blocked => bad(21610, "Attempt to send to unsubscribed recipient").1,
    };
    let state = if id.is_some() {
        String::new()
    } else {
        answer.status().as_str().to_owned()
    };
    api.shared.log.add(&Entry {
        t: micros(),
        e: if id.is_some() {
            Event::Submit
        } else {
            Event::Reject
        },
        id: id.map(sid).unwrap_or_default().into(),
        from: from.as_str().into(),
        to: field("To").into(),
        text: Some(text.into()),
        state: state.into(),
        ..Entry::default()
    });
    (taken, answer)
}

pub(super) fn sid(id: u64) -> String {
    format!("SM{id:032x}")
}

fn created(api: &Api, id: u64, from: &str, to: &str, text: &str) -> Answer {
    let account = api.options().account_sid.clone();
    let message = json!({
        "sid": sid(id), "account_sid": account, "status": "queued", "direction": "outbound-api",
        "from": from, "to": to, "body": text, "num_segments": "1", "num_media": "0",
        "error_code": null, "error_message": null, "api_version": "2010-04-01",
        "uri": format!("/2010-04-01/Accounts/{account}/Messages/{}.json", sid(id)),
    });
    json_answer(StatusCode::CREATED, &message)
}

fn error(status: StatusCode, code: u32, message: &str) -> Answer {
    let body = json!({
        "code": code, "message": message, "status": status.as_u16(),
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
    });
    json_answer(status, &body)
}

fn json_answer(status: StatusCode, body: &Value) -> Answer {
    answer_of(status, "application/json", body.to_string().into())
}

fn page(status: StatusCode) -> Answer {
    answer_of(
        status,
        "text/html",
        "<html><body>Please log in</body></html>".into(),
    )
}

fn answer_of(status: StatusCode, kind: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body).boxed());
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    answer
}

/// A megabyte where a kilobyte is expected.
fn oversized() -> Answer {
    let piece = Bytes::from(vec![b' '; 16 * 1024]);
    let pieces = futures::stream::iter((0..64).map(move |_| Ok(Frame::data(piece.clone()))));
    let mut answer = Response::new(BodyExt::boxed(StreamBody::new(pieces)));
    *answer.status_mut() = StatusCode::CREATED;
    answer
}

/// One byte every tenth of a second, for a minute.
fn drip() -> Answer {
    let drops = futures::stream::iter(0..600).then(|_| async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok(Frame::data(Bytes::from_static(b" ")))
    });
    let mut answer = Response::new(BodyExt::boxed(StreamBody::new(Box::pin(drops) as Drops)));
    *answer.status_mut() = StatusCode::CREATED;
    answer
}

type Drops =
    std::pin::Pin<Box<dyn futures::Stream<Item = Result<Frame<Bytes>, Infallible>> + Send + Sync>>;
