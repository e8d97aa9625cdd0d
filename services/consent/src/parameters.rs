//! What a tenant may choose about its own rules. Part of a policy set: versioned, simulated, rolled back
//! with it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::law::Profile;

/// How far a bare STOP reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevocationScope {
    /// In reply to marketing: all marketing. In reply to anything else: everything (FCC 24-24).
    #[default]
    Class,
    /// Everything, always.
    Global,
}

/// A tenant's own choices; the defaults are the strict ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// `us_strict` or `us_by_state`.
    #[schema(value_type = String)]
    pub profile: Profile,
    /// Marketing texts to one person in rolling 24 hours, 7 days, 30 days.
    pub cap_per_day: Option<u8>,
    pub cap_per_week: Option<u8>,
    pub cap_per_month: Option<u8>,
    /// Whoever is known to be younger gets no marketing.
    pub minimum_age: u8,
    pub revocation_scope: RevocationScope,
    /// Asks in the confirmation which programmes were meant, where somebody was in several.
    pub clarify: bool,
    /// Exemptions of 47 CFR 64.1200(a)(9) may be relied on; needs routes that are free to the recipient.
    pub exemptions: bool,
    /// One-time passwords to one number in an hour.
    pub otp_per_hour: u8,
    /// Answers to HELP to one number in a day.
    pub help_per_day: u8,
    /// A review that nobody decided becomes an opt-out after so many hours.
    pub review_hours: u16,
    /// A double opt-in that nobody confirmed ends after so many days.
    pub double_opt_in_days: u16,
    /// The texts we send ourselves; absent: the installation's.
    pub confirmation_text: Option<String>,
    pub help_text: Option<String>,
    pub double_opt_in_text: Option<String>,
    /// Words of its own beside the built-in ones.
    pub stop_words: Vec<String>,
    pub start_words: Vec<String>,
    pub help_words: Vec<String>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            cap_per_day: None,
            cap_per_week: None,
            cap_per_month: None,
            minimum_age: 18,
            revocation_scope: RevocationScope::default(),
            clarify: false,
            exemptions: false,
            otp_per_hour: 5,
            help_per_day: 3,
            review_hours: 24,
            double_opt_in_days: 7,
            confirmation_text: None,
            help_text: None,
            double_opt_in_text: None,
            stop_words: Vec::new(),
            start_words: Vec::new(),
            help_words: Vec::new(),
        }
    }
}

/// Longest text and most words that parameters may hold.
const MAX_TEXT: usize = 480;
const MAX_WORDS: usize = 100;

impl Parameters {
    /// What is wrong with them, by JSON pointer.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        for (pointer, cap) in [
            ("/parameters/cap_per_day", self.cap_per_day),
            ("/parameters/cap_per_week", self.cap_per_week),
            ("/parameters/cap_per_month", self.cap_per_month),
        ] {
            if cap == Some(0) {
                faults.push((
                    pointer,
                    "a cap of 0 stops everything; leave it out instead".into(),
                ));
            }
        }
        for (pointer, text) in [
            ("/parameters/confirmation_text", &self.confirmation_text),
            ("/parameters/help_text", &self.help_text),
            ("/parameters/double_opt_in_text", &self.double_opt_in_text),
        ] {
            if text
                .as_ref()
                .is_some_and(|text| text.chars().count() > MAX_TEXT)
            {
                faults.push((pointer, format!("{MAX_TEXT} characters at most")));
            }
        }
        for (pointer, words) in [
            ("/parameters/stop_words", &self.stop_words),
            ("/parameters/start_words", &self.start_words),
            ("/parameters/help_words", &self.help_words),
        ] {
            if words.len() > MAX_WORDS
                || words
                    .iter()
                    .any(|word| word.trim().is_empty() || word.chars().count() > 40)
            {
                faults.push((
                    pointer,
                    format!("{MAX_WORDS} words of 1 to 40 characters at most"),
                ));
            }
        }
        if !(1..=168).contains(&self.review_hours) {
            faults.push(("/parameters/review_hours", "1 to 168 hours".into()));
        }
        if !(1..=30).contains(&self.double_opt_in_days) {
            faults.push(("/parameters/double_opt_in_days", "1 to 30 days".into()));
        }
        faults
    }
}
