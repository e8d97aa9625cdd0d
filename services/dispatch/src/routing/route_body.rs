//! A route as its owner writes it, and what is wrong with one.

use std::collections::BTreeSet;

use chassis::http::FieldError;
use contract::{Class, Mode, sender};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::route;
use crate::route::cost::Cost;
use crate::route::country::Country;
use crate::route::prefix::Prefix;

/// Entries in one list of a route at most.
const LONGEST_LIST: usize = 1000;
const LONGEST_NAME: usize = 64;

/// Which texts may go over which carrier. Empty lists fit everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteBody {
    /// Unique among the routes of the key's tenant and mode.
    pub name: String,
    /// Name of a carrier in `GET /v1/providers`.
    pub provider: String,
    /// ISO 3166 codes. A text fits where its country or one of the prefixes does.
    #[serde(default)]
    pub countries: Vec<String>,
    /// Beginnings of numbers, such as `4917`; of routes that fit, the longest prefix goes first.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// As in operator prefixes and number lookups.
    #[serde(default)]
    pub operators: Vec<String>,
    #[serde(default)]
    pub classes: Vec<String>,
    #[serde(default)]
    pub senders: Vec<String>,
    /// The smallest first; 100 if absent.
    #[serde(default = "usual_priority")]
    pub priority: u32,
    /// Share among routes that fit alike at the same priority; 0: only when no other takes the text. Absent on
    /// all of them: the cheapest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Price of a segment.
    #[serde(default)]
    pub costs: Vec<CostBody>,
    #[serde(default = "yes")]
    pub enabled: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CostBody {
    /// Absent: for every country that has no price of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// A decimal such as `0.0075`.
    pub amount: String,
    /// ISO 4217, such as `USD`.
    pub currency: String,
}

const fn usual_priority() -> u32 {
    100
}

const fn yes() -> bool {
    true
}

impl RouteBody {
    /// Everything that is wrong with it. `providers`: the carriers there are.
    pub fn faults(&self, mode: Mode, providers: &[&str]) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, code: &str, detail: String| {
            faults.push(FieldError {
                pointer,
                code: code.to_string(),
                detail,
            });
        };
        if !is_name(&self.name) {
            fault("/name".into(), "field.invalid", NAME.into());
        }
        let known = providers.contains(&self.provider.as_str());
        if !known || route::mode_of(&self.provider) != mode {
            let of_mode: Vec<&str> = providers
                .iter()
                .copied()
                .filter(|name| route::mode_of(name) == mode)
                .collect();
            let detail = format!(
                "in {} mode there are: {}",
                mode.as_str(),
                of_mode.join(", ")
            );
            fault("/provider".into(), "route.provider_unknown", detail);
        }
        for (n, code) in self.countries.iter().enumerate() {
            if !is_country(code) {
                fault(
                    format!("/countries/{n}"),
                    "route.country_unknown",
                    COUNTRY.into(),
                );
            }
        }
        for (n, prefix) in self.prefixes.iter().enumerate() {
            if Prefix::parse(prefix).is_none() {
                fault(
                    format!("/prefixes/{n}"),
                    "route.prefix_invalid",
                    PREFIX.into(),
                );
            }
        }
        for (n, class) in self.classes.iter().enumerate() {
            if Class::parse(class).is_none() {
                let all: Vec<&str> = Class::ALL.iter().map(|class| class.as_str()).collect();
                fault(
                    format!("/classes/{n}"),
                    "route.class_unknown",
                    all.join(", "),
                );
            }
        }
        for (list, texts) in [("operators", &self.operators), ("senders", &self.senders)] {
            for (n, text) in texts.iter().enumerate() {
                if text.trim().is_empty() || text.len() > LONGEST_NAME {
                    let detail = "1 to 64 characters".to_string();
                    fault(format!("/{list}/{n}"), "field.invalid", detail);
                }
            }
        }
        for (n, sender) in self.senders.iter().enumerate() {
            if sender::pool(sender).is_some() {
                let detail = "texts of a pool leave from one of its senders: name these";
                fault(format!("/senders/{n}"), "field.invalid", detail.into());
            }
        }
        for (list, count) in [
            ("countries", self.countries.len()),
            ("prefixes", self.prefixes.len()),
            ("operators", self.operators.len()),
            ("classes", self.classes.len()),
            ("senders", self.senders.len()),
            ("costs", self.costs.len()),
        ] {
            if count > LONGEST_LIST {
                let detail = format!("at most {LONGEST_LIST} entries");
                fault(format!("/{list}"), "field.invalid", detail);
            }
        }
        let mut priced = BTreeSet::new();
        for (n, cost) in self.costs.iter().enumerate() {
            if Cost::parse(&cost.amount, &cost.currency).is_none() {
                let detail =
                    "an amount such as 0.0075 (at most six places) and a currency such as USD";
                fault(format!("/costs/{n}"), "route.cost_invalid", detail.into());
            }
            if cost
                .country
                .as_deref()
                .is_some_and(|code| !is_country(code))
            {
                let pointer = format!("/costs/{n}/country");
                fault(pointer, "route.country_unknown", COUNTRY.into());
            }
            if !priced.insert(cost.country.as_deref().and_then(Country::parse)) {
                let detail = "this country has a price already";
                fault(format!("/costs/{n}"), "route.cost_invalid", detail.into());
            }
        }
        faults
    }
}

