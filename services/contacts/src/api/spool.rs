//! An upload on its way to disk.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::Context;
use axum::body::Body;
use axum::http::StatusCode;
use chassis::http::Problem;
use futures::StreamExt;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use super::import_options::Checked;
use crate::import_job::FileSettings;
use crate::layout::{Layout, LayoutError, bom_length, guess_delimiter};
use crate::records::{MAX_RECORD, Records};

/// Writes the body to a file in `folder` that goes away unless it is kept.
pub async fn receive(
    body: Body,
    folder: &Path,
    most: u64,
) -> Result<(NamedTempFile, u64), Problem> {
    let spooled = tempfile::Builder::new()
        .suffix(".part")
        .tempfile_in(folder)
        .context("cannot create an upload")?;
    let mut file = tokio::fs::File::from_std(spooled.reopen().context("cannot open an upload")?);
    let mut size = 0;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "body.malformed",
                "the body could not be read to its end",
            )
        })?;
        size += chunk.len() as u64;
        if size > most {
            let detail = format!("an import may be {most} bytes; split the file");
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body.too_large",
                detail,
            ));
        }
        file.write_all(&chunk)
            .await
            .context("cannot write an upload")?;
    }
    file.flush().await.context("cannot write an upload")?;
    file.sync_all().await.context("cannot write an upload")?;
    Ok((spooled, size))
}

/// Reads the header.
pub fn inspect(spooled: &NamedTempFile, options: &Checked) -> Result<FileSettings, Problem> {
    let mut file = spooled.reopen().context("cannot open an upload")?;
    let mut start = Vec::new();
    file.by_ref()
        .take(MAX_RECORD as u64)
        .read_to_end(&mut start)
        .context("cannot read an upload")?;
    let bom = bom_length(&start).map_err(refuse)?;
    let after_bom = start
        .get(usize::try_from(bom).unwrap_or(0)..)
        .unwrap_or_default();
    let delimiter = options
        .delimiter
        .unwrap_or_else(|| guess_delimiter(after_bom));
    file.seek(SeekFrom::Start(bom))
        .context("cannot read an upload")?;
    let mut records = Records::new(file, delimiter, bom, 1);
    let header = records.next_record().context("cannot read an upload")?;
    let layout = Layout::of(header.as_ref(), &options.mapping).map_err(refuse)?;
    Ok(FileSettings {
        delimiter,
        layout,
        default_region: options.default_region.clone(),
        first_offset: records.offset(),
        first_line: records.line(),
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as the argument of map_err"
)]
fn refuse(error: LayoutError) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        error.code(),
        error.to_string(),
    )
}
