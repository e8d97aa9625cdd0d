//! The one way into the ledger: appends entries to the chain, folds them into the standing, and says what
//! happened. All in the caller's transaction and set-based, for one STOP as for a thousand opt-ins.

use std::collections::BTreeMap;

use ahash::AHashMap;
use chassis::Tx;
use contract::consent::{OptInsRecorded, OptOutRecorded};
use contract::{ConsentId, ContactId, EventId, InboundId, Mode, Phone, TenantId, UnixMillis};
use serde_json::Value;

use crate::app::App;
use crate::chain::{self, Head, Link};
use crate::db::ledger::Row;
use crate::db::opt_out_pending::Pending;
use crate::db::standing::Hold;
use crate::db::{self};
use crate::double_opt_in;
use crate::people::People;
use crate::standing::{Action, Change, Refused, SMS, Standing};
use crate::tenants::person_hash;

/// An entry somebody wants recorded.
#[derive(Debug, Clone)]
pub struct NewEntry {
    pub phone: Phone,
    pub contact: Option<ContactId>,
    pub change: Change,
    pub method: String,
    /// What proves it; a JSON object.
    pub evidence: Value,
    /// A reply, or whatever else names the act once: the same one is recorded once.
    pub inbound: Option<InboundId>,
    /// For an opt-out: the sender its confirmation text comes from, if one is wanted. For a double opt-in: the
    /// one that asks.
    pub confirm_from: Option<String>,
    pub mode: Mode,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    Added(ConsentId),
    /// The same act was recorded before.
    Already(ConsentId),
    Refused(Refused),
}

/// Records entries in their order. The caller rings [`App::opt_out_recorded`] after the commit.
pub async fn record(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    entries: &[NewEntry],
) -> anyhow::Result<Vec<Recorded>> {
    let (engine, now) = (app.engine(), app.cx.clock.now());
    let phones: Vec<Phone> = entries.iter().map(|entry| entry.phone).collect();
    db::standing::ensure(tx, engine, tenant, phones.iter().copied()).await?;
    let class = contract::Class::Informational;
    let people = People::load(app, tx, tenant, (class, &phones), Hold::Exclusive).await?;
    let inbound: Vec<InboundId> = entries.iter().filter_map(|entry| entry.inbound).collect();
    // Looked up after the rows are held, so that the same reply in another transaction is seen.
    let mut known = db::ledger::by_inbound(tx, engine, tenant, &inbound).await?;
    let keys = app.tenants.keys(tx, engine, tenant).await?;
    let mut head = db::book::head(tx, engine, tenant, true).await?;

    let mut outcomes = Vec::with_capacity(entries.len());
    let mut rows = Vec::with_capacity(entries.len());
    let mut changed: AHashMap<Phone, Standing> = AHashMap::new();
    for entry in entries {
        if let Some(id) = entry.inbound.and_then(|inbound| known.get(&inbound)) {
            outcomes.push(Recorded::Already(*id));
            continue;
        }
        let standing = match changed.entry(entry.phone) {
            std::collections::hash_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::hash_map::Entry::Vacant(empty) => {
                let standing = people.known(entry.phone).standing.clone();
                let standing = standing
                    .ok_or_else(|| anyhow::anyhow!("a standing in the database cannot be read"))?;
                empty.insert(standing)
            }
        };
        match standing.apply(&entry.change) {
            Err(refused) => outcomes.push(Recorded::Refused(refused)),
            Ok(()) => {
                let id = ConsentId::at(now);
                outcomes.push(Recorded::Added(id));
                if let Some(inbound) = entry.inbound {
                    known.insert(inbound, id);
                }
                let person = person_hash(&keys, entry.phone);
                let revision = standing.revision;
                rows.push(row(
                    tenant,
                    &mut head,
                    id,
                    entry,
                    person,
                    revision,
                    now.timestamp_millis(),
                )?);
            }
        }
    }
    if rows.is_empty() {
        return Ok(outcomes);
    }
    db::ledger::append(tx, engine, tenant, &rows).await?;
    db::book::set_head(tx, engine, tenant, head).await?;
    let days = double_opt_in_days(app, tx, tenant, &changed).await?;
    let standings = changed
        .iter()
        .map(|(phone, standing)| (*phone, standing, standing.due_at(days)));
    db::standing::store(tx, engine, tenant, standings).await?;
    settle(app, tx, tenant, &people, &changed, entries).await?;
    say_opt_ins(app, tx, tenant, entries, &outcomes).await?;
    let opt_ins: Vec<(ConsentId, &NewEntry)> =
        added(entries, &outcomes, Action::brings_texts).collect();
    double_opt_in::ask(app, tx, tenant, (&people, &changed), &opt_ins).await?;
    let opt_outs: Vec<(ConsentId, &NewEntry)> =
        added(entries, &outcomes, |action| action.ends_texts()).collect();
    await_confirmation(app, tx, tenant, &opt_outs).await?;
    Ok(outcomes)
}

