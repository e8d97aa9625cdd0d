//! One slot judged, with its people's standing held as it is until the commit: an opt-out comes wholly before
//! or after.

use chassis::Tx;
use chrono::{DateTime, Utc};
use contract::chunk::Outcome;
use contract::consent::{Gate, GrantPermits, PermitAsk};
use contract::{Mode, Reason, TenantId};

use crate::app::App;
use crate::db::run_gate::Footing;
use crate::db::{self};
use crate::facts::{self, Message};
use crate::judge::{self, Asked, Court, Fate, Judged};
use crate::memo::Memo;
use crate::people::People;

/// Campaign, sender and template: whose papers count.
pub fn names(ask: &GrantPermits) -> (contract::CampaignId, &str, contract::TemplateId) {
    (ask.campaign, &ask.sender, ask.template)
}

/// The carriers' day, US Pacific.
pub fn carrier_day(now: DateTime<Utc>) -> String {
    let zone = chrono_tz::America::Los_Angeles;
    now.with_timezone(&zone).date_naive().to_string()
}

/// What stands while a batch is judged.
pub struct Bench<'b> {
    pub app: &'b App,
    pub tx: &'b Tx,
    pub tenant: TenantId,
    pub memo: &'b Memo,
    pub people: &'b People,
}

/// Judges those who ask. `granted_before` is what the batch has granted of the same sender already.
pub async fn judge_slot(
    bench: &Bench<'_>,
    ask: &GrantPermits,
    asked: &[&PermitAsk],
    footing: &Footing,
    granted_before: i64,
) -> anyhow::Result<Vec<Judged>> {
    let Bench {
        app,
        tx,
        tenant,
        memo,
        people,
    } = *bench;
    let engine = app.engine();
    let papers = app.tenants.papers(tx, engine, tenant, names(ask)).await?;
    let persons = people.asked(
        app,
        &ask.zones,
        asked.iter().map(|one| {
            let asked = Asked {
                position: one.position,
                contact: one.contact,
                phone: one.phone,
            };
            (asked, one.zone)
        }),
    );
    let court = Court {
        memo,
        places: &app.places,
        lists: &people.lists.of,
    };
    let message = Message {
        class: ask.class,
        programme: &ask.programme,
        sender: &ask.sender,
        papers: &papers,
        live: ask.mode == Mode::Live,
        valid_until: ask.valid_until.0,
        now: app.cx.clock.now(),
        carrier_cap_reached: false,
    };
    let mut judged = judge::judge(court, &message, &persons);
    if let Some(cap) = papers.sender.daily_cap.filter(|_| !ask.class.is_reply()) {
        let day = carrier_day(message.now);
        let used = db::sender_day::used(tx, engine, tenant, &ask.sender, &day).await?;
        let left = usize::try_from(i64::from(cap) - used - granted_before).unwrap_or(0);
        judged = over_the_cap(court, &message, &persons, judged, left);
    }
    shut(&mut judged, footing);
    Ok(judged)
}

/// Those allowed beyond what the carriers still take today are judged again, knowing it.
fn over_the_cap(
    court: Court<'_>,
    message: &Message<'_>,
    persons: &[(Asked, facts::Person<'_>)],
    mut judged: Vec<Judged>,
    left: usize,
) -> Vec<Judged> {
    let beyond: Vec<usize> = judged
        .iter()
        .enumerate()
        .filter(|(_, one)| one.fate == Fate::Allowed)
        .map(|(index, _)| index)
        .skip(left)
        .collect();
    let again: Vec<(Asked, facts::Person<'_>)> = beyond
        .iter()
        .filter_map(|index| persons.get(*index).copied())
        .collect();
    let reached = Message {
        carrier_cap_reached: true,
        ..*message
    };
    for (index, one) in beyond.iter().zip(judge::judge(court, &reached, &again)) {
        if let Some(place) = judged.get_mut(*index) {
            *place = one;
        }
    }
    judged
}

/// A shut gate lets nobody through; those refused for good stay so.
fn shut(judged: &mut [Judged], footing: &Footing) {
    let (outcome, reason) = match (footing.gate, &footing.reason) {
        (Gate::Open, _) => return,
        (Gate::Paused, _) => (Outcome::Held, Reason::CAMPAIGN_PAUSED),
        (Gate::Cancelled, Some(reason)) => (Outcome::Cancelled, reason.clone()),
        (Gate::Cancelled, None) => (Outcome::Cancelled, Reason::CAMPAIGN_CANCELLED),
    };
    for one in judged {
        if !matches!(
            one.fate,
            Fate::Refused {
                outcome: Outcome::Suppressed | Outcome::Expired,
                ..
            }
        ) {
            one.fate = Fate::Refused {
                outcome,
                reason: reason.clone(),
                until: None,
            };
        }
    }
}
