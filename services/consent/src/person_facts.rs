//! Takes up what a tenant tells of people: facts beside the standing, and a ledger entry where the number has
//! a new holder.

use chassis::Tx;
use chrono::{NaiveDate, NaiveTime};
use contract::{Mode, Phone, TenantId};
use serde_json::json;

use crate::api::once;
use crate::app::App;
use crate::db;
use crate::db::standing::Hold;
use crate::people::People;
use crate::person::{PersonFacts, Reassignment};
use crate::record::{NewEntry, record};
use crate::standing::{Action, Change};

/// What is told of one person: outside `None` keeps what was there, inside `None` clears it.
#[derive(Debug, Clone, Default)]
pub struct Update {
    pub zip: Option<Option<u32>>,
    pub region: Option<Option<String>>,
    pub zone: Option<Option<String>>,
    pub born: Option<Option<NaiveDate>>,
    pub purchased_on: Option<Option<NaiveDate>>,
    pub inquired_on: Option<Option<NaiveDate>>,
    pub reassignment: Option<Option<(Reassignment, NaiveDate)>>,
}

impl Update {
    fn apply(&self, facts: &mut PersonFacts) {
        macro_rules! take {
            ($($field:ident)*) => {
                $(if let Some(told) = &self.$field { facts.$field.clone_from(told); })*
            };
        }
        take!(zip region zone born purchased_on inquired_on reassignment);
    }
}

/// Stores the updates in their order; for each person true, or false when they were erased and nothing new is
/// kept of them.
pub async fn store(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    updates: &[(Phone, Update)],
    mode: Mode,
) -> anyhow::Result<Vec<bool>> {
    let engine = app.engine();
    let mut phones: Vec<Phone> = updates.iter().map(|(phone, _)| *phone).collect();
    phones.sort_unstable();
    phones.dedup();
    db::standing::ensure(tx, engine, tenant, phones.iter().copied()).await?;
    let asked = (contract::Class::Informational, &phones[..]);
    let people = People::load(app, tx, tenant, asked, Hold::Exclusive).await?;
    let kept = |phone: Phone| {
        let standing = people.known(phone).standing.as_ref();
        standing.is_none_or(|standing| !standing.erased)
    };
    let mut stored: Vec<(Phone, PersonFacts)> = Vec::new();
    for phone in phones.iter().copied().filter(|phone| kept(*phone)) {
        let mut facts = people.known(phone).facts.clone();
        for (_, update) in updates.iter().filter(|(of, _)| *of == phone) {
            update.apply(&mut facts);
        }
        stored.push((phone, facts));
    }
    db::standing::store_facts(tx, engine, tenant, &stored).await?;
    let now = app.cx.clock.millis().0;
    let entries: Vec<NewEntry> = updates
        .iter()
        .filter(|(phone, _)| kept(*phone))
        .filter_map(|(phone, update)| match update.reassignment {
            Some(Some((Reassignment::Yes, on))) => Some(reassigned(*phone, on, now, mode)),
            _ => None,
        })
        .collect();
    if !entries.is_empty() {
        record(app, tx, tenant, &entries).await?;
    }
    Ok(updates.iter().map(|(phone, _)| kept(*phone)).collect())
}

fn reassigned(phone: Phone, on: NaiveDate, now: i64, mode: Mode) -> NewEntry {
    let at = on.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    NewEntry {
        phone,
        contact: None,
        change: Change {
            by: "reassigned_numbers".to_string(),
            ..Change::new(Action::Reassign, at.min(now))
        },
        method: "reassigned_numbers".to_string(),
        evidence: json!({ "answer": "yes", "on": on }),
        inbound: Some(once(&format!("reassigned\0{}\0{on}", phone.digits()))),
        confirm_from: None,
        mode,
    }
}
