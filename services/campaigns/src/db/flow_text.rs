//! `flow_text`: texts of flows, one to one person.

use std::collections::{HashMap, HashSet};

use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use contract::texts::{FlowText, Origin, OriginKind};
use contract::{MessageId, Mode, Reason, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::row::{self, sql};
use crate::texts::outcomes::Report;
use crate::texts::{NewText, Queued, Text, TextOutcome, offer};

fn hex(message: MessageId) -> String {
    message.uuid().simple().to_string()
}

fn ids(messages: &[MessageId]) -> anyhow::Result<Value> {
    let ids: Vec<[String; 1]> = messages.iter().map(|id| [hex(*id)]).collect();
    Ok(serde_json::to_string(&ids)?.into())
}

/// The ids bound at `$1`, as a list to look among.
fn among(engine: Engine) -> String {
    format!(
        "(SELECT {} FROM {} AS r)",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    )
}

fn plain(text: &str) -> String {
    // PostgreSQL takes no NUL in a text.
    text.replace('\0', "")
}

/// Writes rows where there are none of the same place yet. In the order of `rows`: where each text has its row.
pub async fn insert(
    tx: &Tx,
    engine: Engine,
    rows: &[(MessageId, &NewText)],
    now: UnixMillis,
) -> anyhow::Result<Vec<Queued>> {
    let mut lines = Vec::with_capacity(rows.len());
    for (id, text) in rows {
        let vars = text.vars.iter().map(|(k, v)| (plain(k), plain(v)));
        let vars: std::collections::BTreeMap<String, String> = vars.collect();
        lines.push(serde_json::json!([
            hex(*id),
            text.tenant.uuid().simple().to_string(),
            text.mode.as_str(),
            text.origin.kind.as_str(),
            plain(&text.origin.id),
            plain(&text.step),
            text.contact.uuid().simple().to_string(),
            text.class.as_str(),
            plain(&text.programme),
            plain(&text.sender),
            text.template.uuid().simple().to_string(),
            text.template_version,
            serde_json::to_string(&vars)?,
            text.not_before.map(|at| at.0),
            text.valid_until.0,
        ]));
    }
    let lines = serde_json::to_string(&lines)?;
    let uuid = |at: u8| engine.uuid(&format!("r.value->>{at}"));
    let insert = format!(
        "INSERT INTO flow_text (id, tenant, mode, origin_kind, origin, step, contact, class, programme, sender, template, \
         template_version, vars, not_before, valid_until, state, reason, queued_at, changed_at, offers, offer_at) \
         SELECT {}, {}, r.value->>2, r.value->>3, r.value->>4, r.value->>5, {}, r.value->>7, r.value->>8, r.value->>9, {}, \
         CAST(r.value->>11 AS BIGINT), r.value->>12, CAST(r.value->>13 AS BIGINT), CAST(r.value->>14 AS BIGINT), \
         0, 'OK', $2, $2, 1, $3 FROM {} AS r WHERE true \
         ON CONFLICT (tenant, origin_kind, origin, step, contact) DO NOTHING RETURNING id",
        uuid(0),
        uuid(1),
        uuid(6),
        uuid(10),
        engine.rows("$1")
    );
    let values = [
        lines.clone().into(),
        now.0.into(),
        offer::again_at(now, 1).0.into(),
    ];
    let mut new = HashSet::with_capacity(rows.len());
    for row in tx.query_all_raw(sql(tx, insert, values)).await? {
        new.insert(row::id::<contract::ids::kinds::Message>(&row, "id")?);
    }
    let mut known = HashMap::new();
    if new.len() < rows.len() {
        // CROSS JOIN, so that SQLite looks each place up and never walks the table.
        let find = format!(
            "SELECT r.value->>0 AS asked, t.id FROM {} AS r CROSS JOIN flow_text AS t WHERE t.tenant = {} \
             AND t.origin_kind = r.value->>3 AND t.origin = r.value->>4 AND t.step = r.value->>5 AND t.contact = {}",
            engine.rows("$1"),
            uuid(1),
            uuid(6)
        );
        for row in tx.query_all_raw(sql(tx, find, [lines.into()])).await? {
            known.insert(row::text(&row, "asked")?, row::id(&row, "id")?);
        }
    }
    let place = |(id, _): &(MessageId, &NewText)| match known.get(&hex(*id)) {
        _ if new.contains(id) => Ok(Queued {
            message: *id,
            new: true,
        }),
        Some(message) => Ok(Queued {
            message: *message,
            new: false,
        }),
        None => Err(anyhow::anyhow!(
            "a text has neither a new row nor an old one"
        )),
    };
    rows.iter().map(place).collect()
}

const COLUMNS: &str = "id, tenant, origin_kind, origin, step, contact, state, reason, held_until, queued_at, accepted_at, \
                       changed_at, withdraw_reason";

fn origin(row: &QueryResult) -> anyhow::Result<Origin> {
    Ok(Origin {
        kind: row::named(row, "origin_kind", OriginKind::parse)?,
        id: row::text(row, "origin")?,
    })
}

fn outcome(row: &QueryResult) -> anyhow::Result<Outcome> {
    let rank: u8 = row::number(row, "state")?;
    Outcome::from_rank(rank).ok_or_else(|| anyhow::anyhow!("no outcome has rank {rank}"))
}

fn read(row: &QueryResult) -> anyhow::Result<Text> {
    Ok(Text {
        message: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        origin: origin(row)?,
        step: row::text(row, "step")?,
        contact: row::id(row, "contact")?,
        outcome: outcome(row)?,
        reason: row::text(row, "reason")?.into(),
        held_until: row::maybe_millis(row, "held_until")?,
        queued_at: row::millis(row, "queued_at")?,
        accepted_at: row::maybe_millis(row, "accepted_at")?,
        changed_at: row::millis(row, "changed_at")?,
        withdrawn: row
            .try_get::<Option<String>>("", "withdraw_reason")?
            .map(Reason::from),
    })
}

fn read_outcome(row: &QueryResult) -> anyhow::Result<TextOutcome> {
    Ok(TextOutcome {
        message: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        origin: origin(row)?,
        step: row::text(row, "step")?,
        contact: row::id(row, "contact")?,
        outcome: outcome(row)?,
        reason: row::text(row, "reason")?.into(),
        at: row::millis(row, "changed_at")?,
    })
}

/// Those of these ids that are texts of flows.
pub async fn known(
    conn: &impl ConnectionTrait,
    engine: Engine,
    messages: &[MessageId],
) -> anyhow::Result<HashSet<MessageId>> {
    let text = format!("SELECT id FROM flow_text WHERE id IN {}", among(engine));
    let rows = conn
        .query_all_raw(sql(conn, text, [ids(messages)?]))
        .await?;
    rows.iter().map(|row| row::id(row, "id")).collect()
}

pub async fn by_ids(
    conn: &impl ConnectionTrait,
    engine: Engine,
    messages: &[MessageId],
) -> anyhow::Result<Vec<Text>> {
    let text = format!(
        "SELECT {COLUMNS} FROM flow_text WHERE id IN {}",
        among(engine)
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [ids(messages)?]))
        .await?;
    rows.iter().map(read).collect()
}

