//! The table `contact`: set-based reads and writes.

use std::collections::HashSet;

use anyhow::Context;
use chassis::{Engine, Tx};
use contract::{AudiencePart, ContactId, ImportId, Phone, TenantId};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use crate::import_plan::Contact;
use crate::person::{Attributes, Person};

const COLUMNS: &str = "id, phone, external_id, time_zone, language, first_name, last_name, attributes, last_import, \
                       created_at, updated_at";

fn read(row: &QueryResult) -> anyhow::Result<Contact> {
    let attributes: String = row.try_get("", "attributes")?;
    let person = Person {
        phone: phone(row.try_get("", "phone")?)?,
        external_id: row.try_get("", "external_id")?,
        time_zone: row.try_get("", "time_zone")?,
        language: row.try_get("", "language")?,
        first_name: row.try_get("", "first_name")?,
        last_name: row.try_get("", "last_name")?,
        attributes: parse_attributes(&attributes)?,
    };
    Ok(Contact {
        id: ContactId::from_uuid(row.try_get("", "id")?),
        person,
        last_import: row
            .try_get::<Option<Uuid>>("", "last_import")?
            .map(ImportId::from_uuid),
        created_at: row.try_get("", "created_at")?,
        updated_at: row.try_get("", "updated_at")?,
    })
}

/// The number in a `phone` column.
pub fn phone(digits: i64) -> anyhow::Result<Phone> {
    u64::try_from(digits)
        .ok()
        .and_then(Phone::from_digits)
        .context("a stored number is not a phone number")
}

pub(super) fn digits(phone: Phone) -> i64 {
    // 15 digits at most, so it always fits.
    i64::try_from(phone.digits()).unwrap_or(0)
}

/// The attributes in an `attributes` column.
pub fn parse_attributes(text: &str) -> anyhow::Result<Attributes> {
    if text == "{}" {
        Ok(Attributes::new())
    } else {
        Ok(serde_json::from_str(text)?)
    }
}

/// One contact.
pub async fn by_id(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    id: ContactId,
) -> anyhow::Result<Option<Contact>> {
    let sql = format!("SELECT {COLUMNS} FROM contact WHERE tenant = $1 AND id = $2");
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// The contact with an external id.
pub async fn by_external_id(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    external_id: &str,
) -> anyhow::Result<Option<Contact>> {
    let sql = format!("SELECT {COLUMNS} FROM contact WHERE tenant = $1 AND external_id = $2");
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), external_id.into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Who has this number?
pub async fn id_of_phone(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<Option<ContactId>> {
    let sql = "SELECT id FROM contact WHERE tenant = $1 AND phone = $2";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), digits(phone).into()]))
        .await?;
    row.map(|row| Ok(ContactId::from_uuid(row.try_get("", "id")?)))
        .transpose()
}

/// Everyone who has one of the numbers or external ids of these people, locked where the engine has row locks.
pub async fn matching<'p>(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    people: impl Iterator<Item = &'p Person> + Clone,
) -> anyhow::Result<Vec<Contact>> {
    let numbers: Vec<[i64; 1]> = people
        .clone()
        .map(|person| [digits(person.phone)])
        .collect();
    let external_ids: Vec<[&str; 1]> = people
        .filter_map(|person| Some([person.external_id.as_deref()?]))
        .collect();
    let keys = serde_json::to_string(&numbers)?;
    let same_number = "c.phone = CAST(r.value->>0 AS BIGINT)";
    let mut found = select_by(db, engine, tenant, same_number, keys).await?;
    if !external_ids.is_empty() {
        let keys = serde_json::to_string(&external_ids)?;
        found.extend(select_by(db, engine, tenant, "c.external_id = r.value->>0", keys).await?);
    }
    let mut seen: HashSet<ContactId> = HashSet::with_capacity(found.len());
    found.retain(|contact| seen.insert(contact.id));
    Ok(found)
}

/// Everyone who has one of these numbers or external ids, once or more often.
pub async fn by_keys(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phones: &[Phone],
    external_ids: &[&str],
) -> anyhow::Result<Vec<Contact>> {
    let mut found = Vec::new();
    if !phones.is_empty() {
        let keys: Vec<[i64; 1]> = phones.iter().map(|phone| [digits(*phone)]).collect();
        let keys = serde_json::to_string(&keys)?;
        let same_number = "c.phone = CAST(r.value->>0 AS BIGINT)";
        found.extend(look_up(db, engine, tenant, same_number, keys, "").await?);
    }
    if !external_ids.is_empty() {
        let keys: Vec<[&str; 1]> = external_ids.iter().map(|id| [*id]).collect();
        let keys = serde_json::to_string(&keys)?;
        let same_id = "c.external_id = r.value->>0";
        found.extend(look_up(db, engine, tenant, same_id, keys, "").await?);
    }
    Ok(found)
}

/// The contacts of these ids, locked where the engine has row locks.
pub async fn lock(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    ids: impl Iterator<Item = ContactId>,
) -> anyhow::Result<Vec<Contact>> {
    let keys: Vec<[String; 1]> = ids.map(|id| [id.uuid().simple().to_string()]).collect();
    let same = format!("c.id = {}", engine.uuid("r.value->>0"));
    select_by(tx, engine, tenant, &same, serde_json::to_string(&keys)?).await
}

/// Looks each key up and locks what it finds.
async fn select_by(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    condition: &str,
    keys: String,
) -> anyhow::Result<Vec<Contact>> {
    look_up(db, engine, tenant, condition, keys, engine.for_update()).await
}

