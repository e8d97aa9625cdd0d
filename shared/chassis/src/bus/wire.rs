//! Envelopes to and from NATS messages.

use anyhow::Context as _;
use async_nats::HeaderMap;
use bytes::Bytes;
use contract::envelope::headers;
use contract::{Envelope, EventId, Payload, TenantId, UnixMillis, payload};

use super::Bus;
use crate::trace;

/// Carries the envelope's id where the server's own id had to be a new one: on dead letters and replays.
pub(super) const ENVELOPE_ID: &str = "hm-id";

/// `<name>/<version>`
pub(super) fn type_of<P: Payload>() -> String {
    format!("{}/{}", P::NAME, P::VERSION)
}

pub(super) struct Context<'a> {
    pub id: EventId,
    pub tenant: TenantId,
    pub at: UnixMillis,
    pub kind: &'a str,
    pub trace: Option<&'a str>,
}

pub(super) fn to_headers(context: &Context<'_>) -> HeaderMap {
    let mut map = HeaderMap::new();
    map.insert(headers::ID, context.id.to_string().as_str());
    map.insert(headers::TENANT, context.tenant.to_string().as_str());
    map.insert(headers::TYPE, context.kind);
    map.insert(headers::TIME, context.at.0.to_string().as_str());
    if let Some(trace) = context.trace {
        map.insert(headers::TRACE, trace);
    }
    map
}

/// Reads a payload of type `P`; every failure is permanent.
pub(super) fn from_parts<P: Payload>(
    map: Option<&HeaderMap>,
    body: &[u8],
) -> anyhow::Result<Envelope<P>> {
    let map = map.context("it has no headers")?;
    let text = |name: &str| map.get(name).map(async_nats::HeaderValue::as_str);
    let kind = text(headers::TYPE).context("it has no type header")?;
    anyhow::ensure!(
        kind == type_of::<P>(),
        "it is a {kind}, not a {}",
        type_of::<P>()
    );
    let millis = text(headers::TIME)
        .context("it has no time header")?
        .parse()
        .context("its time header")?;
    Ok(Envelope {
        id: text(ENVELOPE_ID)
            .or_else(|| text(headers::ID))
            .context("it has no id header")?
            .parse()
            .context("its id header")?,
        tenant: text(headers::TENANT)
            .context("it has no tenant header")?
            .parse()
            .context("its tenant header")?,
        at: UnixMillis(millis).to_utc(),
        trace: text(headers::TRACE).map(str::to_string),
        body: payload::decode(P::FORMAT, body).context("its body")?,
    })
}

/// Headers and body of something said now.
pub(super) fn compose<P: Payload>(
    bus: &Bus,
    tenant: TenantId,
    body: &P,
) -> anyhow::Result<(HeaderMap, Bytes)> {
    compose_as(tenant, EventId::at(bus.inner.clock.now()), body)
}

fn compose_as<P: Payload>(
    tenant: TenantId,
    id: EventId,
    body: &P,
) -> anyhow::Result<(HeaderMap, Bytes)> {
    let trace = trace::current().map(|context| context.to_string());
    let map = to_headers(&Context {
        id,
        tenant,
        at: id.made_at(),
        kind: &type_of::<P>(),
        trace: trace.as_deref(),
    });
    let bytes =
        payload::encode(P::FORMAT, body).with_context(|| format!("cannot encode {}", P::NAME))?;
    Ok((map, bytes.into()))
}

pub(super) async fn publish<P: Payload>(
    bus: &Bus,
    tenant: TenantId,
    body: &P,
) -> anyhow::Result<()> {
    publish_as(bus, tenant, EventId::at(bus.inner.clock.now()), body).await
}

pub(super) async fn publish_as<P: Payload>(
    bus: &Bus,
    tenant: TenantId,
    id: EventId,
    body: &P,
) -> anyhow::Result<()> {
    let (map, bytes) = compose_as(tenant, id, body)?;
    let subject = payload::subject::<P>(tenant);
    let ack = bus
        .inner
        .jetstream
        .publish_with_headers(subject, map, bytes)
        .await;
    ack.with_context(|| format!("cannot publish {}", P::NAME))?
        .await
        .with_context(|| format!("{} was not taken by JetStream", P::NAME))?;
    Ok(())
}
