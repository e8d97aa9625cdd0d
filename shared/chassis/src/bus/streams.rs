//! Streams: created or widened, never deleted.

use anyhow::Context as _;
use async_nats::jetstream::Context;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use contract::streams::StreamSpec;

/// Creates the streams that are missing and widens those that lack a subject.
pub async fn ensure(jetstream: &Context, replicas: usize) -> anyhow::Result<()> {
    for spec in contract::streams::all() {
        ensure_one(jetstream, &spec, replicas)
            .await
            .with_context(|| format!("cannot set up the stream {}", spec.name))?;
    }
    Ok(())
}

async fn ensure_one(jetstream: &Context, spec: &StreamSpec, replicas: usize) -> anyhow::Result<()> {
    let wanted = Config {
        name: spec.name.clone(),
        subjects: spec.subjects.clone(),
        description: Some(spec.description.clone()),
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        discard: DiscardPolicy::Old,
        max_age: spec.max_age,
        num_replicas: replicas,
        allow_atomic_publish: true,
        allow_direct: true,
        ..Config::default()
    };
    let mut stream = jetstream.get_or_create_stream(wanted.clone()).await?;
    let existing = stream.info().await?.config.clone();
    let missing: Vec<String> = wanted
        .subjects
        .into_iter()
        .filter(|s| !existing.subjects.contains(s))
        .collect();
    if !missing.is_empty() || !existing.allow_atomic_publish {
        let mut widened = existing;
        widened.subjects.extend(missing);
        widened.allow_atomic_publish = true;
        jetstream.update_stream(widened).await?;
    }
    Ok(())
}
