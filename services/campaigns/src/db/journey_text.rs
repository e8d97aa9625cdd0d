//! Texts of flows as far as journeys look them up: who got them, of what.

use chassis::Engine;
use contract::texts::OriginKind;
use contract::{ContactId, MessageId, Mode, TemplateId, TenantId};
use sea_orm::ConnectionTrait;

use super::row::{self, sql};

#[derive(Debug, Clone)]
pub struct Told {
    pub message: MessageId,
    pub tenant: TenantId,
    pub mode: Mode,
    pub kind: OriginKind,
    pub origin: String,
    pub step: String,
    pub contact: ContactId,
    pub sender: String,
    pub template: TemplateId,
}

/// Those of these messages that are texts of flows.
pub async fn told(
    conn: &impl ConnectionTrait,
    engine: Engine,
    messages: &[MessageId],
) -> anyhow::Result<Vec<Told>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<[String; 1]> = messages
        .iter()
        .map(|id| [id.uuid().simple().to_string()])
        .collect();
    let text = format!(
        "SELECT t.id, t.tenant, t.mode, t.origin_kind, t.origin, t.step, t.contact, t.sender, t.template \
         FROM {} AS r CROSS JOIN flow_text AS t WHERE t.id = {}",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [serde_json::to_string(&ids)?.into()]))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Told {
                message: row::id(row, "id")?,
                tenant: row::id(row, "tenant")?,
                mode: row::mode(row)?,
                kind: row::named(row, "origin_kind", OriginKind::parse)?,
                origin: row::text(row, "origin")?,
                step: row::text(row, "step")?,
                contact: row::id(row, "contact")?,
                sender: row::text(row, "sender")?,
                template: row::id(row, "template")?,
            })
        })
        .collect()
}
