//! Reminder plans and their versions.

use chassis::{Engine, Tx};
use contract::{Mode, ReminderPlanId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::row::{self, sql};
use crate::appointment::rules::Rules;

#[derive(Debug, Clone, PartialEq)]
pub struct ReminderPlan {
    pub id: ReminderPlanId,
    pub tenant: TenantId,
    pub mode: Mode,
    pub version: u32,
    pub rules: Rules,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

fn read(row: &QueryResult) -> anyhow::Result<ReminderPlan> {
    Ok(ReminderPlan {
        id: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        mode: row::mode(row)?,
        version: row::number(row, "version")?,
        rules: serde_json::from_str(&row::text(row, "rules")?)?,
        created_at: row::millis(row, "created_at")?,
        updated_at: row::millis(row, "updated_at")?,
    })
}

/// Writes a version of it. False: another plan has the name.
pub async fn save(tx: &Tx, of: &ReminderPlan) -> anyhow::Result<bool> {
    let taken = "select 1 from reminder_plan where tenant = $1 and mode = $2 and name = $3 and deleted_at is null \
                 and id <> $4";
    let key = [
        of.tenant.uuid().into(),
        of.mode.as_str().into(),
        of.rules.name.clone().into(),
        of.id.uuid().into(),
    ];
    if row::any(tx, taken, key).await? {
        return Ok(false);
    }
    let rules = serde_json::to_string(&of.rules)?;
    let text = "insert into reminder_plan (id, tenant, mode, name, version, rules, created_at, updated_at) \
                values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do update set name = excluded.name, \
                version = excluded.version, rules = excluded.rules, updated_at = excluded.updated_at";
    let values: [Value; 8] = [
        of.id.uuid().into(),
        of.tenant.uuid().into(),
        of.mode.as_str().into(),
        of.rules.name.clone().into(),
        i64::from(of.version).into(),
        rules.clone().into(),
        of.created_at.0.into(),
        of.updated_at.0.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    let text = "insert into reminder_plan_version (plan, version, rules) values ($1, $2, $3)";
    let values: [Value; 3] = [
        of.id.uuid().into(),
        i64::from(of.version).into(),
        rules.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(true)
}

async fn one(
    conn: &impl ConnectionTrait,
    condition: &str,
    values: impl IntoIterator<Item = Value>,
) -> anyhow::Result<Option<ReminderPlan>> {
    let text = format!("select * from reminder_plan where deleted_at is null and {condition}");
    row::one(conn, text, values, read).await
}

pub async fn by_id(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    mode: Mode,
    id: ReminderPlanId,
) -> anyhow::Result<Option<ReminderPlan>> {
    let values = [id.uuid().into(), tenant.uuid().into(), mode.as_str().into()];
    one(conn, "id = $1 and tenant = $2 and mode = $3", values).await
}

/// One to be changed: locked until the transaction ends.
pub async fn lock(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    mode: Mode,
    id: ReminderPlanId,
) -> anyhow::Result<Option<ReminderPlan>> {
    let condition = format!(
        "id = $1 and tenant = $2 and mode = $3{}",
        engine.for_update()
    );
    let values = [id.uuid().into(), tenant.uuid().into(), mode.as_str().into()];
    one(tx, &condition, values).await
}

pub async fn by_name(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    mode: Mode,
    name: &str,
) -> anyhow::Result<Option<ReminderPlan>> {
    let values = [name.into(), tenant.uuid().into(), mode.as_str().into()];
    one(conn, "name = $1 and tenant = $2 and mode = $3", values).await
}

/// Newest first, those older than `before`.
pub async fn page(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    mode: Mode,
    before: Option<ReminderPlanId>,
    limit: u64,
) -> anyhow::Result<Vec<ReminderPlan>> {
    let before = before.unwrap_or(ReminderPlanId::from_raw(u128::MAX));
    let text = format!(
        "select * from reminder_plan where deleted_at is null and tenant = $1 and mode = $2 and id < $3 \
         order by id desc limit {limit}"
    );
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        before.uuid().into(),
    ];
    row::all(conn, text, values, read).await
}

/// What a version says, deleted or not.
pub async fn rules(
    conn: &impl ConnectionTrait,
    plan: ReminderPlanId,
    version: u32,
) -> anyhow::Result<Rules> {
    let text = "select rules from reminder_plan_version where plan = $1 and version = $2";
    let values = [plan.uuid().into(), i64::from(version).into()];
    let row = conn.query_one_raw(sql(conn, text, values)).await?;
    let row = row.ok_or_else(|| anyhow::anyhow!("{plan} has no version {version}"))?;
    Ok(serde_json::from_str(&row::text(&row, "rules")?)?)
}

pub async fn delete(tx: &Tx, id: ReminderPlanId, now: UnixMillis) -> anyhow::Result<()> {
    let text = "update reminder_plan set deleted_at = $2 where id = $1";
    tx.execute_raw(sql(tx, text, [id.uuid().into(), now.0.into()]))
        .await?;
    Ok(())
}
