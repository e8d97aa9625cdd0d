//! The one way into the ledger: appends entries, folds them into the standing, and says what happened.
//! All in the caller's transaction and set-based, for one STOP as for a thousand opt-ins.

use std::collections::BTreeMap;

use ahash::AHashMap;
use chassis::Tx;
use contract::consent::{OptInsRecorded, OptOutRecorded};
use contract::{ConsentId, ContactId, EventId, InboundId, Mode, Phone, TenantId, UnixMillis};

use crate::app::App;
use crate::db::ledger::Row;
use crate::db::opt_out_pending::Pending;
use crate::db::standing::Hold;
use crate::db::{self};
use crate::standing::{Action, Refused, Standing};

/// An entry somebody wants recorded.
#[derive(Debug, Clone)]
pub struct NewEntry {
    pub phone: Phone,
    pub contact: Option<ContactId>,
    pub programme: Option<String>,
    pub action: Action,
    pub method: String,
    /// JSON text.
    pub evidence: String,
    pub inbound: Option<InboundId>,
    /// When the person acted.
    pub acted_at: i64,
    /// For an opt-out: the sender its confirmation text comes from, if one is wanted.
    pub confirm_from: Option<String>,
    pub mode: Mode,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    Added(ConsentId),
    /// The same reply was recorded before.
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
    let phones = || entries.iter().map(|entry| entry.phone);
    db::standing::ensure(tx, engine, tenant, phones()).await?;
    let mut standings = db::standing::load(tx, engine, tenant, phones(), Hold::Exclusive).await?;
    let inbound: Vec<InboundId> = entries.iter().filter_map(|entry| entry.inbound).collect();
    // Looked up after the rows are held, so that the same reply in another transaction is seen.
    let known = db::ledger::by_inbound(tx, engine, tenant, &inbound).await?;

    let mut outcomes = Vec::with_capacity(entries.len());
    let mut rows = Vec::with_capacity(entries.len());
    let mut changed: AHashMap<Phone, Standing> = AHashMap::new();
    for entry in entries {
        if let Some(id) = entry.inbound.and_then(|inbound| known.get(&inbound)) {
            outcomes.push(Recorded::Already(*id));
            continue;
        }
        let standing = changed
            .entry(entry.phone)
            .or_insert_with(|| standings.remove(&entry.phone).unwrap_or_default());
        match standing.apply(entry.action, entry.programme.as_deref(), entry.acted_at) {
            Err(refused) => outcomes.push(Recorded::Refused(refused)),
            Ok(()) => {
                let id = ConsentId::at(now);
                outcomes.push(Recorded::Added(id));
                rows.push(row(id, entry, standing.revision));
            }
        }
    }
    if rows.is_empty() {
        return Ok(outcomes);
    }
    db::ledger::append(tx, engine, tenant, now.timestamp_millis(), &rows).await?;
    db::standing::store(
        tx,
        engine,
        tenant,
        changed.iter().map(|(phone, standing)| (*phone, standing)),
    )
    .await?;
    say_opt_ins(app, tx, tenant, entries, &outcomes).await?;
    let opt_outs: Vec<(ConsentId, &NewEntry)> =
        added(entries, &outcomes, |action| action == Action::OptOut).collect();
    await_confirmation(app, tx, tenant, &opt_outs).await?;
    Ok(outcomes)
}

fn row(id: ConsentId, entry: &NewEntry, revision: i64) -> Row {
    Row {
        id,
        phone: entry.phone,
        contact: entry.contact,
        programme: entry.programme.clone(),
        action: entry.action.as_str(),
        method: entry.method.clone(),
        evidence: entry.evidence.clone(),
        inbound: entry.inbound,
        acted_at: entry.acted_at,
        revision,
    }
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
            Recorded::Added(id) if wanted(entry.action) => Some((*id, entry)),
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
    for (_, entry) in added(entries, outcomes, |action| action != Action::OptOut) {
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