const NAME: &str = "1 to 64 letters, digits, '.', '_' and '-'";
const COUNTRY: &str = "an ISO 3166 code of two letters whose numbers are known, such as DE";
const PREFIX: &str = "1 to 15 digits, the first of which is no 0; such as 4917";

fn is_country(code: &str) -> bool {
    Country::parse(code).is_some_and(Country::is_known)
}

/// What routes and pools may be called.
pub fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(body: serde_json::Value, mode: Mode) -> Vec<(String, String)> {
        let body: RouteBody = serde_json::from_value(body).unwrap();
        body.faults(mode, &["acme", "simulator"])
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect()
    }

    #[test]
    fn a_sound_route_has_no_faults_and_prefixes_may_overlap() {
        let body = json!({"name": "de", "provider": "acme", "countries": ["DE"], "prefixes": ["49", "4917"],
            "classes": ["otp"], "costs": [{"country": "DE", "amount": "0.07", "currency": "EUR"},
            {"amount": "0.1", "currency": "EUR"}]});
        assert_eq!(faults(body, Mode::Live), []);
    }

    #[test]
    fn every_fault_is_named_at_its_place() {
        let body = json!({"name": "no spaces", "provider": "nobody", "countries": ["DE", "QQ"],
            "prefixes": ["049", "49"], "classes": ["spam"], "senders": ["", "pool:us"],
            "costs": [{"amount": "-1", "currency": "EUR"}, {"amount": "1", "currency": "EUR"}]});
        let codes = faults(body, Mode::Live);
        let expected = [
            ("/name", "field.invalid"),
            ("/provider", "route.provider_unknown"),
            ("/countries/1", "route.country_unknown"),
            ("/prefixes/0", "route.prefix_invalid"),
            ("/classes/0", "route.class_unknown"),
            ("/senders/0", "field.invalid"),
            ("/senders/1", "field.invalid"),
            ("/costs/0", "route.cost_invalid"),
            ("/costs/1", "route.cost_invalid"),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(at, code)| ((*at).to_string(), (*code).to_string()))
            .collect();
        assert_eq!(codes, expected);
    }

    #[test]
    fn test_keys_reach_the_simulator_alone_and_live_keys_never_do() {
        let body = |provider| json!({"name": "r", "provider": provider});
        for (provider, mode, sound) in [
            ("simulator", Mode::Test, true),
            ("acme", Mode::Test, false),
            ("simulator", Mode::Live, false),
            ("acme", Mode::Live, true),
        ] {
            assert_eq!(faults(body(provider), mode).is_empty(), sound, "{provider}");
        }
    }
}