fn row(
    tenant: TenantId,
    head: &mut Head,
    id: ConsentId,
    entry: &NewEntry,
    person: [u8; 32],
    revision: i64,
    recorded_at: i64,
) -> anyhow::Result<Row> {
    let personal = serde_json::json!({ "phone": entry.phone, "evidence": entry.evidence });
    let (evidence, salt) = (personal.to_string(), rand::random());
    let detail = serde_json::to_string(&entry.change)?;
    let link = Link {
        seq: head.seq + 1,
        id: id.bytes(),
        tenant: tenant.to_string(),
        person,
        channel: SMS.to_string(),
        programme: entry.change.programme.clone(),
        class: None,
        action: entry.change.action.as_str().to_string(),
        level: None,
        method: entry.method.clone(),
        acted_at: entry.change.at,
        recorded_at,
        expires_at: None,
        revision,
        detail: db::ledger::bound(&detail, entry.contact, entry.inbound),
        sealed: chain::seal(&salt, &evidence),
    };
    let hash = chain::hash(&head.hash, &link);
    *head = Head {
        seq: link.seq,
        hash,
    };
    Ok(Row {
        id,
        phone: entry.phone,
        contact: entry.contact,
        inbound: entry.inbound,
        detail,
        evidence,
        salt,
        link,
        hash,
    })
}

/// The tenant's own choice, asked for only where something waits to be confirmed.
async fn double_opt_in_days(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    changed: &AHashMap<Phone, Standing>,
) -> anyhow::Result<i64> {
    let waits = |standing: &Standing| standing.grants.iter().any(|grant| grant.pending);
    let memo = if changed.values().any(waits) {
        app.tenants.active(tx, app.engine(), tenant).await?
    } else {
        app.tenants.pack().clone()
    };
    Ok(i64::from(memo.rules().parameters().double_opt_in_days))
}

/// What else ends with these entries: an erasure's hash when the person came back, reviews when they have
/// opted out anyway.
async fn settle(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    people: &People,
    changed: &AHashMap<Phone, Standing>,
    entries: &[NewEntry],
) -> anyhow::Result<()> {
    let (engine, now) = (app.engine(), app.cx.clock.millis().0);
    for (phone, standing) in changed {
        let was_erased = people
            .known(*phone)
            .standing
            .as_ref()
            .is_some_and(|before| before.erased);
        if was_erased && !standing.erased {
            let keys = app.tenants.keys(tx, engine, tenant).await?;
            db::erased::lift(tx, engine, tenant, &person_hash(&keys, *phone)).await?;
        }
    }
    for (phone, standing) in changed {
        let before = people.known(*phone).standing.as_ref();
        let was_held = before.is_some_and(|before| before.review_since.is_some());
        if was_held && standing.review_since.is_none() {
            let out = entries
                .iter()
                .any(|entry| entry.phone == *phone && entry.change.action == Action::OptOut);
            let decision = if out { "opt_out" } else { "none" };
            db::review::settle(tx, engine, tenant, *phone, decision, now).await?;
        }
    }
    Ok(())
}

fn added<'e>(
    entries: &'e [NewEntry],
    outcomes: &'e [Recorded],
    wanted: impl Fn(Action) -> bool + 'e,
) -> impl Iterator<Item = (ConsentId, &'e NewEntry)> {
    entries
        .iter()
        .zip(outcomes)
        .filter_map(move |(entry, outcome)| match outcome {
            Recorded::Added(id) if wanted(entry.change.action) => Some((*id, entry)),
            _ => None,
        })
}

async fn say_opt_ins(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    entries: &[NewEntry],
    outcomes: &[Recorded],
) -> anyhow::Result<()> {
    let mut by_method: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, entry) in added(entries, outcomes, Action::brings_texts) {
        *by_method.entry(&entry.method).or_default() += 1;
    }
    for (method, count) in by_method {
        let said = OptInsRecorded {
            count,
            method: method.to_string(),
            at: app.cx.clock.millis(),
        };
        app.cx.bus.say(tx, tenant, &said).await?;
    }
    Ok(())
}

/// Opt-outs count from the commit on; they are confirmed once the permits open at this moment have closed.
async fn await_confirmation(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    opt_outs: &[(ConsentId, &NewEntry)],
) -> anyhow::Result<()> {
    if opt_outs.is_empty() {
        return Ok(());
    }
    let (engine, now) = (app.engine(), app.cx.clock.millis());
    let mut open: AHashMap<Phone, Vec<EventId>> = AHashMap::new();
    for slot in db::open_slot::of_tenant(tx, engine, tenant).await? {
        for entry in slot.entries {
            open.entry(entry.phone).or_default().push(slot.ask);
        }
    }
    let by_number: Vec<(ConsentId, Phone)> = opt_outs
        .iter()
        .map(|(consent, entry)| (*consent, entry.phone))
        .collect();
    db::opt_out::insert(tx, engine, tenant, &by_number, now.0).await?;
    for (consent, entry) in opt_outs {
        let pending = Pending {
            consent: *consent,
            tenant,
            phone: entry.phone,
            contact: entry.contact,
            recorded_at: now.0,
            waits: open.get(&entry.phone).cloned().unwrap_or_default(),
            sender: entry.confirm_from.clone(),
            mode: entry.mode,
        };
        db::opt_out_pending::insert(tx, engine, &pending).await?;
        let (contact, method) = (entry.contact, entry.method.clone());
        let said = OptOutRecorded {
            consent: *consent,
            contact,
            method,
            at: UnixMillis(now.0),
        };
        app.cx.bus.say(tx, tenant, &said).await?;
    }
    Ok(())
}
