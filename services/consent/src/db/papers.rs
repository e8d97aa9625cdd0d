//! `papers`: what is declared of campaigns, senders and templates.

use chassis::Engine;
use contract::TenantId;
use sea_orm::ConnectionTrait;

/// Whose papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Campaign,
    Sender,
    Template,
    /// What the texts of a campaign hold.
    Content,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Sender => "sender",
            Self::Template => "template",
            Self::Content => "content",
        }
    }
}

/// The JSON of each that has papers.
pub async fn load(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    wanted: &[(Kind, String)],
) -> anyhow::Result<Vec<(String, String)>> {
    let rows: Vec<(&str, &str)> = wanted
        .iter()
        .map(|(kind, name)| (kind.as_str(), name.as_str()))
        .collect();
    let sql = format!(
        "SELECT kind, body FROM papers WHERE tenant = $1 AND (kind, name) IN (SELECT value->>0, value->>1 FROM {} AS r)",
        engine.rows("$2")
    );
    let values = [tenant.uuid().into(), serde_json::to_string(&rows)?.into()];
    let found = db.query_all_raw(engine.sql(sql, values)).await?;
    found
        .iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect()
}

pub async fn store(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    (kind, name): (Kind, &str),
    body: &str,
    now: i64,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO papers (tenant, kind, name, body, updated_at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (tenant, kind, name) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at";
    let values = [
        tenant.uuid().into(),
        kind.as_str().into(),
        name.into(),
        body.into(),
        now.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}
