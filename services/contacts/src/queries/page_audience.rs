//! The people a campaign addresses, page by page, each once.

use std::sync::Arc;

use chassis::Engine;
use contract::contacts::{AudiencePage, PageAudience};
use contract::{ContactId, Envelope, TenantId};
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::app::App;
use crate::db;

/// Most contacts of one page.
const MOST: u32 = 20_000;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<PageAudience>,
) -> anyhow::Result<AudiencePage> {
    let (tenant, ask) = (envelope.tenant, envelope.body);
    let engine = app.db.engine();
    for list in ask.include.iter().chain(&ask.exclude) {
        // A list that is gone must not silently shrink, or worse widen, the audience.
        let known = db::lists::by_id(app.db.read(), engine, tenant, *list).await?;
        anyhow::ensure!(known.is_some(), "the list {list} does not exist");
    }
    let limit = usize::try_from(ask.limit.clamp(1, MOST))?;
    let rows = app
        .db
        .read()
        .query_all_raw(statement(engine, tenant, &ask, limit + 1)?)
        .await?;
    let mut contacts = Vec::with_capacity(rows.len());
    for row in rows.iter().take(limit) {
        contacts.push(ContactId::from_uuid(row.try_get_by_index(0)?));
    }
    Ok(AudiencePage {
        contacts,
        done: rows.len() <= limit,
    })
}

/// Keyset paging: each list is read from the cursor as far as a page needs, so that a page costs the same
/// wherever it lies.
fn statement(
    engine: Engine,
    tenant: TenantId,
    ask: &PageAudience,
    rows: usize,
) -> anyhow::Result<Statement> {
    let after = ask.after.unwrap_or(ContactId::from_raw(0));
    let mut values: Vec<Value> = vec![after.uuid().into(), i64::try_from(rows)?.into()];
    let mut place = |value: uuid::Uuid| {
        values.push(value.into());
        format!("${}", values.len())
    };
    let mut left_out = String::new();
    for list in &ask.exclude {
        let list = place(list.uuid());
        left_out.push_str(&format!(
            " AND NOT EXISTS (SELECT 1 FROM list_member AS x WHERE x.list = {list} AND x.contact = {{who}})"
        ));
    }
    let sql = if ask.include.is_empty() {
        let tenant = place(tenant.uuid());
        let left_out = left_out.replace("{who}", "c.id");
        format!(
            "SELECT c.id FROM contact AS c WHERE c.tenant = {tenant} AND c.id > $1{left_out} ORDER BY c.id LIMIT $2"
        )
    } else {
        let left_out = left_out.replace("{who}", "m.contact");
        let mut branches = Vec::with_capacity(ask.include.len());
        for list in &ask.include {
            let list = place(list.uuid());
            branches.push(format!(
                "SELECT id FROM (SELECT m.contact AS id FROM list_member AS m WHERE m.list = {list} \
                 AND m.contact > $1{left_out} ORDER BY m.contact LIMIT $2) AS b{}",
                branches.len()
            ));
        }
        format!("{} ORDER BY id LIMIT $2", branches.join(" UNION "))
    };
    Ok(engine.sql(sql, values))
}
