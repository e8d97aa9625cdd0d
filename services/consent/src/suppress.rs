//! The tenant's own suppression list: what is on it is an opt-out in the ledger, in the same transaction.

use ahash::AHashMap;
use chassis::Tx;
use contract::{Mode, Phone, SuppressionId, TenantId};
use serde_json::json;

use crate::app::App;
use crate::db;
use crate::db::suppression::Suppression;
use crate::record::{NewEntry, record};
use crate::standing::{Action, Change, Scope};

/// Somebody to be put on the list.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub phone: Phone,
    pub scope: Scope,
    pub source: &'static str,
    pub note: String,
}

fn entry(phone: Phone, change: Change, note: &str, mode: Mode) -> NewEntry {
    NewEntry {
        phone,
        contact: None,
        change: Change {
            by: "list".to_string(),
            ..change
        },
        method: "list".to_string(),
        evidence: json!({ "source": "suppression list", "note": note }),
        inbound: None,
        confirm_from: None,
        mode,
    }
}

/// Puts people on the list; for each its id, and whether it is new.
pub async fn add(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    wanted: &[Wanted],
    mode: Mode,
) -> anyhow::Result<Vec<(SuppressionId, bool)>> {
    let (engine, now) = (app.engine(), app.cx.clock.now());
    let mut new: Vec<Suppression> = wanted
        .iter()
        .map(|one| Suppression {
            id: SuppressionId::at(now),
            phone: one.phone,
            scope: one.scope.to_string(),
            source: one.source.to_string(),
            note: one.note.clone(),
            created_at: now.timestamp_millis(),
        })
        .collect();
    // In one order everywhere, so that two imports never wait for each other.
    new.sort_by(|a, b| (a.phone, &a.scope).cmp(&(b.phone, &b.scope)));
    db::suppression::add(tx, engine, tenant, &new).await?;
    let phones = wanted.iter().map(|one| one.phone);
    let listed: AHashMap<(Phone, String), SuppressionId> =
        db::suppression::among(tx, engine, tenant, phones)
            .await?
            .into_iter()
            .map(|one| ((one.phone, one.scope), one.id))
            .collect();
    let ours: AHashMap<SuppressionId, ()> = new.iter().map(|one| (one.id, ())).collect();
    let mut told = Vec::with_capacity(wanted.len());
    let mut entries = Vec::new();
    let mut seen = AHashMap::new();
    for one in wanted {
        let id = listed
            .get(&(one.phone, one.scope.to_string()))
            .copied()
            .ok_or_else(|| anyhow::anyhow!("a suppression is gone"))?;
        let fresh = ours.contains_key(&id) && seen.insert(id, ()).is_none();
        if fresh {
            let change = Change::opt_out(one.scope.clone(), now.timestamp_millis());
            entries.push(entry(one.phone, change, &one.note, mode));
        }
        told.push((id, fresh));
    }
    if !entries.is_empty() {
        record(app, tx, tenant, &entries).await?;
    }
    Ok(told)
}

/// Takes one off; false when it is not there.
pub async fn remove(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    id: SuppressionId,
    mode: Mode,
) -> anyhow::Result<bool> {
    let engine = app.engine();
    let Some(found) = db::suppression::find(tx, engine, tenant, id).await? else {
        return Ok(false);
    };
    if !db::suppression::remove(tx, engine, tenant, id).await? {
        return Ok(false);
    }
    let change = Change {
        scope: Scope::parse(&found.scope),
        ..Change::new(Action::Unsuppress, app.cx.clock.millis().0)
    };
    record(app, tx, tenant, &[entry(found.phone, change, "", mode)]).await?;
    Ok(true)
}
