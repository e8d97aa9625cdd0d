//! Reads an upload on a thread of its own, one batch ahead of the database.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use anyhow::Context;
use tokio::sync::mpsc::Sender;

use crate::import_job::{FileSettings, Progress};
use crate::import_plan::Row;
use crate::import_row::{RowProblem, read_row};
use crate::records::Records;

/// Rows read together, and where the next batch begins.
#[derive(Debug)]
pub struct Batch {
    pub rows: Vec<Row>,
    pub rejected: Vec<(u64, RowProblem)>,
    pub next_offset: u64,
    pub next_line: u64,
}

/// Sends batches until the file ends or nobody takes them any more.
pub fn read_batches(
    path: &Path,
    settings: &FileSettings,
    from: &Progress,
    batch_rows: usize,
    batches: &Sender<Batch>,
) -> anyhow::Result<()> {
    let mut file = File::open(path).context("the upload cannot be opened")?;
    file.seek(SeekFrom::Start(from.offset))?;
    let records = Records::new(file, settings.delimiter, from.offset, from.line);
    let mut records = records.expecting(settings.layout.columns.len());
    loop {
        let batch = read_batch(&mut records, settings, batch_rows.max(1))?;
        let ended = batch.rows.is_empty() && batch.rejected.is_empty();
        if ended || batches.blocking_send(batch).is_err() {
            return Ok(());
        }
    }
}

fn read_batch(
    records: &mut Records<File>,
    settings: &FileSettings,
    batch_rows: usize,
) -> anyhow::Result<Batch> {
    let mut rows = Vec::with_capacity(batch_rows);
    let mut rejected = Vec::new();
    while rows.len() + rejected.len() < batch_rows {
        let Some(record) = records.next_record().context("the upload cannot be read")? else {
            break;
        };
        match read_row(
            &settings.layout,
            settings.default_region.as_deref(),
            &record,
        ) {
            Ok(person) => rows.push(Row {
                line: record.line,
                person,
            }),
            Err(problem) => rejected.push((record.line, problem)),
        }
    }
    Ok(Batch {
        rows,
        rejected,
        next_offset: records.offset(),
        next_line: records.line(),
    })
}
