//! Appointments.

use anyhow::Context;
use chassis::{Engine, Tx};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use contract::{AppointmentId, ContactId, Mode, ReminderPlanId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::row::{self, sql};
use crate::appointment::model::{Agreed, Appointment, Attention, Confirmation, LOCAL, Status};

const COLUMNS: &str = "id, tenant, mode, external_id, source_version, version, contact, contact_zone, local_time, \
                       timezone, zone_data, starts_at, minutes, subject, location, for_person, plan, plan_version, \
                       status, confirmation, confirmed_version, confirmed_starts_at, attention, attention_reason, \
                       notice_at, unconfirmed_at, replaced_by, created_at, updated_at, moves, confirmed_at, \
                       confirmed_by, answer_ms";

fn zone(name: &str) -> anyhow::Result<Tz> {
    name.parse()
        .ok()
        .with_context(|| format!("{name} is no zone of this version's data"))
}

/// A stored local time.
pub(super) fn local(row: &QueryResult) -> anyhow::Result<NaiveDateTime> {
    Ok(NaiveDateTime::parse_from_str(
        &row::text(row, "local_time")?,
        LOCAL,
    )?)
}

fn maybe<T: TryFrom<i64>>(row: &QueryResult, column: &str) -> anyhow::Result<Option<T>> {
    let number: Option<i64> = row.try_get("", column)?;
    Ok(number.and_then(|number| T::try_from(number).ok()))
}

fn read(row: &QueryResult) -> anyhow::Result<Appointment> {
    let contact_zone: Option<String> = row.try_get("", "contact_zone")?;
    let attention: Option<String> = row.try_get("", "attention")?;
    Ok(Appointment {
        id: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        mode: row::mode(row)?,
        external_id: row.try_get("", "external_id")?,
        source_version: row.try_get("", "source_version")?,
        version: row::number(row, "version")?,
        agreed: Agreed {
            contact: row::id(row, "contact")?,
            local: local(row)?,
            timezone: zone(&row::text(row, "timezone")?)?,
            minutes: maybe(row, "minutes")?,
            subject: row::text(row, "subject")?,
            location: row::text(row, "location")?,
            for_person: row::text(row, "for_person")?,
        },
        contact_zone: contact_zone.and_then(|name| name.parse().ok()),
        zone_data: row::text(row, "zone_data")?,
        starts_at: row::millis(row, "starts_at")?,
        plan: row::id(row, "plan")?,
        plan_version: row::number(row, "plan_version")?,
        status: row::named(row, "status", Status::parse)?,
        confirmation: row::named(row, "confirmation", Confirmation::parse)?,
        confirmed_version: maybe(row, "confirmed_version")?,
        confirmed_starts_at: row::maybe_millis(row, "confirmed_starts_at")?,
        attention: attention.as_deref().and_then(Attention::parse),
        attention_reason: row.try_get("", "attention_reason")?,
        notice_at: row::maybe_millis(row, "notice_at")?,
        unconfirmed_at: row::maybe_millis(row, "unconfirmed_at")?,
        replaced_by: row::maybe_id(row, "replaced_by")?,
        moves: row::number(row, "moves")?,
        confirmed_at: row::maybe_millis(row, "confirmed_at")?,
        confirmed_by: row.try_get("", "confirmed_by")?,
        answer_ms: row.try_get("", "answer_ms")?,
        created_at: row::millis(row, "created_at")?,
        updated_at: row::millis(row, "updated_at")?,
    })
}

/// Writes one: a new row, or all of an old one. False: another one has its external id.
pub async fn save(tx: &Tx, of: &Appointment) -> anyhow::Result<bool> {
    let taken = "select 1 from appointment where tenant = $1 and mode = $2 and external_id = $3 and id <> $4";
    let key = [
        of.tenant.uuid().into(),
        of.mode.as_str().into(),
        of.external_id.clone().into(),
        of.id.uuid().into(),
    ];
    if row::any(tx, taken, key).await? {
        return Ok(false);
    }
    let holders: Vec<String> = (1..=33).map(|n| format!("${n}")).collect();
    let text = format!(
        "insert into appointment ({COLUMNS}) values ({}) on conflict (id) do update set \
         external_id = excluded.external_id, source_version = excluded.source_version, version = excluded.version, \
         contact = excluded.contact, contact_zone = excluded.contact_zone, local_time = excluded.local_time, \
         timezone = excluded.timezone, zone_data = excluded.zone_data, starts_at = excluded.starts_at, \
         minutes = excluded.minutes, subject = excluded.subject, location = excluded.location, \
         for_person = excluded.for_person, plan = excluded.plan, plan_version = excluded.plan_version, \
         status = excluded.status, confirmation = excluded.confirmation, \
         confirmed_version = excluded.confirmed_version, confirmed_starts_at = excluded.confirmed_starts_at, \
         attention = excluded.attention, attention_reason = excluded.attention_reason, \
         notice_at = excluded.notice_at, unconfirmed_at = excluded.unconfirmed_at, \
         replaced_by = excluded.replaced_by, updated_at = excluded.updated_at, moves = excluded.moves, \
         confirmed_at = excluded.confirmed_at, confirmed_by = excluded.confirmed_by, answer_ms = excluded.answer_ms",
        holders.join(", ")
    );
    let values: [Value; 33] = [
        of.id.uuid().into(),
        of.tenant.uuid().into(),
        of.mode.as_str().into(),
        of.external_id.clone().into(),
        of.source_version.into(),
        i64::from(of.version).into(),
        of.agreed.contact.uuid().into(),
        of.contact_zone.map(|zone| zone.name().to_string()).into(),
        of.agreed.local.format(LOCAL).to_string().into(),
        of.agreed.timezone.name().into(),
        of.zone_data.clone().into(),
        of.starts_at.0.into(),
        of.agreed.minutes.map(i64::from).into(),
        of.agreed.subject.clone().into(),
        of.agreed.location.clone().into(),
        of.agreed.for_person.clone().into(),
        of.plan.uuid().into(),
        i64::from(of.plan_version).into(),
        of.status.as_str().into(),
        of.confirmation.as_str().into(),
        of.confirmed_version.map(i64::from).into(),
        of.confirmed_starts_at.map(|at| at.0).into(),
        of.attention
            .map(|attention| attention.as_str().to_string())
            .into(),
        of.attention_reason.clone().into(),
        of.notice_at.map(|at| at.0).into(),
        of.unconfirmed_at.map(|at| at.0).into(),
        of.replaced_by.map(AppointmentId::uuid).into(),
        of.created_at.0.into(),
        of.updated_at.0.into(),
        i64::from(of.moves).into(),
        of.confirmed_at.map(|at| at.0).into(),
        of.confirmed_by.clone().into(),
        of.answer_ms.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(true)
}

async fn one(
    conn: &impl ConnectionTrait,
    condition: &str,
    values: impl IntoIterator<Item = Value>,
) -> anyhow::Result<Option<Appointment>> {
    let text = format!("select {COLUMNS} from appointment where {condition}");
    row::one(conn, text, values, read).await
}

pub async fn by_id(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    mode: Mode,
    id: AppointmentId,
) -> anyhow::Result<Option<Appointment>> {
    let values = [id.uuid().into(), tenant.uuid().into(), mode.as_str().into()];
    one(conn, "id = $1 and tenant = $2 and mode = $3", values).await
}

pub async fn by_external_id(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    mode: Mode,
    external_id: &str,
) -> anyhow::Result<Option<Appointment>> {
    let values = [
        external_id.into(),
        tenant.uuid().into(),
        mode.as_str().into(),
    ];
    let condition = "external_id = $1 and tenant = $2 and mode = $3";
    one(conn, condition, values).await
}

/// One to be changed, whoever its tenant is: locked until the transaction ends.
pub async fn lock(
    tx: &Tx,
    engine: Engine,
    id: AppointmentId,
) -> anyhow::Result<Option<Appointment>> {
    let condition = format!("id = $1{}", engine.for_update());
    one(tx, &condition, [id.uuid().into()]).await
}

/// The contact's appointments that are agreed and begin after an instant, the first first.
pub async fn of_contact(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    mode: Mode,
    contact: ContactId,
    after: UnixMillis,
) -> anyhow::Result<Vec<Appointment>> {
    let text = format!(
        "select {COLUMNS} from appointment where tenant = $1 and contact = $2 and starts_at > $3 and mode = $4 \
         and status = 'scheduled' order by starts_at, id limit 50"
    );
    let values = [
        tenant.uuid().into(),
        contact.uuid().into(),
        after.0.into(),
        mode.as_str().into(),
    ];
    row::all(conn, text, values, read).await
}

/// The contact's appointments that were cancelled since an instant, took nobody's place up and were still to come; the
/// last first.
pub async fn cancelled_since(
    conn: &impl ConnectionTrait,
    (tenant, mode, contact): (TenantId, Mode, ContactId),
    since: UnixMillis,
    now: UnixMillis,
) -> anyhow::Result<Vec<Appointment>> {
    let text = format!(
        "select {COLUMNS} from appointment where tenant = $1 and contact = $2 and starts_at > $3 and mode = $4 \
         and status = 'cancelled' and replaced_by is null and updated_at >= $5 order by updated_at desc, id desc limit 20"
    );
    let values = [
        tenant.uuid().into(),
        contact.uuid().into(),
        now.0.into(),
        mode.as_str().into(),
        since.0.into(),
    ];
    row::all(conn, text, values, read).await
}

/// The contact's appointments that were made since an instant and have taken nobody's place; the last first.
pub async fn booked_since(
    conn: &impl ConnectionTrait,
    (tenant, mode, contact): (TenantId, Mode, ContactId),
    since: UnixMillis,
    now: UnixMillis,
) -> anyhow::Result<Vec<Appointment>> {
    let text = format!(
        "select {COLUMNS} from appointment a where tenant = $1 and contact = $2 and starts_at > $3 and mode = $4 \
         and status = 'scheduled' and created_at >= $5 and not exists (select 1 from appointment o \
         where o.tenant = $1 and o.contact = $2 and o.replaced_by = a.id) order by created_at desc, id desc limit 20"
    );
    let values = [
        tenant.uuid().into(),
        contact.uuid().into(),
        now.0.into(),
        mode.as_str().into(),
        since.0.into(),
    ];
    row::all(conn, text, values, read).await
}

/// What a list asks for.
#[derive(Debug, Clone)]
pub struct Filter {
    pub from: UnixMillis,
    pub to: UnixMillis,
    pub contact: Option<ContactId>,
    /// Name of a status, a confirmation or an attention.
    pub state: Option<String>,
    /// Continue after this one.
    pub after: Option<(UnixMillis, AppointmentId)>,
    pub limit: u64,
}

/// Appointments by their start.
pub async fn page(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    mode: Mode,
    filter: &Filter,
) -> anyhow::Result<Vec<Appointment>> {
    let mut text = format!(
        "select {COLUMNS} from appointment where tenant = $1 and mode = $2 and starts_at >= $3 and starts_at < $4"
    );
    let mut values: Vec<Value> = vec![
        tenant.uuid().into(),
        mode.as_str().into(),
        filter.from.0.into(),
        filter.to.0.into(),
    ];
    if let Some(contact) = filter.contact {
        values.push(contact.uuid().into());
        text.push_str(&format!(" and contact = ${}", values.len()));
    }
    if let Some(state) = &filter.state {
        values.push(state.clone().into());
        let n = values.len();
        // Unconfirmed is said of what is agreed, not of what was cancelled.
        text.push_str(&format!(
            " and (status = ${n} or attention = ${n} or (confirmation = ${n} and status = 'scheduled'))"
        ));
    }
    if let Some((at, id)) = filter.after {
        values.push(at.0.into());
        values.push(id.uuid().into());
        let n = values.len();
        text.push_str(&format!(
            " and (starts_at > ${} or (starts_at = ${} and id > ${n}))",
            n - 1,
            n - 1
        ));
    }
    text.push_str(&format!(" order by starts_at, id limit {}", filter.limit));
    row::all(conn, text, values, read).await
}

/// An agreed appointment with something to come, and the zone its contact had when it was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    pub id: AppointmentId,
    pub tenant: TenantId,
    pub contact: ContactId,
    pub contact_zone: Option<Tz>,
}

/// Agreed ones with a timer in a span (its end belongs to it), after an id.
pub async fn coming(
    conn: &impl ConnectionTrait,
    (from, to): (UnixMillis, UnixMillis),
    after: AppointmentId,
    limit: usize,
) -> anyhow::Result<Vec<Coming>> {
    let text = format!(
        "select a.id, a.tenant, a.contact, a.contact_zone from appointment a where a.id > $3 \
         and a.status = 'scheduled' and a.id in (select t.owner from timer t where t.paused = false \
         and t.look_at > $1 and t.look_at <= $2 and t.kind = $4) order by a.id limit {limit}"
    );
    let values = [
        from.0.into(),
        to.0.into(),
        after.uuid().into(),
        crate::appointment::replan::KIND.into(),
    ];
    row::all(conn, text, values, read_coming).await
}

fn read_coming(row: &QueryResult) -> anyhow::Result<Coming> {
    let zone: Option<String> = row.try_get("", "contact_zone")?;
    Ok(Coming {
        id: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        contact: row::id(row, "contact")?,
        contact_zone: zone.and_then(|name| name.parse().ok()),
    })
}

/// Whether something that is agreed stands under a plan.
pub async fn uses(conn: &impl ConnectionTrait, plan: ReminderPlanId) -> anyhow::Result<bool> {
    let text = "select 1 from appointment where plan = $1 and status = 'scheduled' limit 1";
    row::any(conn, text, [plan.uuid().into()]).await
}

/// Agreed ones whose instant was computed by other zone data, after an id.
pub async fn of_other_zone_data(
    conn: &impl ConnectionTrait,
    zone_data: &str,
    after: AppointmentId,
    now: UnixMillis,
) -> anyhow::Result<Vec<AppointmentId>> {
    let text = "select id from appointment where zone_data <> $1 and status = 'scheduled' and starts_at > $2 and id > $3 \
                order by id limit 500";
    let values = [zone_data.into(), now.0.into(), after.uuid().into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(|row| row::id(row, "id")).collect()
}
