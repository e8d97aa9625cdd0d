//! Texts in doubt, and whom to look for.

use chassis::{Engine, Tx};
use contract::Phone;
use contract::ids::TenantId;
use sea_orm::ConnectionTrait;

use super::{key, named_by};
use crate::db::ledger::hex;
use crate::doubt::Doubt;

/// Writes down texts in doubt; those that are there already stay as they are.
pub async fn insert(
    engine: Engine,
    tx: &Tx,
    dispatcher: &str,
    doubts: &[Doubt],
) -> anyhow::Result<()> {
    let lines: Vec<_> = doubts
        .iter()
        .map(|one| {
            let trace = &one.trace;
            (
                key(one.message),
                [
                    hex(one.tenant.bytes()),
                    hex(one.campaign.bytes()),
                    hex(one.contact.bytes()),
                ],
                (
                    trace.mode.as_str(),
                    &trace.provider,
                    &one.provider_message_id,
                    trace.cause.as_str(),
                ),
                (one.outcome.rank(), one.at.0, trace.to.map(Phone::digits)),
                (
                    &trace.sender,
                    trace.fingerprint.map(hex::encode),
                    one.due.map(|due| due.0),
                ),
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO look_up (run, chunk, position, tenant, campaign, contact, mode, provider, provider_message_id, \
         cause, outcome, at, phone, sender, fingerprint, due_at, dispatcher, open, tries, last_result) \
         SELECT {}, CAST(value->0->>1 AS BIGINT), CAST(value->0->>2 AS BIGINT), {}, {}, {}, value->2->>0, value->2->>1, \
         value->2->>2, value->2->>3, CAST(value->3->>0 AS BIGINT), CAST(value->3->>1 AS BIGINT), \
         CAST(value->3->>2 AS BIGINT), value->4->>0, {}, CAST(value->4->>2 AS BIGINT), $2, 1, 0, '' \
         FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.uuid("value->0->>0"),
        engine.uuid("value->1->>0"),
        engine.uuid("value->1->>1"),
        engine.uuid("value->1->>2"),
        engine.bytes("value->4->>1"),
        engine.rows("$1")
    );
    let values = [serde_json::to_string(&lines)?.into(), dispatcher.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Number and fingerprint of a person's texts in doubt go; what the provider has not named is looked up no more.
pub async fn forget_person(
    engine: Engine,
    tx: &Tx,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "UPDATE look_up SET phone = NULL, fingerprint = NULL, \
               due_at = CASE WHEN provider_message_id = '' THEN NULL ELSE due_at END \
               WHERE tenant = $1 AND open = 1 AND phone = $2";
    let values = [tenant.uuid().into(), phone.digits().cast_signed().into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// What a chunk that was delivered again tells of its texts in doubt: now they can be looked up.
pub async fn fill(engine: Engine, tx: &Tx, doubts: &[Doubt]) -> anyhow::Result<()> {
    let lines: Vec<_> = doubts
        .iter()
        .map(|one| {
            let trace = &one.trace;
            (
                key(one.message),
                trace.mode.as_str(),
                trace.to.map(Phone::digits),
                &trace.sender,
                trace.fingerprint.map(hex::encode),
                one.due.map(|due| due.0),
            )
        })
        .collect();
    let sql = format!(
        "UPDATE look_up SET mode = r.value->>1, phone = CAST(r.value->>2 AS BIGINT), sender = r.value->>3, \
         fingerprint = {}, tries = 0, due_at = CAST(r.value->>5 AS BIGINT) FROM {} AS r \
         WHERE {} AND open = 1 AND phone IS NULL AND provider_message_id = ''",
        engine.bytes("r.value->>4"),
        engine.rows("$1"),
        named_by(engine, "r.value->0")
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}
