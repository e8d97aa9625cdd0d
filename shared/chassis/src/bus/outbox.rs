//! The transactional outbox: what a transaction says becomes rows of the same transaction.

use anyhow::Context;
use contract::{EventId, Payload, TenantId, payload, streams};
use sea_orm::{ConnectionTrait, Value};

use super::{Bus, wire};
use crate::db::Tx;
use crate::trace;

/// Room for headers, which the server counts as part of a payload.
const HEADERS: usize = 4096;

const INSERT: &str = "INSERT INTO outbox (id, stream, subject, type, tenant, at, trace, body) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

pub(super) async fn add<P: Payload>(
    bus: &Bus,
    tx: &Tx,
    tenant: TenantId,
    body: &P,
) -> anyhow::Result<EventId> {
    let now = bus.inner.clock.now();
    let id = EventId::at(now);
    let bytes =
        payload::encode(P::FORMAT, body).with_context(|| format!("cannot encode {}", P::NAME))?;
    // Refused now, because a row that JetStream never takes would hold up all that come after it.
    let room = bus.inner.client.max_payload().saturating_sub(HEADERS);
    anyhow::ensure!(
        bytes.len() <= room,
        "{} is too large for the bus: {} bytes, {room} at most",
        P::NAME,
        bytes.len()
    );
    let values: [Value; 8] = [
        id.uuid().into(),
        streams::name(P::KIND, P::OWNER).into(),
        payload::subject::<P>(tenant).into(),
        wire::type_of::<P>().into(),
        tenant.uuid().into(),
        now.timestamp_millis().into(),
        trace::current().map(|context| context.to_string()).into(),
        bytes.into(),
    ];
    tx.execute_raw(bus.inner.db.engine().sql(INSERT, values))
        .await
        .context("cannot write to the outbox")?;
    bus.inner.db.outbox_written();
    Ok(id)
}
