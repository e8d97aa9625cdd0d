//! A pool of senders as its owner writes it.

use std::collections::BTreeSet;

use chassis::http::FieldError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::route_body::is_name;
use crate::route::pool::Strategy;

/// What stands before a pool's name where a sender is asked for.
pub const PREFIX: &str = "pool:";
/// Senders of one pool at most.
const MOST: usize = 1000;

/// Several senders that campaigns leave from as `pool:<name>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolBody {
    /// Unique among the pools of the key's tenant and mode.
    pub name: String,
    /// Numbers, short codes or names. A person keeps the one they were texted from first.
    pub senders: Vec<String>,
    /// How new people are given one; `near` if absent.
    #[serde(default)]
    pub strategy: Strategy,
}

impl PoolBody {
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, code: &str, detail: &str| {
            faults.push(FieldError {
                pointer,
                code: code.to_string(),
                detail: detail.to_string(),
            });
        };
        if !is_name(&self.name) {
            let detail = "1 to 64 letters, digits, '.', '_' and '-'";
            fault("/name".into(), "field.invalid", detail);
        }
        if self.senders.is_empty() || self.senders.len() > MOST {
            fault("/senders".into(), "pool.size", "1 to 1000 senders");
        }
        let mut seen = BTreeSet::new();
        for (n, sender) in self.senders.iter().enumerate() {
            if !is_sender(sender) {
                let detail = "+ and 7 to 15 digits, a short code of 3 to 8 digits, or a name of at most 11 letters and digits";
                fault(format!("/senders/{n}"), "sender.invalid", detail);
            }
            if !seen.insert(sender) {
                fault(
                    format!("/senders/{n}"),
                    "sender.invalid",
                    "it stands here twice",
                );
            }
        }
        faults
    }
}

fn is_sender(sender: &str) -> bool {
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let name = (1..=11).contains(&sender.len())
        && sender.trim() == sender
        && sender
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_'))
        && sender.bytes().any(|b| b.is_ascii_alphabetic());
    name || digits(sender, 3..=8)
        || sender
            .strip_prefix('+')
            .is_some_and(|number| digits(number, 7..=15))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(name: &str, senders: &[&str]) -> Vec<String> {
        let body = PoolBody {
            name: name.to_string(),
            senders: senders.iter().map(ToString::to_string).collect(),
            strategy: Strategy::Near,
        };
        body.faults().into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn a_pool_holds_senders_each_once() {
        assert!(codes("main", &["+15005550006", "72345", "Dr Smith"]).is_empty());
        assert_eq!(codes("", &[]), ["field.invalid", "pool.size"]);
        assert_eq!(
            codes("main", &["72345", "72345", "+1", "pool:main"]),
            ["sender.invalid", "sender.invalid", "sender.invalid"]
        );
    }
}
