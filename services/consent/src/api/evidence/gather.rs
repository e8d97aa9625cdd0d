//! Gathers what an archive or an access holds.

use std::collections::BTreeSet;

use ahash::{AHashMap, AHashSet};
use axum::http::StatusCode;
use chassis::http::Problem;
use contract::{DecisionId, Phone, TenantId, UnixMillis};
use serde_json::{Value, json};

use crate::app::App;
use crate::archive::{ChainedEntry, Personal};
use crate::chain::Head;
use crate::db::permit::Granted;
use crate::db::run_about::About;
use crate::db::{self};
use crate::tenants::person_hash;

/// Messages in one archive.
pub const MOST: usize = 100_000;
/// Permits read at once.
const PAGE: u32 = 10_000;

/// A text that was permitted, and what its run was about.
pub type Sent = (About, Granted);

pub fn too_large() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "evidence.too_large",
        format!("over {MOST} messages or 256 MiB; narrow it with `from` and `to`"),
    )
}

/// What one number was permitted in `span`, over all runs of the tenant.
pub async fn of_person(
    app: &App,
    tenant: TenantId,
    phone: Phone,
    span: (i64, i64),
    most: usize,
) -> Result<Vec<Sent>, Problem> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let mut sent = Vec::new();
    for about in db::run_about::of_tenant(reader, engine, tenant, 0).await? {
        if about.started_at >= span.1 {
            continue;
        }
        let permits = db::permit::of_person(reader, engine, about.run, phone).await?;
        sent.extend(within(&about, permits, span));
        if sent.len() > most {
            return Err(too_large());
        }
    }
    Ok(sent)
}

/// All that was permitted in these runs.
pub async fn of_runs(
    app: &App,
    runs: &[About],
    span: (i64, i64),
    most: usize,
) -> Result<Vec<Sent>, Problem> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let mut sent = Vec::new();
    for about in runs {
        let mut after = (-1, -1);
        loop {
            let page = db::permit::of_run(reader, engine, about.run, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (
                i64::from(last.message.chunk()),
                i64::from(last.message.position()),
            );
            sent.extend(within(about, page, span));
            if sent.len() > most {
                return Err(too_large());
            }
        }
    }
    Ok(sent)
}

fn within(
    about: &About,
    permits: Vec<Granted>,
    (from, to): (i64, i64),
) -> impl Iterator<Item = Sent> {
    permits
        .into_iter()
        .filter(move |permit| (from..to).contains(&permit.granted_at))
        .map(|permit| (about.clone(), permit))
}

/// Messages, decisions and policy sets as JSON.
#[derive(Default)]
pub struct Gathered {
    pub messages: Vec<Value>,
    pub decisions: Vec<Value>,
    pub policy_sets: Vec<Value>,
}

pub async fn written(app: &App, sent: &[Sent]) -> anyhow::Result<Gathered> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let mut gathered = Gathered::default();
    let wanted: BTreeSet<DecisionId> = sent.iter().map(|(_, permit)| permit.decision).collect();
    let (mut found, mut sets) = (AHashSet::new(), BTreeSet::new());
    for id in wanted {
        let Some(stored) = db::decision::find(reader, engine, id).await? else {
            continue;
        };
        found.insert(id);
        let json_of = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        gathered.decisions.push(json!({
            "id": id, "effect": stored.effect, "reason": stored.reason, "policies": json_of(&stored.policies),
            "facts": json_of(&stored.facts), "policy_set": hex::encode(&stored.policy_set),
            "first_seen": UnixMillis(stored.first_seen).to_utc(),
        }));
        sets.insert(stored.policy_set);
    }
    for hash in sets {
        let body = db::policy::text(reader, engine, &hash).await?;
        let mut set: Value = body
            .as_deref()
            .and_then(|body| serde_json::from_str(body).ok())
            .unwrap_or_else(|| json!({}));
        if let Some(fields) = set.as_object_mut() {
            fields.insert("hash".to_string(), hex::encode(&hash).into());
        }
        gathered.policy_sets.push(set);
    }
    gathered.messages = sent
        .iter()
        .map(|(about, permit)| {
            let decision = found.contains(&permit.decision).then_some(permit.decision);
            let phone = db::phone(permit.phone).map(|phone| phone.to_string());
            json!({
                "message": permit.message, "campaign": about.campaign, "run": about.run,
                "class": about.class.as_str(), "programme": about.programme, "sender": about.sender,
                "granted_at": permit.granted_at, "phone": phone, "consent_revision": permit.revision,
                "decision": decision,
            })
        })
        .collect();
    Ok(gathered)
}

/// The ledger's entries about a person, or those that stood behind these messages, and the chain's head.
pub async fn ledger(
    app: &App,
    tenant: TenantId,
    person: Option<Phone>,
    sent: &[Sent],
) -> anyhow::Result<(Vec<ChainedEntry>, Option<Head>)> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let Some(keys) = app.tenants.known_keys(tenant).await? else {
        return Ok((Vec::new(), None));
    };
    // For a person everything; else what was recorded when the last of their messages was permitted.
    let mut upto: AHashMap<[u8; 32], i64> = AHashMap::new();
    if let Some(phone) = person {
        upto.insert(person_hash(&keys, phone), i64::MAX);
    } else {
        let mut revisions: AHashMap<Phone, i64> = AHashMap::new();
        for (_, permit) in sent {
            if let Some(phone) = db::phone(permit.phone) {
                let newest = revisions.entry(phone).or_default();
                *newest = (*newest).max(permit.revision);
            }
        }
        upto.extend(
            revisions
                .into_iter()
                .map(|(phone, revision)| (person_hash(&keys, phone), revision)),
        );
    }
    let people: Vec<[u8; 32]> = upto.keys().copied().collect();
    let mut entries = db::ledger_sets::of_people(reader, engine, tenant, &people).await?;
    entries.retain(|entry| {
        let chained = entry.chained.as_ref();
        chained
            .and_then(|chained| upto.get(&chained.person))
            .is_some_and(|upto| entry.revision <= *upto)
    });
    let before: Vec<i64> = entries
        .iter()
        .filter_map(|entry| entry.chained.as_ref().map(|chained| chained.seq - 1))
        .collect();
    let hashes = db::ledger_sets::hashes(reader, engine, tenant, &before).await?;
    // Read after the entries, so that it is never behind them.
    let head = db::book::head(reader, engine, tenant, false).await?;
    let chained = entries.into_iter().filter_map(|entry| {
        let link = entry.link(tenant)?;
        let chained = entry.chained?;
        Some(ChainedEntry {
            prev_hash: hashes.get(&(link.seq - 1)).copied().unwrap_or_default(),
            hash: chained.hash,
            link,
            personal: chained.salt.map(|salt| Personal {
                text: entry.evidence,
                salt,
            }),
        })
    });
    Ok((chained.collect(), (head.seq > 0).then_some(head)))
}
