//! What the simulated Twilio brings: signed calls to whoever asked for them, again until they are answered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use super::core::{Delivery, What};
use super::entry::{Entry, Event};
use super::fate::State;
use super::session::micros;
use super::twilio::Api;
use super::twilio_answers::sid;
use crate::twilio::signature;
use crate::web::{Endpoint, Exchange, Line, Request, form};

/// Calls under way at once.
const AT_ONCE: usize = 64;
const BRING_AGAIN: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(15);
/// How long something waits that nobody has named a place for.
const NOWHERE: Duration = Duration::from_millis(500);

pub(super) async fn run(api: Arc<Api>) {
    let mut lines: HashMap<String, Arc<Line>> = HashMap::new();
    let mut under_way = FuturesUnordered::new();
    loop {
        let now = Instant::now();
        let (due, next) = {
            let mut core = api.shared.core();
            let next = core.ripen(now);
            let room = AT_ONCE.saturating_sub(under_way.len());
            let count = room.min(core.ready.len());
            (core.ready.drain(..count).collect::<Vec<_>>(), next)
        };
        for delivery in due {
            let Some((url, pairs)) = call(&api, &delivery) else {
                api.shared.core().bring_again(delivery, NOWHERE, now);
                continue;
            };
            let Some(line) = line(&mut lines, &url) else {
                continue;
            };
            note(&api, &delivery, false);
            under_way.push(bring(Arc::clone(&api), line, url, pairs, delivery));
        }
        let wait = next.map_or(Duration::from_millis(200), |next| {
            next.saturating_duration_since(now)
        });
        let wait = wait.clamp(Duration::from_millis(1), Duration::from_millis(200));
        tokio::select! {
            () = api.shared.stop.cancelled() => return,
            () = api.shared.wake.notified() => {}
            Some(()) = under_way.next() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn bring(
    api: Arc<Api>,
    line: Arc<Line>,
    url: String,
    pairs: Vec<(String, String)>,
    delivery: Delivery,
) {
    let signed = signature::sign(&api.options().auth_token, &url, &pairs);
    let target = url
        .split_once("://")
        .and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
    let (Some(target), Ok(signed)) = (target, HeaderValue::from_str(&signed)) else {
        return;
    };
    let body = form::encode(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())));
    let request = Request {
        method: Method::POST,
        path: target,
        headers: vec![
            (
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            ),
            (HeaderName::from_static("x-twilio-signature"), signed),
        ],
        body: Bytes::from(body),
    };
    let answered = line.exchange(&request, Instant::now() + PATIENCE).await;
    if matches!(answered, Exchange::Answer(answer) if answer.is_success()) {
        note(&api, &delivery, true);
    } else {
        api.shared
            .core()
            .bring_again(delivery, BRING_AGAIN, Instant::now());
    }
}

/// Where a call goes and what it says; `None` while there is nowhere to go.
fn call(api: &Api, delivery: &Delivery) -> Option<(String, Vec<(String, String)>)> {
    let options = api.options();
    let account = options.account_sid.clone();
    let person = format!("+{}", delivery.person);
    let (url, pairs) = match &delivery.what {
        What::Receipt { id, state, .. } => {
            let url = api.callbacks().get(id)?.to_string();
            let (status, error) = match state {
                State::Enroute => ("sent", None),
                State::Delivered => ("delivered", None),
                State::Undeliverable(code) => ("undelivered", Some(error_code(*code))),
            };
            let mut pairs = vec![
                ("MessageSid", sid(*id)),
                ("SmsSid", sid(*id)),
                ("MessageStatus", status.to_owned()),
                ("SmsStatus", status.to_owned()),
                ("To", person),
                ("From", delivery.ours.to_string()),
            ];
            pairs.extend(error.map(|code| ("ErrorCode", code.to_string())));
            (url, pairs)
        }
        What::Reply { id, text } => {
            let url = Some(options.inbound_url.clone()).filter(|url| !url.is_empty())?;
            let pairs = vec![
                ("MessageSid", sid(*id)),
                ("SmsSid", sid(*id)),
                ("SmsStatus", "received".to_owned()),
                ("From", person),
                ("To", delivery.ours.to_string()),
                ("Body", text.to_string()),
                ("NumMedia", "0".to_owned()),
            ];
            (url, pairs)
        }
    };
    let common = [
        ("AccountSid", account),
        ("ApiVersion", "2010-04-01".to_owned()),
    ];
    let all = pairs.into_iter().chain(common);
    Some((
        url,
        all.map(|(name, value)| (name.to_owned(), value)).collect(),
    ))
}

/// The carrier's error numbers in Twilio's words.
pub(super) const fn error_code(code: u16) -> u32 {
    match code {
        610 => 21610,
        11 => 30003,
        code => 30_000 + code as u32,
    }
}

fn line(lines: &mut HashMap<String, Arc<Line>>, url: &str) -> Option<Arc<Line>> {
    let endpoint = Endpoint::parse(url, true).ok()?;
    let origin = endpoint.authority();
    if let Some(known) = lines.get(&origin) {
        return Some(Arc::clone(known));
    }
    let line = Arc::new(Line::new(endpoint, None, PATIENCE, 64 * 1024).ok()?);
    lines.insert(origin, Arc::clone(&line));
    Some(line)
}

fn note(api: &Api, delivery: &Delivery, answered: bool) {
    let mut core = api.shared.core();
    let first = u64::from(!delivery.again);
    let mut entry = Entry {
        t: micros(),
        from: format!("+{}", delivery.person).into(),
        to: (&*delivery.ours).into(),
        again: delivery.again,
        ..Entry::default()
    };
    match (&delivery.what, answered) {
        (What::Receipt { id, state, dup }, false) => {
            core.receipts_sent += first;
            (entry.e, entry.id, entry.dup) = (Event::Receipt, sid(*id).into(), *dup);
            entry.state = state.name().into();
        }
        (What::Receipt { id, .. }, true) => {
            core.receipts_answered += 1;
            (entry.e, entry.id) = (Event::ReceiptOk, sid(*id).into());
        }
        (What::Reply { id, text }, false) => {
            core.replies_sent += first;
            (entry.e, entry.id) = (Event::Reply, sid(*id).into());
            entry.text = Some((&**text).into());
        }
        (What::Reply { id, .. }, true) => {
            core.replies_answered += 1;
            (entry.e, entry.id) = (Event::ReplyOk, sid(*id).into());
        }
    }
    drop(core);
    api.shared.log.add(&entry);
}
