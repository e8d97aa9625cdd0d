//! Those whom consent did not let through, or not now.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::consent::ChunkScreened;

use crate::app::App;
use crate::record::{Report, record};

pub async fn handle(app: Arc<App>, events: Vec<Envelope<ChunkScreened>>) -> Result<(), Failure> {
    let mut reports = Vec::new();
    for ChunkScreened {
        run, chunk, groups, ..
    } in events.into_iter().map(|event| event.body)
    {
        reports.extend(
            groups
                .into_iter()
                .map(|group| Report::of_group(run, chunk, group)),
        );
    }
    Ok(record(&app, reports).await?)
}
