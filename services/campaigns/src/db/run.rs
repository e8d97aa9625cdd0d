//! Runs: one launch of a campaign, with everything it needs frozen into it.

use chassis::Tx;
use contract::consent::Gate;
use contract::{CampaignId, Class, ContactId, Mode, RunId, TemplateId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::audience::Audience;

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Running,
    Paused,
    /// What is open is being settled as cancelled.
    Cancelled,
    Closed,
}

impl RunState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Paused, Self::Cancelled, Self::Closed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

fn gate_name(gate: Gate) -> &'static str {
    match gate {
        Gate::Open => "open",
        Gate::Paused => "paused",
        Gate::Cancelled => "cancelled",
    }
}

fn gate(name: &str) -> Option<Gate> {
    [Gate::Open, Gate::Paused, Gate::Cancelled]
        .into_iter()
        .find(|gate| gate_name(*gate) == name)
}

#[derive(Debug, Clone)]
pub struct Run {
    pub id: RunId,
    pub tenant: TenantId,
    pub campaign: CampaignId,
    pub state: RunState,
    /// What consent's gate is to be, and whether consent has confirmed it.
    pub gate: Gate,
    pub gate_settled: bool,
    /// The audience is complete; nobody joins any more.
    pub frozen: bool,
    /// The last contact frozen so far.
    pub cursor: Option<ContactId>,
    pub recipients: u64,
    pub chunks: u32,
    pub audience: Audience,
    pub template: TemplateId,
    pub template_version: u32,
    pub field_names: Vec<String>,
    pub class: Class,
    pub programme: String,
    pub sender: String,
    pub mode: Mode,
    pub valid_until: UnixMillis,
    pub started_at: UnixMillis,
    pub closed_at: Option<UnixMillis>,
    /// How often its sums were stated as final; 0 until it closes.
    pub revision: u32,
    /// It has a throttle or an envelope, or had one.
    pub paced: bool,
    /// The run whose failed recipients it texts again.
    pub retry_of: Option<RunId>,
}

fn read(row: &QueryResult) -> anyhow::Result<Run> {
    Ok(Run {
        id: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        campaign: row::id(row, "campaign")?,
        state: row::named(row, "state", RunState::parse)?,
        gate: row::named(row, "gate", gate)?,
        gate_settled: row.try_get("", "gate_settled")?,
        frozen: row.try_get("", "frozen")?,
        cursor: row::maybe_id(row, "cursor")?,
        recipients: row::number(row, "recipients")?,
        chunks: row::number(row, "chunks")?,
        audience: serde_json::from_str(&row::text(row, "audience")?)?,
        template: row::id(row, "template")?,
        template_version: row::number(row, "template_version")?,
        field_names: serde_json::from_str(&row::text(row, "field_names")?)?,
        class: row::class(row)?,
        programme: row::text(row, "programme")?,
        sender: row::text(row, "sender")?,
        mode: row::mode(row)?,
        valid_until: row::millis(row, "valid_until")?,
        started_at: row::millis(row, "started_at")?,
        closed_at: row::maybe_millis(row, "closed_at")?,
        revision: row::number(row, "revision")?,
        paced: row.try_get("", "paced")?,
        retry_of: row::maybe_id(row, "retry_of")?,
    })
}

