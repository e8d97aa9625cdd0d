//! `GET …/Messages/{sid}.json` and `GET …/Messages.json?To=…`: what Twilio has of a text.
//!
//! The list goes by recipient (and sender) and is read, newest first, back to the hand-over. Twilio's own filter by
//! `DateSent` is not used: a text that still waits there has none and would be overlooked. Our reference stands in the
//! callback's URL, which the list does not tell, so words and time decide.

use bytes::Bytes;
use chrono::DateTime;
use contract::chunk::Outcome;
use contract::{Phone, UnixMillis};
use hyper::Method;
use serde_json::Value;

use super::dialect::TwilioDialect;
use super::{errors, webhook};
use crate::fault::Fault;
use crate::look_up::{Finding, Sought, fingerprint};
use crate::provider::Receipt;
use crate::web::{Answer, Heard, Request, Search, form};

const PAGE_SIZE: &str = "100";
/// Pages that are read before it is given up: texts to one number from one sender since the hand-over.
const MOST_PAGES: u32 = 5;
const DAY_MS: i64 = 86_400_000;

impl TwilioDialect {
    pub(super) fn question(&self, sought: &Sought) -> Option<Request> {
        if !sought.provider_message_id.is_empty() {
            let mut path = format!("{}/", self.path.strip_suffix(".json")?);
            form::escape(&mut path, &sought.provider_message_id);
            path.push_str(".json");
            return Some(self.reading(path));
        }
        sought.fingerprint?;
        let to = sought.to?.to_string();
        let mut pairs = vec![("To", to.as_str())];
        // A messaging service chooses the sender itself.
        if self.messaging_service.is_empty() && !sought.from.is_empty() {
            pairs.push(("From", &sought.from));
        }
        pairs.push(("PageSize", PAGE_SIZE));
        Some(self.reading(format!("{}?{}", self.path, form::encode(pairs))))
    }

    fn reading(&self, path: String) -> Request {
        Request {
            method: Method::GET,
            path,
            headers: self.headers.clone(),
            body: Bytes::new(),
        }
    }

    pub(super) fn heard(&self, sought: &Sought, answer: &Answer, search: &mut Search) -> Heard {
        match answer.status {
            200 => {}
            429 => return Heard::End(Finding::TooFast(answer.retry_after)),
            // It was named once; that it is not told of any more says nothing about its fate.
            404 if !sought.provider_message_id.is_empty() => {
                return unclear("the provider does not tell of it any more");
            }
            _ => return unclear("the provider refused to answer"),
        }
        let Some(body) = answer.json() else {
            return unclear("the answer cannot be read");
        };
        if !sought.provider_message_id.is_empty() {
            let read =
                receipt(&body).filter(|one| one.provider_message_id == sought.provider_message_id);
            return match read {
                Some(receipt) => Heard::End(Finding::Taken(vec![receipt])),
                None => unclear("the answer cannot be read"),
            };
        }
        self.page(sought, &body, search)
    }

    fn page(&self, sought: &Sought, body: &Value, search: &mut Search) -> Heard {
        let Some(messages) = body.get("messages").and_then(Value::as_array) else {
            return unclear("the answer cannot be read");
        };
        let mut all_seen = messages.is_empty();
        for message in messages {
            let Some(created) = created(message) else {
                return unclear("the answer cannot be read");
            };
            let early = created.0 < sought.not_before.0;
            all_seen |= early;
            if word(message, "direction").starts_with("inbound") {
                continue;
            }
            let same_words = sought.fingerprint == Some(fingerprint(word(message, "body")));
            if early || created.0 > sought.not_after.0 {
                // The same words near that time may be it after all, where clocks differ.
                let near = created.0 >= sought.not_before.0 - DAY_MS;
                search.others += u32::from(same_words && near);
                continue;
            }
            let Some(mut receipt) = receipt(message) else {
                return unclear("the answer cannot be read");
            };
            receipt.reference = Some(sought.message);
            if same_words {
                search.found.push(receipt);
            } else {
                search.others += 1;
            }
        }
        search.pages += 1;
        let next = word(body, "next_page_uri");
        if !all_seen && !next.is_empty() {
            // Nowhere but within the list itself.
            let within = next.starts_with(&format!("{}?", self.path));
            return match within && search.pages < MOST_PAGES {
                true => Heard::Next(self.reading(next.to_owned())),
                false => unclear("the list is too long"),
            };
        }
        match (search.found.len(), search.others) {
            (0, 0) => Heard::End(Finding::NotThere),
            // Its words may have been changed or hidden on the way.
            (0, _) => unclear("texts to the same number, but in other words or at another time"),
            (1, _) => Heard::End(Finding::Taken(std::mem::take(&mut search.found))),
            _ => unclear("several equal texts to the same number"),
        }
    }
}

const fn unclear(why: &'static str) -> Heard {
    Heard::End(Finding::Unclear(why))
}

fn word<'j>(json: &'j Value, name: &str) -> &'j str {
    json.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// RFC 2822, such as `Thu, 24 Aug 2023 05:01:45 +0000`.
fn created(message: &Value) -> Option<UnixMillis> {
    let at = DateTime::parse_from_rfc2822(word(message, "date_created")).ok()?;
    Some(UnixMillis(at.timestamp_millis()))
}

fn receipt(message: &Value) -> Option<Receipt> {
    let (sid, status) = (word(message, "sid"), word(message, "status"));
    if sid.is_empty() || status.is_empty() {
        return None;
    }
    let outcome = webhook::outcome(status);
    let error = message.get("error_code").and_then(Value::as_u64);
    let error = error
        .and_then(|code| u32::try_from(code).ok())
        .filter(|code| *code > 0);
    let code = error.map_or_else(|| status.to_owned(), |code| code.to_string());
    let at = created(message)?;
    let mut receipt = Receipt::new(sid.to_owned(), outcome, code, at);
    receipt.fault =
        (outcome == Outcome::Undelivered).then(|| error.map_or(Fault::Unknown, errors::fault));
    receipt.to = word(message, "to")
        .strip_prefix('+')
        .and_then(|digits| Phone::from_digits(digits.parse().ok()?));
    receipt.from = Some(word(message, "from").to_owned()).filter(|from| !from.is_empty());
    Some(receipt)
}

#[cfg(test)]
#[path = "look_up_tests.rs"]
mod tests;
