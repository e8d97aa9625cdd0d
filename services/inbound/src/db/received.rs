//! Received texts. A carrier's repetition finds the row that its first attempt made.

use anyhow::Context;
use chassis::{Db, Engine, Tx};
use contract::consent::{Keyword, Reply};
use contract::{ContactId, InboundId, Mode, Phone, TenantId, UnixMillis};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// A text as it is stored.
#[derive(Clone, PartialEq)]
pub struct Received {
    pub id: InboundId,
    pub provider: String,
    pub provider_message_id: String,
    pub contact: Option<ContactId>,
    pub from: Phone,
    pub to: String,
    pub text: String,
    /// What consent made of it; `None` while it has not answered.
    pub keyword: Option<String>,
    pub mode: Mode,
    pub received_at: UnixMillis,
}

impl Received {
    pub fn reply(&self) -> Reply {
        Reply {
            inbound: self.id,
            contact: self.contact,
            from: self.from,
            to: self.to.clone(),
            text: self.text.clone(),
            received_at: self.received_at,
            mode: self.mode,
        }
    }
}

const COLUMNS: &str = "id, provider, provider_message_id, contact, phone, sender_to, text, keyword, mode, received_at";

fn read(row: &QueryResult) -> anyhow::Result<Received> {
    let digits = u64::try_from(row.try_get::<i64>("", "phone")?)?;
    Ok(Received {
        id: InboundId::from_uuid(row.try_get("", "id")?),
        provider: row.try_get("", "provider")?,
        provider_message_id: row.try_get("", "provider_message_id")?,
        contact: row
            .try_get::<Option<Uuid>>("", "contact")?
            .map(ContactId::from_uuid),
        from: Phone::from_digits(digits).context("a stored number has a wrong length")?,
        to: row.try_get("", "sender_to")?,
        text: row.try_get("", "text")?,
        keyword: row.try_get("", "keyword")?,
        mode: Mode::parse(&row.try_get::<String>("", "mode")?)
            .context("a stored mode is unknown")?,
        received_at: UnixMillis(row.try_get("", "received_at")?),
    })
}

/// Stores a text. Returns the stored one and whether it is new.
pub async fn insert(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    new: Received,
) -> anyhow::Result<(Received, bool)> {
    let phone = i64::try_from(new.from.digits())?;
    let sql = format!(
        "insert into inbound (tenant, {COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         on conflict do nothing"
    );
    let values: [Value; 11] = [
        tenant.uuid().into(),
        new.id.uuid().into(),
        new.provider.clone().into(),
        new.provider_message_id.clone().into(),
        new.contact.map(ContactId::uuid).into(),
        phone.into(),
        new.to.clone().into(),
        new.text.clone().into(),
        new.keyword.clone().into(),
        new.mode.as_str().into(),
        new.received_at.0.into(),
    ];
    if tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected()
        > 0
    {
        return Ok((new, true));
    }
    let sql = format!(
        "select {COLUMNS} from inbound where tenant = $1 and provider = $2 and provider_message_id = $3"
    );
    let values = [
        tenant.uuid().into(),
        new.provider.into(),
        new.provider_message_id.into(),
    ];
    let row = tx
        .query_one_raw(engine.sql(sql, values))
        .await?
        .context("a repeated text has no first one")?;
    Ok((read(&row)?, false))
}

pub async fn set_keyword(
    tx: &Tx,
    engine: Engine,
    id: InboundId,
    keyword: Keyword,
) -> anyhow::Result<()> {
    let sql = "update inbound set keyword = $2 where id = $1";
    tx.execute_raw(engine.sql(sql, [id.uuid().into(), keyword.as_str().into()]))
        .await?;
    Ok(())
}

pub async fn find(
    db: &Db,
    tenant: TenantId,
    mode: Mode,
    id: InboundId,
) -> anyhow::Result<Option<Received>> {
    let sql = format!("select {COLUMNS} from inbound where tenant = $1 and mode = $2 and id = $3");
    let values = [tenant.uuid().into(), mode.as_str().into(), id.uuid().into()];
    db.read()
        .query_one_raw(db.engine().sql(sql, values))
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// One of this tenant, whatever its mode.
pub async fn by_id(db: &Db, tenant: TenantId, id: InboundId) -> anyhow::Result<Option<Received>> {
    let sql = format!("select {COLUMNS} from inbound where tenant = $1 and id = $2");
    let values = [tenant.uuid().into(), id.uuid().into()];
    let row = db
        .read()
        .query_one_raw(db.engine().sql(sql, values))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Newest first, those older than `before`.
pub async fn page(
    db: &Db,
    tenant: TenantId,
    mode: Mode,
    before: Option<InboundId>,
    limit: u64,
) -> anyhow::Result<Vec<Received>> {
    let before = before.unwrap_or(InboundId::from_raw(u128::MAX));
    let sql = format!(
        "select {COLUMNS} from inbound where tenant = $1 and mode = $2 and id < $3 order by id desc limit $4"
    );
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        before.uuid().into(),
        i64::try_from(limit)?.into(),
    ];
    db.read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?
        .iter()
        .map(read)
        .collect()
}