/// Texts of one flow, oldest first.
pub async fn of_origin(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    origin: &Origin,
) -> anyhow::Result<Vec<Text>> {
    let text = format!(
        "SELECT {COLUMNS} FROM flow_text WHERE tenant = $1 AND origin_kind = $2 AND origin = $3 ORDER BY id"
    );
    let values = [
        tenant.uuid().into(),
        origin.kind.as_str().into(),
        origin.id.clone().into(),
    ];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(read).collect()
}

/// Folds reports, at most one of a text, into its row; says which rows changed. A row's rank only rises, but what
/// is held may be held again.
pub async fn fold(tx: &Tx, engine: Engine, reports: &[Report]) -> anyhow::Result<Vec<TextOutcome>> {
    let line = |report: &Report| {
        (
            hex(report.message),
            report.outcome.rank(),
            report.reason.as_str().to_string(),
            report.until.map(|until| until.0),
            report.at.0,
        )
    };
    let lines: Vec<_> = reports.iter().map(line).collect();
    let (held, settled) = (Outcome::Held.rank(), Outcome::Expired.rank());
    let rank = "CAST(r.value->>1 AS BIGINT)";
    let at = "CAST(r.value->>4 AS BIGINT)";
    let text = format!(
        "UPDATE flow_text SET state = {rank}, reason = r.value->>2, held_until = CAST(r.value->>3 AS BIGINT), \
         changed_at = {at}, accepted_at = COALESCE(accepted_at, {at}), offer_at = NULL, \
         vars = CASE WHEN {rank} >= {settled} THEN NULL ELSE vars END, \
         withdraw_at = CASE WHEN {rank} >= {settled} THEN NULL ELSE withdraw_at END \
         FROM {} AS r WHERE flow_text.id = {} AND (flow_text.state < {rank} \
         OR (flow_text.state = {held} AND {rank} = {held} AND flow_text.changed_at < {at})) \
         RETURNING id, tenant, origin_kind, origin, step, contact, state, reason, changed_at",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let json = serde_json::to_string(&lines)?;
    let rows = tx.query_all_raw(sql(tx, text, [json.into()])).await?;
    rows.iter().map(read_outcome).collect()
}

/// Dispatch has rows of these texts.
pub async fn accepted(
    tx: &Tx,
    engine: Engine,
    batch: &[(TenantId, Vec<MessageId>, UnixMillis)],
) -> anyhow::Result<()> {
    let mut lines: Vec<(String, i64)> = batch
        .iter()
        .flat_map(|(_, messages, at)| messages.iter().map(|id| (hex(*id), at.0)))
        .collect();
    // In the order in which outcomes are folded, so that the two do not wait for each other.
    lines.sort_unstable();
    let text = format!(
        "UPDATE flow_text SET offer_at = NULL, accepted_at = COALESCE(accepted_at, CAST(r.value->>1 AS BIGINT)) \
         FROM {} AS r WHERE flow_text.id = {}",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let json = serde_json::to_string(&lines)?;
    tx.execute_raw(sql(tx, text, [json.into()])).await?;
    Ok(())
}

/// Whether a text is to be offered again.
pub async fn any_offer(conn: &impl ConnectionTrait, now: UnixMillis) -> anyhow::Result<bool> {
    let text = "SELECT 1 FROM flow_text WHERE offer_at IS NOT NULL AND offer_at <= $1 LIMIT 1";
    let row = conn.query_one_raw(sql(conn, text, [now.0.into()])).await?;
    Ok(row.is_some())
}

/// Takes texts that dispatch has not accepted in time, to be offered again: the longest waiting first.
pub async fn take_offers(
    tx: &Tx,
    engine: Engine,
    now: UnixMillis,
    limit: u64,
) -> anyhow::Result<Vec<(TenantId, FlowText)>> {
    let text = format!(
        "SELECT * FROM flow_text WHERE offer_at IS NOT NULL AND offer_at <= $1 ORDER BY offer_at LIMIT $2{}{}",
        engine.for_update(),
        engine.skip_locked()
    );
    let values = [now.0.into(), i64::try_from(limit)?.into()];
    let (mut offers, mut lines) = (Vec::new(), Vec::new());
    for row in tx.query_all_raw(sql(tx, text, values)).await? {
        let (tenant, offer) = read_offer(&row)?;
        let again = offer::again_at(now, row::number::<u32>(&row, "offers")?.saturating_add(1));
        lines.push((hex(offer.message), again.0));
        offers.push((tenant, offer));
    }
    let text = format!(
        "UPDATE flow_text SET offers = offers + 1, offer_at = CAST(r.value->>1 AS BIGINT) FROM {} AS r \
         WHERE flow_text.id = {}",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let json = serde_json::to_string(&lines)?;
    tx.execute_raw(sql(tx, text, [json.into()])).await?;
    Ok(offers)
}

fn read_offer(row: &QueryResult) -> anyhow::Result<(TenantId, FlowText)> {
    let vars: Option<String> = row.try_get("", "vars")?;
    let version: Option<i64> = row.try_get("", "template_version")?;
    let text = FlowText {
        message: row::id(row, "id")?,
        origin: origin(row)?,
        contact: row::id(row, "contact")?,
        class: row::class(row)?,
        programme: row::text(row, "programme")?,
        sender: row::text(row, "sender")?,
        template: row::id(row, "template")?,
        template_version: version.map(u32::try_from).transpose()?,
        vars: serde_json::from_str(vars.as_deref().unwrap_or("{}"))?,
        mode: row::named(row, "mode", Mode::parse)?,
        not_before: row::maybe_millis(row, "not_before")?,
        valid_until: row::millis(row, "valid_until")?,
    };
    Ok((row::id(row, "tenant")?, text))
}

/// Notes that texts are wanted back, unless they are settled or wanted back already.
pub async fn want_withdrawn(
    tx: &Tx,
    engine: Engine,
    messages: &[MessageId],
    why: &Reason,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let text = format!(
        "UPDATE flow_text SET withdraw_reason = $2, withdraw_at = $3 WHERE id IN {} AND withdraw_reason IS NULL \
         AND state < {}",
        among(engine),
        Outcome::Expired.rank()
    );
    let values = [ids(messages)?, why.as_str().into(), now.0.into()];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Texts whose gates consent is to be asked for (again).
pub async fn withdrawals_due(
    conn: &impl ConnectionTrait,
    now: UnixMillis,
    limit: u64,
) -> anyhow::Result<Vec<MessageId>> {
    let text = "SELECT id FROM flow_text WHERE withdraw_at IS NOT NULL AND withdraw_at <= $1 ORDER BY withdraw_at LIMIT $2";
    let values = [now.0.into(), i64::try_from(limit)?.into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(|row| row::id(row, "id")).collect()
}

/// When consent is asked again; `None`: it has confirmed.
pub async fn ask_again(
    tx: &Tx,
    engine: Engine,
    messages: &[MessageId],
    at: Option<UnixMillis>,
) -> anyhow::Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let text = format!(
        "UPDATE flow_text SET withdraw_at = $2 WHERE id IN {} AND state < {}",
        among(engine),
        Outcome::Expired.rank()
    );
    let values = [ids(messages)?, at.map(|at| at.0).into()];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Cancels texts that never left and never will; says which rows changed.
pub async fn cancel(
    tx: &Tx,
    engine: Engine,
    messages: &[MessageId],
    now: UnixMillis,
) -> anyhow::Result<Vec<TextOutcome>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "UPDATE flow_text SET state = {}, reason = withdraw_reason, changed_at = $2, held_until = NULL, offer_at = NULL, \
         withdraw_at = NULL, vars = NULL WHERE id IN {} AND state < {} AND withdraw_reason IS NOT NULL \
         RETURNING id, tenant, origin_kind, origin, step, contact, state, reason, changed_at",
        Outcome::Cancelled.rank(),
        among(engine),
        Outcome::Expired.rank()
    );
    let values = [ids(messages)?, now.0.into()];
    let rows = tx.query_all_raw(sql(tx, text, values)).await?;
    rows.iter().map(read_outcome).collect()
}
