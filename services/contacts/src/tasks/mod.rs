//! Work in the background.

pub mod import_batch;
pub mod read_batches;
pub mod run_import;
pub mod run_imports;
pub mod sweep_uploads;
pub mod walk_segments;
