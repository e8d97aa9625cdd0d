//! What the simulated Twilio tells of texts that it took: one by its sid, or a list by recipient, newest first.

use std::collections::VecDeque;
use std::time::Instant;

use chrono::DateTime;
use serde_json::{Value, json};

use super::fate::{self, State};
use super::options::SmscOptions;
use super::session::micros;
use super::twilio_answers::sid;
use super::twilio_calls::error_code;
use crate::web::form;

/// Texts that are remembered; older ones are told of no more.
const MOST: usize = 10_000;

struct Text {
    id: u64,
    to: String,
    from: String,
    body: String,
    created: String,
    taken: Instant,
    /// After how many milliseconds it is where it will stay.
    final_state: Option<(u32, State)>,
}

#[derive(Default)]
pub(super) struct Texts {
    pub(super) ahead_ms: i64,
    texts: VecDeque<Text>,
}

impl Texts {
    pub(super) fn add(
        &mut self,
        id: u64,
        (to, from): (&str, &str),
        body: &str,
        options: &SmscOptions,
    ) {
        let digits = to.trim_start_matches('+').parse().unwrap_or(0);
        let fate = fate::of(digits, body, options);
        if self.texts.len() == MOST {
            self.texts.pop_front();
        }
        self.texts.push_back(Text {
            id,
            to: to.to_owned(),
            from: from.to_owned(),
            body: body.to_owned(),
            created: self.now(),
            taken: Instant::now(),
            final_state: fate.receipts.into_iter().flatten().next(),
        });
    }

    fn now(&self) -> String {
        let ms = i64::try_from(micros() / 1000).unwrap_or(0);
        let now = DateTime::from_timestamp_millis(ms.saturating_add(self.ahead_ms));
        now.unwrap_or_default().to_rfc2822()
    }

    /// The answer to a look-up below `…/Messages`; `None` for what is not there. `rest`: what follows it in the path.
    pub(super) fn tell(&self, account: &str, rest: &str, query: &str) -> Option<Value> {
        if rest == ".json" {
            return Some(self.list(account, query));
        }
        let asked = rest.strip_prefix('/')?.strip_suffix(".json")?;
        let text = self.texts.iter().find(|text| sid(text.id) == asked)?;
        Some(text.tell(account))
    }

    fn list(&self, account: &str, query: &str) -> Value {
        let pairs = form::decode(query.as_bytes());
        let field = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| key == name);
            pair.map(|(_, value)| value.as_str())
        };
        let number = |name: &str| field(name).and_then(|value| value.parse::<usize>().ok());
        let (size, page) = (
            number("PageSize").unwrap_or(50),
            number("Page").unwrap_or(0),
        );
        let size = size.clamp(1, 1000);
        let fits = |text: &&Text| {
            field("To").is_none_or(|to| to == text.to)
                && field("From").is_none_or(|from| from == text.from)
        };
        let mut newest = self
            .texts
            .iter()
            .rev()
            .filter(fits)
            .skip(page.saturating_mul(size));
        let messages: Vec<Value> = newest
            .by_ref()
            .take(size)
            .map(|text| text.tell(account))
            .collect();
        let next = newest.next().map(|_| {
            let kept = pairs.iter().filter(|(name, _)| name != "Page");
            let query = form::encode(kept.map(|(k, v)| (k.as_str(), v.as_str())));
            format!(
                "/2010-04-01/Accounts/{account}/Messages.json?{query}&Page={}",
                page + 1
            )
        });
        json!({ "messages": messages, "page": page, "page_size": size, "next_page_uri": next })
    }
}

impl Text {
    fn tell(&self, account: &str) -> Value {
        let elapsed = self.taken.elapsed().as_millis();
        let state = self
            .final_state
            .filter(|(after, _)| u128::from(*after) <= elapsed);
        let (status, error) = match state.map(|(_, state)| state) {
            None | Some(State::Enroute) => ("sent", None),
            Some(State::Delivered) => ("delivered", None),
            Some(State::Undeliverable(code)) => ("undelivered", Some(error_code(code))),
        };
        json!({
            "sid": sid(self.id), "account_sid": account, "status": status, "direction": "outbound-api",
            "from": self.from, "to": self.to, "body": self.body, "num_segments": "1", "num_media": "0",
            "date_created": self.created, "date_sent": self.created, "error_code": error, "error_message": null,
            "api_version": "2010-04-01",
            "uri": format!("/2010-04-01/Accounts/{account}/Messages/{}.json", sid(self.id)),
        })
    }
}
