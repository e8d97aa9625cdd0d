//! Journeys and their versions. A version is written once and never changed.

use std::collections::{BTreeMap, BTreeSet};

use chassis::{Engine, Tx};
use contract::{JourneyId, Mode, TemplateId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::journey::model::Definition;
use crate::journeys::state::State;

#[derive(Debug, Clone)]
pub struct Journey {
    pub id: JourneyId,
    pub tenant: TenantId,
    pub name: String,
    pub mode: Mode,
    pub state: State,
    pub draft: Definition,
    /// Templates by the names that the draft has for them.
    pub templates: BTreeMap<String, TemplateId>,
    pub sender: Option<String>,
    /// Its webhooks are signed with this.
    pub webhook_secret: Option<String>,
    /// The published version that new runs get; 0: none yet.
    pub version: u32,
    /// The event that starts runs of that version.
    pub starts: Option<String>,
    /// The events that it says.
    pub says: BTreeSet<String>,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

#[derive(Debug, Clone)]
pub struct Published {
    pub journey: JourneyId,
    pub version: u32,
    pub hash: String,
    pub definition: Definition,
    pub templates: BTreeMap<String, TemplateId>,
    pub sender: Option<String>,
    pub published_at: UnixMillis,
}

fn read(row: &QueryResult) -> anyhow::Result<Journey> {
    Ok(Journey {
        id: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        name: row::text(row, "name")?,
        mode: row::mode(row)?,
        state: row::named(row, "state", State::parse)?,
        draft: serde_json::from_str(&row::text(row, "draft")?)?,
        templates: serde_json::from_str(&row::text(row, "templates")?)?,
        sender: row.try_get("", "sender")?,
        webhook_secret: row.try_get("", "webhook_secret")?,
        version: row::number(row, "version")?,
        starts: row.try_get("", "starts")?,
        says: serde_json::from_str(&row::text(row, "says")?)?,
        created_at: row::millis(row, "created_at")?,
        updated_at: row::millis(row, "updated_at")?,
    })
}

/// False where the tenant has a journey of this name.
pub async fn insert(tx: &Tx, journey: &Journey) -> anyhow::Result<bool> {
    let text = "insert into journey (id, tenant, name, mode, state, draft, templates, sender, version, starts, says, created_at, updated_at, \
                webhook_secret) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, null, '[]', $9, $9, $10) on conflict do nothing";
    let values = [
        journey.id.uuid().into(),
        journey.tenant.uuid().into(),
        journey.name.clone().into(),
        journey.mode.as_str().into(),
        journey.state.as_str().into(),
        serde_json::to_string(&journey.draft)?.into(),
        serde_json::to_string(&journey.templates)?.into(),
        journey.sender.clone().into(),
        journey.created_at.0.into(),
        journey.webhook_secret.clone().into(),
    ];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

pub async fn by_id(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    id: JourneyId,
) -> anyhow::Result<Option<Journey>> {
    locked(conn, tenant, id, "").await
}

/// The same, locked until the transaction ends.
pub async fn by_id_for_update(
    tx: &Tx,
    tenant: TenantId,
    id: JourneyId,
) -> anyhow::Result<Option<Journey>> {
    locked(tx, tenant, id, row::engine(tx).for_update()).await
}

async fn locked(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    id: JourneyId,
    lock: &str,
) -> anyhow::Result<Option<Journey>> {
    let text = format!("select * from journey where id = $1 and tenant = $2{lock}");
    let row = conn
        .query_one_raw(sql(conn, &text, [id.uuid().into(), tenant.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Newest first, older than `before`.
pub async fn page(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    before: Option<JourneyId>,
    limit: u64,
) -> anyhow::Result<Vec<Journey>> {
    let before = before.unwrap_or(JourneyId::from_raw(u128::MAX));
    let text = format!(
        "select * from journey where tenant = $1 and id < $2 order by id desc limit {limit}"
    );
    let rows = conn
        .query_all_raw(sql(
            conn,
            text,
            [tenant.uuid().into(), before.uuid().into()],
        ))
        .await?;
    rows.iter().map(read).collect()
}

/// Published journeys of a tenant: what its events can start.
pub async fn published(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
) -> anyhow::Result<Vec<Journey>> {
    let text = "select * from journey where tenant = $1 and version > 0 order by id";
    let rows = conn
        .query_all_raw(sql(conn, text, [tenant.uuid().into()]))
        .await?;
    rows.iter().map(read).collect()
}

/// What a pass needs of a journey.
#[derive(Debug, Clone)]
pub struct Head {
    pub id: JourneyId,
    pub tenant: TenantId,
    pub mode: Mode,
    pub state: State,
    pub version: u32,
    pub starts: Option<String>,
}

fn head(row: &QueryResult) -> anyhow::Result<Head> {
    Ok(Head {
        id: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        mode: row::mode(row)?,
        state: row::named(row, "state", State::parse)?,
        version: row::number(row, "version")?,
        starts: row.try_get("", "starts")?,
    })
}

/// Heads of a tenant's published journeys.
pub async fn heads(conn: &impl ConnectionTrait, tenant: TenantId) -> anyhow::Result<Vec<Head>> {
    let text = "select id, tenant, mode, state, version, starts from journey where tenant = $1 and version > 0";
    let rows = conn
        .query_all_raw(sql(conn, text, [tenant.uuid().into()]))
        .await?;
    rows.iter().map(head).collect()
}

/// Whether a tenant has journeys that hear of something.
pub async fn any_published(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    mode: Option<Mode>,
) -> anyhow::Result<bool> {
    let text = "select 1 as one from journey where tenant = $1 and version > 0 and mode = coalesce($2, mode) limit 1";
    let values = [
        tenant.uuid().into(),
        mode.map(|mode| mode.as_str().to_string()).into(),
    ];
    Ok(conn.query_one_raw(sql(conn, text, values)).await?.is_some())
}

/// The head of one that is published, whosever it is.
pub async fn published_head(
    conn: &impl ConnectionTrait,
    id: JourneyId,
) -> anyhow::Result<Option<Head>> {
    let text = "select id, tenant, mode, state, version, starts from journey where id = $1 and version > 0";
    let row = conn
        .query_one_raw(sql(conn, text, [id.uuid().into()]))
        .await?;
    row.as_ref().map(head).transpose()
}

/// How these journeys stand. They stay so until the transaction ends: a pause waits for it, and nothing that is begun
/// after the pause was answered sees another state.
pub async fn states(
    tx: &Tx,
    engine: Engine,
    ids: impl Iterator<Item = JourneyId>,
) -> anyhow::Result<BTreeMap<JourneyId, State>> {
    let ids: BTreeSet<JourneyId> = ids.collect();
    let lines: Vec<[String; 1]> = ids
        .iter()
        .map(|id| [id.uuid().simple().to_string()])
        .collect();
    let text = format!(
        "select id, state from journey where id in (select {} from {} as r) order by id{}",
        engine.uuid("r.value->>0"),
        engine.rows("$1"),
        engine.for_share()
    );
    let rows = tx
        .query_all_raw(sql(tx, text, [serde_json::to_string(&lines)?.into()]))
        .await?;
    rows.iter()
        .map(|row| Ok((row::id(row, "id")?, row::named(row, "state", State::parse)?)))
        .collect()
}

/// Published journeys with splits that will have a winner.
pub async fn with_contests(conn: &impl ConnectionTrait) -> anyhow::Result<Vec<Head>> {
    let text = "select id, tenant, mode, state, version, starts from journey where contests > 0 and version > 0";
    let rows = conn.query_all_raw(sql(conn, text, [])).await?;
    rows.iter().map(head).collect()
}

/// What its webhooks are signed with.
pub async fn webhook_secret(
    conn: &impl ConnectionTrait,
    id: JourneyId,
) -> anyhow::Result<Option<String>> {
    let text = "select webhook_secret from journey where id = $1";
    let row = conn
        .query_one_raw(sql(conn, text, [id.uuid().into()]))
        .await?;
    Ok(match row {
        Some(row) => row.try_get("", "webhook_secret")?,
        None => None,
    })
}

/// Replaces the draft; what is published stays as it is.
pub async fn set_draft(tx: &Tx, journey: &Journey) -> anyhow::Result<()> {
    let text = "update journey set draft = $2, templates = $3, sender = $4, updated_at = $5, webhook_secret = $6 where id = $1";
    let values = [
        journey.id.uuid().into(),
        serde_json::to_string(&journey.draft)?.into(),
        serde_json::to_string(&journey.templates)?.into(),
        journey.sender.clone().into(),
        journey.updated_at.0.into(),
        journey.webhook_secret.clone().into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Writes a version and makes it the one that new runs get, if the journey still has the version before it. A draft
/// runs from then on; every other state stays. Answers the state, or `None` where another version came first.
pub async fn publish(
    tx: &Tx,
    new: &Published,
    starts: Option<String>,
    says: &BTreeSet<String>,
    contests: usize,
) -> anyhow::Result<Option<State>> {
    let text = "update journey set version = $2, starts = $3, says = $4, state = case state when 'draft' then 'running' else state end, \
                updated_at = $5, contests = $7 where id = $1 and version = $6 returning state";
    let values = [
        new.journey.uuid().into(),
        i64::from(new.version).into(),
        starts.into(),
        serde_json::to_string(says)?.into(),
        new.published_at.0.into(),
        (i64::from(new.version) - 1).into(),
        i64::try_from(contests)?.into(),
    ];
    let Some(published) = tx.query_one_raw(sql(tx, text, values)).await? else {
        return Ok(None);
    };
    let state = row::named(&published, "state", State::parse)?;
    let text = "insert into journey_version (journey, version, hash, definition, templates, sender, published_at) values ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        new.journey.uuid().into(),
        i64::from(new.version).into(),
        new.hash.clone().into(),
        serde_json::to_string(&new.definition)?.into(),
        serde_json::to_string(&new.templates)?.into(),
        new.sender.clone().into(),
        new.published_at.0.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(Some(state))
}

pub async fn version(
    conn: &impl ConnectionTrait,
    journey: JourneyId,
    version: u32,
) -> anyhow::Result<Option<Published>> {
    let text = "select * from journey_version where journey = $1 and version = $2";
    let row = conn
        .query_one_raw(sql(
            conn,
            text,
            [journey.uuid().into(), i64::from(version).into()],
        ))
        .await?;
    row.map(|row| {
        Ok(Published {
            journey,
            version,
            hash: row::text(&row, "hash")?,
            definition: serde_json::from_str(&row::text(&row, "definition")?)?,
            templates: serde_json::from_str(&row::text(&row, "templates")?)?,
            sender: row.try_get("", "sender")?,
            published_at: row::millis(&row, "published_at")?,
        })
    })
    .transpose()
}

/// False where it did not stand at one of `from`.
pub async fn move_on(
    tx: &Tx,
    id: JourneyId,
    from: &[State],
    to: State,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    let from: Vec<String> = from
        .iter()
        .map(|state| format!("'{}'", state.as_str()))
        .collect();
    let text = format!(
        "update journey set state = $2, updated_at = $3 where id = $1 and state in ({})",
        from.join(", ")
    );
    let values = [id.uuid().into(), to.as_str().into(), now.0.into()];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}
