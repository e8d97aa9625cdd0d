//! From the words of a case to what is known of a person and a text.

use chrono::{Datelike, Days, Months, NaiveDate};
use contract::Class;

use super::case::{Case, ConsentState};
use crate::law::{Law, Level, Region};
use crate::papers::{Attestation, CampaignPapers, Papers, SenderPapers, TemplatePapers};
use crate::person::{PersonFacts, Reassignment};
use crate::recent::{Sent, topic};
use crate::standing::{Change, Grant, SMS, Scope, Standing};

const HOUR: i64 = 3_600_000;
const MAINE: &str = "US-ME";

impl Case {
    pub(super) fn programme(&self) -> &str {
        self.program.as_deref().unwrap_or("promo")
    }

    pub(super) fn places(&self) -> Vec<Region> {
        let maine =
            Region::parse(MAINE).filter(|maine| self.rnd_stale && !self.regions.contains(maine));
        self.regions.iter().copied().chain(maine).collect()
    }

    pub(super) fn standing(&self) -> Result<Standing, String> {
        let mut standing = Standing::default();
        if self.consent > Level::None {
            standing.grants.push(self.grant());
        }
        for word in self.suppr.iter().flat_map(|text| text.split(',')) {
            self.suppress(&mut standing, word)?;
        }
        if self.suppr.is_none() && self.age_s.is_some() {
            self.suppress(&mut standing, "global")?;
        }
        Ok(standing)
    }

    fn grant(&self) -> Grant {
        let now = self.utc.timestamp_millis();
        let expired = self.consent_expired || self.consent_state == ConsentState::Expired;
        let unmet = self.soft_ok == Some(false);
        Grant {
            programme: self
                .consent_program
                .as_deref()
                .unwrap_or(self.programme())
                .to_string(),
            channel: SMS.to_string(),
            level: if unmet { Level::None } else { self.consent },
            purpose: self.purpose,
            pending: self.consent_state == ConsentState::PendingDoi,
            ended: self.consent_state == ConsentState::Revoked,
            proven: self.evidence != Some(false),
            at: now - 90 * 24 * HOUR,
            expires_at: expired.then_some(now - 1),
        }
    }

    fn suppress(&self, standing: &mut Standing, word: &str) -> Result<(), String> {
        let now = self.utc.timestamp_millis();
        let mut out = |scope: Scope| {
            let mut change = Change::opt_out(scope, now - self.age_s.unwrap_or(3600) * 1000);
            change.by = "keyword".to_string();
            standing.apply(&change).map_err(|e| e.to_string())
        };
        match word {
            "global" => out(Scope::Global)?,
            "marketing" => out(Scope::Class(Class::Marketing))?,
            "channel" => out(Scope::Channel(SMS.to_string()))?,
            "pending_free_text" => standing.review_since = Some(now),
            "pending_clarification" => standing.clarification_since = Some(now),
            "provider" => standing.blocked_senders.push(String::new()),
            "erased" => standing.erased = true,
            "restricted" => standing.restricted = true,
            "objected" => standing.objected = true,
            "reassigned" => standing.reassigned = true,
            other => match other.split_once(':') {
                Some(("program", name)) => out(Scope::Programme(name.to_string()))?,
                Some(("provider", sender)) => standing.blocked_senders.push(sender.to_string()),
                _ => return Err(format!("no such suppr: {other}")),
            },
        }
        Ok(())
    }

    pub(super) fn papers(&self) -> Papers {
        let registration = |known: Option<bool>| (known != Some(false)).then(|| "case".to_string());
        Papers {
            campaign: CampaignPapers {
                attestation: self.emergency_attested.then(|| Attestation {
                    by: "case".to_string(),
                    statement: self.note.clone(),
                }),
                exemption: self.exemption,
                minimum_age: self.minimum_age,
                urgent: self.urgent,
                prohibited_content: self.content_prohibited,
            },
            sender: SenderPapers {
                registration: registration(self.campaign_registered),
                confirm_owner: self.confirm_owner,
                ..SenderPapers::default()
            },
            template: TemplatePapers {
                registration: registration(self.template_registered),
                promotional: self.content_promo,
                opt_out_text_missing: self.opt_out_text_missing,
            },
        }
    }

    pub(super) fn person(&self) -> PersonFacts {
        let today = self.utc.date_naive();
        let born = self
            .age
            .and_then(|age| NaiveDate::from_ymd_opt(today.year() - i32::from(age), 1, 1));
        let months_ago = |months: u32| today.checked_sub_months(Months::new(months));
        let checked = Days::new(if self.rnd_stale { 400 } else { 1 });
        let answer = if self.rnd_yes {
            Reassignment::Yes
        } else {
            Reassignment::No
        };
        PersonFacts {
            born,
            purchased_on: self
                .purchase_months
                .or(self.ebr.then_some(3))
                .and_then(months_ago),
            inquired_on: self.inquiry_months.and_then(months_ago),
            reassignment: Some((answer, today.checked_sub_days(checked).unwrap_or(today))),
            ..PersonFacts::default()
        }
    }

    pub(super) fn recent(&self) -> Vec<Sent> {
        let now = self.utc.timestamp_millis();
        let sent = |programme: &str, class, ago: i64, count: u8| {
            let one = Sent {
                topic: topic(programme),
                class,
                at: now - ago,
            };
            std::iter::repeat_n(one, usize::from(count))
        };
        let others = self.sent_7d.saturating_sub(self.sent_same_topic_24h);
        sent(
            self.programme(),
            Class::Marketing,
            2 * HOUR,
            self.sent_same_topic_24h,
        )
        .chain(sent("another topic", Class::Marketing, 48 * HOUR, others))
        .chain(sent(
            self.programme(),
            self.class,
            HOUR / 2,
            self.sent_class_1h,
        ))
        .collect()
    }

    pub(super) fn listed(&self, law: &Law) -> Vec<String> {
        let rows = law.rows.dnc.iter();
        rows.filter(|row| match row.reason.as_str() {
            "NATIONAL_DNC" => self.dnc,
            _ => self.dnc_state,
        })
        .map(|row| row.list.clone())
        .collect()
    }
}
