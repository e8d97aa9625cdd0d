//! What the figures of appointments are made of.

use contract::{Mode, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::row::{self, sql};
use crate::appointment::figures::{By, Count, StepCount};
use crate::appointment::model::{Confirmation, Status};

/// Appointments of a tenant that begin in a span of time.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub tenant: TenantId,
    pub mode: Mode,
    pub from: UnixMillis,
    pub to: UnixMillis,
}

impl Span {
    fn values(self) -> [Value; 4] {
        [
            self.tenant.uuid().into(),
            self.mode.as_str().into(),
            self.from.0.into(),
            self.to.0.into(),
        ]
    }
}

const IN_SPAN: &str = "a.tenant = $1 and a.mode = $2 and a.starts_at >= $3 and a.starts_at < $4";

/// What appointments are grouped by, as far as the database tells; [`By::key`] makes the rest of it.
const fn key(by: Option<By>) -> &'static str {
    match by {
        None => "''",
        Some(By::Location) => "a.location",
        Some(By::Hour) => "substr(a.local_time, 12, 2)",
        Some(By::Weekday) => "substr(a.local_time, 1, 10)",
        Some(By::LeadTime) => {
            "case when a.starts_at - a.created_at < 86400000 then 'under_a_day' \
             when a.starts_at - a.created_at < 259200000 then 'under_three_days' \
             when a.starts_at - a.created_at < 604800000 then 'under_a_week' else 'a_week_or_more' end"
        }
    }
}

/// How many stand where.
pub async fn counts(
    conn: &impl ConnectionTrait,
    span: Span,
    by: Option<By>,
) -> anyhow::Result<Vec<Count>> {
    let text = format!(
        "select k, status, confirmation, told, moved, refilled, count(*) as n from (select {} as k, a.status, \
         a.confirmation, case when exists (select 1 from telling t where t.appointment = a.id and t.state = 'left') \
         then 1 else 0 end as told, case when a.moves > 0 then 1 else 0 end as moved, \
         case when a.status = 'cancelled' and exists (select 1 from appointment o where o.tenant = $1 and o.mode = $2 \
         and o.starts_at = a.starts_at and o.location = a.location and o.status <> 'cancelled' \
         and o.created_at >= a.updated_at) then 1 else 0 end as refilled \
         from appointment a where {IN_SPAN} and a.replaced_by is null) as each_one \
         group by k, status, confirmation, told, moved, refilled",
        key(by)
    );
    let rows = conn.query_all_raw(sql(conn, text, span.values())).await?;
    let flag = |row: &QueryResult, name: &str| -> anyhow::Result<bool> {
        let flag: i32 = row.try_get("", name)?;
        Ok(flag == 1)
    };
    let count = |row: &QueryResult| {
        Ok(Count {
            key: row::text(row, "k")?,
            status: row::named(row, "status", Status::parse)?,
            confirmation: row::named(row, "confirmation", Confirmation::parse)?,
            told: flag(row, "told")?,
            moved: flag(row, "moved")?,
            refilled: flag(row, "refilled")?,
            count: row::number(row, "n")?,
        })
    };
    rows.iter().map(count).collect()
}

/// For each step of reminders how many have left, and how many confirmations answered them.
pub async fn steps(conn: &impl ConnectionTrait, span: Span) -> anyhow::Result<Vec<StepCount>> {
    let text = format!(
        "select r.step, count(*) as sent, sum(case when a.confirmation = 'confirmed' and a.confirmed_by = r.step \
         then 1 else 0 end) as confirmed from appointment a join reminder r on r.appointment = a.id where {IN_SPAN} \
         and r.version = (select max(x.version) from reminder x where x.appointment = a.id and x.step = r.step \
         and x.state in ('sent', 'delivered', 'undelivered', 'unknown')) group by r.step order by r.step"
    );
    let rows = conn.query_all_raw(sql(conn, text, span.values())).await?;
    let step = |row: &QueryResult| {
        Ok(StepCount {
            step: row::text(row, "step")?,
            sent: row::number(row, "sent")?,
            confirmed: row::number(row, "confirmed")?,
        })
    };
    rows.iter().map(step).collect()
}

/// How many answered, and the time that half of them took at most.
pub async fn answers(
    conn: &impl ConnectionTrait,
    span: Span,
) -> anyhow::Result<(u64, Option<u64>)> {
    let answered = format!("from appointment a where {IN_SPAN} and a.answer_ms is not null");
    let text = format!("select count(*) as n {answered}");
    let row = conn.query_one_raw(sql(conn, text, span.values())).await?;
    let count: u64 = row.as_ref().map_or(Ok(0), |row| row::number(row, "n"))?;
    let middle = count.saturating_sub(1) / 2;
    let text =
        format!("select a.answer_ms {answered} order by a.answer_ms limit 1 offset {middle}");
    let row = conn.query_one_raw(sql(conn, text, span.values())).await?;
    let median = row.as_ref().map(|row| row::number(row, "answer_ms"));
    Ok((count, median.transpose()?))
}