pub async fn insert(tx: &Tx, run: &Run) -> anyhow::Result<()> {
    let text = "insert into run (id, tenant, campaign, state, gate, gate_settled, frozen, cursor, recipients, chunks, \
                audience, template, template_version, field_names, class, programme, sender, mode, valid_until, \
                started_at, paced, retry_of) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
                $16, $17, $18, $19, $20, $21, $22)";
    let values = [
        run.id.uuid().into(),
        run.tenant.uuid().into(),
        run.campaign.uuid().into(),
        run.state.as_str().into(),
        gate_name(run.gate).into(),
        run.gate_settled.into(),
        run.frozen.into(),
        run.cursor.map(ContactId::uuid).into(),
        i64::try_from(run.recipients)?.into(),
        i64::from(run.chunks).into(),
        serde_json::to_string(&run.audience)?.into(),
        run.template.uuid().into(),
        i64::from(run.template_version).into(),
        serde_json::to_string(&run.field_names)?.into(),
        run.class.as_str().into(),
        run.programme.clone().into(),
        run.sender.clone().into(),
        run.mode.as_str().into(),
        run.valid_until.0.into(),
        run.started_at.0.into(),
        run.paced.into(),
        run.retry_of.map(RunId::uuid).into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

pub async fn by_id(conn: &impl ConnectionTrait, id: RunId) -> anyhow::Result<Option<Run>> {
    let row = conn
        .query_one_raw(sql(
            conn,
            "select * from run where id = $1",
            [id.uuid().into()],
        ))
        .await?;
    row.as_ref().map(read).transpose()
}

/// The same, locked until the transaction ends.
pub async fn by_id_for_update(
    tx: &Tx,
    engine: chassis::Engine,
    id: RunId,
) -> anyhow::Result<Option<Run>> {
    let text = format!("select * from run where id = $1{}", engine.for_update());
    let row = tx.query_one_raw(sql(tx, text, [id.uuid().into()])).await?;
    row.as_ref().map(read).transpose()
}

/// The runs of a campaign, the last first, at most `limit`, before `before`.
pub async fn of_campaign(
    conn: &impl ConnectionTrait,
    campaign: CampaignId,
    before: Option<RunId>,
    limit: u64,
) -> anyhow::Result<Vec<Run>> {
    let before = before.unwrap_or(RunId::from_raw(u128::MAX));
    let text =
        format!("select * from run where campaign = $1 and id < $2 order by id desc limit {limit}");
    let values = [campaign.uuid().into(), before.uuid().into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(read).collect()
}

/// Runs that are not closed.
pub async fn open(conn: &impl ConnectionTrait) -> anyhow::Result<Vec<RunId>> {
    let rows = conn
        .query_all_raw(sql(
            conn,
            "select id from run where state <> 'closed' order by id",
            [],
        ))
        .await?;
    rows.iter().map(|row| row::id(row, "id")).collect()
}

/// Moves a run on if it stands at `from`, and asks for consent's gate to follow.
pub async fn move_on(
    tx: &Tx,
    id: RunId,
    from: &[RunState],
    to: RunState,
    gate: Gate,
) -> anyhow::Result<bool> {
    let from: Vec<String> = from
        .iter()
        .map(|state| format!("'{}'", state.as_str()))
        .collect();
    let text = format!(
        "update run set state = $2, gate = $3, gate_settled = false where id = $1 and state in ({})",
        from.join(", ")
    );
    let values = [id.uuid().into(), to.as_str().into(), gate_name(gate).into()];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

/// Consent has confirmed `gate`; ignored if another one is wanted by now.
pub async fn gate_settled(tx: &Tx, id: RunId, gate: Gate) -> anyhow::Result<()> {
    let text = "update run set gate_settled = true where id = $1 and gate = $2";
    tx.execute_raw(sql(tx, text, [id.uuid().into(), gate_name(gate).into()]))
        .await?;
    Ok(())
}

/// Progress of the freeze.
pub async fn advance(tx: &Tx, run: &Run) -> anyhow::Result<()> {
    let text =
        "update run set cursor = $2, recipients = $3, chunks = $4, frozen = $5 where id = $1";
    let values = [
        run.id.uuid().into(),
        run.cursor.map(ContactId::uuid).into(),
        i64::try_from(run.recipients)?.into(),
        i64::from(run.chunks).into(),
        run.frozen.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Closes a run: its sums are stated for the first time.
pub async fn close(tx: &Tx, id: RunId, now: UnixMillis) -> anyhow::Result<()> {
    let text = "update run set state = 'closed', closed_at = $2, revision = 1 where id = $1";
    tx.execute_raw(sql(tx, text, [id.uuid().into(), now.0.into()]))
        .await?;
    Ok(())
}

/// The sums of a closed run, which is locked, are stated anew.
pub async fn restate(tx: &Tx, id: RunId, revision: u32, now: UnixMillis) -> anyhow::Result<()> {
    let text = "update run set revision = $2, restated_at = $3 where id = $1";
    let values = [id.uuid().into(), i64::from(revision).into(), now.0.into()];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}