/// Looks each key up. As a CROSS JOIN: for `IN (SELECT …)` SQLite walks all contacts of the tenant.
async fn look_up(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    condition: &str,
    keys: String,
    lock: &str,
) -> anyhow::Result<Vec<Contact>> {
    let rows = engine.rows("$2");
    let sql = format!(
        "SELECT c.{COLUMNS} FROM {rows} AS r CROSS JOIN contact AS c WHERE c.tenant = $1 AND {condition}{lock}"
    );
    let values = [tenant.uuid().into(), keys.into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

type Written<'c> = (
    String,
    i64,
    &'c Option<String>,
    &'c Option<String>,
    &'c Option<String>,
    &'c Option<String>,
    &'c Option<String>,
    String,
    Option<String>,
    i64,
    i64,
);

fn written(contacts: &[Contact]) -> anyhow::Result<String> {
    let mut rows: Vec<Written<'_>> = Vec::with_capacity(contacts.len());
    for contact in contacts {
        let person = &contact.person;
        rows.push((
            contact.id.uuid().simple().to_string(),
            digits(person.phone),
            &person.external_id,
            &person.time_zone,
            &person.language,
            &person.first_name,
            &person.last_name,
            serde_json::to_string(&person.attributes)?,
            contact
                .last_import
                .map(|import| import.uuid().simple().to_string()),
            contact.created_at,
            contact.updated_at,
        ));
    }
    Ok(serde_json::to_string(&rows)?)
}

pub async fn insert(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    contacts: &[Contact],
) -> anyhow::Result<()> {
    write(tx, engine, tenant, contacts, "").await
}

/// Writes contacts that exist as they are now.
///
/// As an upsert, because SQLite runs `UPDATE … FROM json_each` as a walk over all contacts of the tenant.
pub async fn update(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    contacts: &[Contact],
) -> anyhow::Result<()> {
    let as_now = " ON CONFLICT (tenant, id) DO UPDATE SET phone = excluded.phone, external_id = excluded.external_id, \
                  time_zone = excluded.time_zone, language = excluded.language, first_name = excluded.first_name, \
                  last_name = excluded.last_name, attributes = excluded.attributes, \
                  last_import = excluded.last_import, updated_at = excluded.updated_at";
    super::former_phones::note(tx, engine, tenant, contacts).await?;
    write(tx, engine, tenant, contacts, as_now).await
}

async fn write(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    contacts: &[Contact],
    conflict: &str,
) -> anyhow::Result<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    let id = engine.uuid("value->>0");
    let import = engine.uuid("value->>8");
    let rows = engine.rows("$2");
    let sql = format!(
        "INSERT INTO contact (tenant, {COLUMNS}) SELECT $1, {id}, CAST(value->>1 AS BIGINT), value->>2, value->>3, \
         value->>4, value->>5, value->>6, value->>7, {import}, CAST(value->>9 AS BIGINT), CAST(value->>10 AS BIGINT) \
         FROM {rows} AS r WHERE true{conflict}"
    );
    let values = [tenant.uuid().into(), written(contacts)?.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Removes a contact and its memberships; false if there was none.
pub async fn delete(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    id: ContactId,
) -> anyhow::Result<bool> {
    let of_contact = "DELETE FROM list_member WHERE contact = $2 AND list IN (SELECT id FROM list WHERE tenant = $1)";
    tx.execute_raw(engine.sql(of_contact, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    super::segment_members::forget(tx, engine, tenant, id).await?;
    super::former_phones::forget(tx, engine, tenant, id).await?;
    let contact = "DELETE FROM contact WHERE tenant = $1 AND id = $2";
    let done = tx
        .execute_raw(engine.sql(contact, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    Ok(done.rows_affected() > 0)
}

/// How many contacts a tenant has.
pub async fn count(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<i64> {
    let sql = "SELECT COUNT(*) AS contacts FROM contact WHERE tenant = $1";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into()]))
        .await?;
    let count = row.map(|row| row.try_get("", "contacts")).transpose()?;
    Ok(count.unwrap_or(0))
}

/// What a list of contacts may be narrowed by.
#[derive(Debug, Default)]
pub struct Filter {
    pub phone: Option<Phone>,
    pub external_id: Option<String>,
    /// Members of this list or segment.
    pub part: Option<AudiencePart>,
}

/// Contacts after a cursor, ascending by id.
pub async fn page(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    filter: &Filter,
    after: ContactId,
    limit: i64,
) -> anyhow::Result<Vec<Contact>> {
    let mut values: Vec<Value> = vec![tenant.uuid().into(), after.uuid().into(), limit.into()];
    let mut sql = format!("SELECT {COLUMNS} FROM contact WHERE tenant = $1");
    let mut place = |value: Value| {
        values.push(value);
        values.len()
    };
    if let Some(phone) = filter.phone {
        sql.push_str(&format!(" AND phone = ${}", place(digits(phone).into())));
    }
    if let Some(external_id) = &filter.external_id {
        let external_id = place(external_id.clone().into());
        sql.push_str(&format!(" AND external_id = ${external_id}"));
    }
    let narrow = filter.phone.is_some() || filter.external_id.is_some();
    let members = filter.part.map(|part| {
        let (table, column, id) = super::parts::members(part);
        (table, column, place(id.into()))
    });
    match members {
        // Alone, the members are read as far as the page needs; with another filter there is one row to look up.
        Some((table, column, id)) if !narrow => sql.push_str(&format!(
            " AND id IN (SELECT contact FROM {table} WHERE {column} = ${id} AND contact > $2 \
             ORDER BY contact LIMIT $3)"
        )),
        Some((table, column, id)) => sql.push_str(&format!(
            " AND id > $2 AND EXISTS (SELECT 1 FROM {table} m WHERE m.{column} = ${id} AND m.contact = contact.id)"
        )),
        None => sql.push_str(" AND id > $2"),
    }
    sql.push_str(" ORDER BY id LIMIT $3");
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}
