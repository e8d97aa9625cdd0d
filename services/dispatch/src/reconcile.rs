//! When a text in doubt is looked up, and what the answer proves. Pure.
//!
//! Nothing here sends a text again. That a provider does not have it is believed only where its record says that its
//! look-up is complete, and late enough; a text that may have gone to several providers is never held for not taken.

use std::collections::BTreeMap;

use channels::{Finding, LookUp};
use contract::{Mode, UnixMillis};
use serde::Deserialize;

use crate::doubt::Cause;
use crate::route;

/// Section `[look_up]`; `defaults.toml` documents each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub first_after_seconds: u32,
    pub longest_wait_seconds: u32,
    pub most_tries: u32,
    pub no_receipt_after_hours: u32,
    pub per_second: u32,
    pub keep_days: u32,
}

/// The longest time for which a receipt is waited before it is asked for.
pub const LONGEST_SILENCE_HOURS: u32 = 72;

/// Clocks differ, and a hand-over takes as long as a permit lives and a provider takes to answer.
const BEFORE_MS: i64 = 120_000;
const AFTER_MS: i64 = 60_000;
/// A dead process may have handed it over long before that is noticed.
const DEAD_FOR_MS: i64 = 24 * 3_600_000;
/// A provider that is asked too fast and does not say for how long to wait.
const PAUSE_MS: i64 = 60_000;

impl Rules {
    pub fn check(&self) -> anyhow::Result<()> {
        let silence = self.no_receipt_after_hours;
        anyhow::ensure!(
            silence <= LONGEST_SILENCE_HOURS,
            "dispatch.look_up.no_receipt_after_hours is over {LONGEST_SILENCE_HOURS}"
        );
        anyhow::ensure!(
            (1..=1000).contains(&self.per_second),
            "dispatch.look_up.per_second must lie between 1 and 1000"
        );
        anyhow::ensure!(
            self.first_after_seconds > 0,
            "dispatch.look_up.first_after_seconds is 0: a text's own answer may still be on its way"
        );
        Ok(())
    }

    /// When a text is looked up for the first time.
    pub fn first(&self, at: UnixMillis) -> UnixMillis {
        UnixMillis(at.0.saturating_add(i64::from(self.first_after_seconds) * 1000))
    }

    /// When it is looked up again after so many tries; `None`: never.
    pub fn next(&self, tries: u32, now: UnixMillis) -> Option<UnixMillis> {
        if tries >= self.most_tries {
            return None;
        }
        let whole = u64::from(self.first_after_seconds) << tries.min(32);
        let seconds = whole.min(u64::from(self.longest_wait_seconds)).max(1);
        Some(UnixMillis(
            now.0.saturating_add(i64::try_from(seconds).ok()? * 1000),
        ))
    }

    /// Milliseconds after which a handed-over text without a receipt is in doubt; `None`: never.
    pub fn silence_ms(&self) -> Option<i64> {
        (self.no_receipt_after_hours > 0)
            .then(|| i64::from(self.no_receipt_after_hours) * 3_600_000)
    }
}

/// The rules, with what each provider account can be asked.
#[derive(Debug, Clone)]
pub struct Reconciling {
    pub rules: Rules,
    records: BTreeMap<String, LookUp>,
}

impl Reconciling {
    pub fn new(rules: Rules, records: impl Iterator<Item = (String, LookUp)>) -> Self {
        let records = records.filter(|(_, record)| record.by_id || record.find_by.is_some());
        Self {
            rules,
            records: records.collect(),
        }
    }

    /// Accounts that can be asked at all.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// Whether the account can be asked for a text that it has not named. Of an empty name: any of them.
    pub fn may_ask(&self, provider: &str) -> bool {
        let finds = |record: &LookUp| record.find_by.is_some();
        match provider {
            "" => self.records.values().any(finds),
            named => self.records.get(named).is_some_and(finds),
        }
    }

    /// Whether the account can be asked for a text by the name that it gave it.
    pub fn may_ask_by_id(&self, provider: &str) -> bool {
        self.records
            .get(provider)
            .is_some_and(|record| record.by_id)
    }

    /// Whom to ask for a text of `provider` (empty: not known) and this mode.
    pub fn whom<'p>(&'p self, provider: &'p str, mode: Mode) -> Vec<&'p str> {
        match provider {
            "" => self
                .accounts()
                .filter(|name| route::mode_of(name) == mode)
                .collect(),
            named => vec![named],
        }
    }

    pub fn record(&self, provider: &str) -> LookUp {
        self.records.get(provider).copied().unwrap_or_default()
    }
}

/// Between which instants it was handed over, if it was.
pub const fn window(cause: Cause, at: UnixMillis) -> (UnixMillis, UnixMillis) {
    let before = match cause {
        Cause::ProcessDied => DEAD_FOR_MS,
        _ => BEFORE_MS,
    };
    (
        UnixMillis(at.0.saturating_sub(before)),
        UnixMillis(at.0.saturating_add(AFTER_MS)),
    )
}

/// What a look-up proves.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Taken,
    /// Surely never: it has failed.
    NotTaken,
    /// Still open, for this reason.
    Open(&'static str),
    /// It was not answered for our pace: not counted as a try, again at this instant.
    Later(UnixMillis),
}

/// `sure_of`: the provider that alone can have had it, if there is one.
pub fn judge(
    finding: &Finding,
    sure_of: Option<LookUp>,
    (at, now): (UnixMillis, UnixMillis),
) -> Verdict {
    match finding {
        Finding::Taken(_) => Verdict::Taken,
        Finding::NotThere => {
            let after = u64::try_from((now.0 - at.0) / 1000).unwrap_or(0);
            match sure_of {
                Some(record) if record.is_proof(after) => Verdict::NotTaken,
                Some(record) if record.complete_after_seconds > 0 => {
                    Verdict::Open("not there, and too early to prove anything")
                }
                _ => Verdict::Open("not there, which proves nothing"),
            }
        }
        Finding::Unclear(why) => Verdict::Open(why),
        Finding::TooFast(pause) => {
            let pause = pause.and_then(|pause| i64::try_from(pause.as_millis()).ok());
            Verdict::Later(UnixMillis(now.0 + pause.unwrap_or(PAUSE_MS).max(1000)))
        }
        Finding::CannotAsk => Verdict::Open("there is no way to ask for it"),
    }
}

#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
