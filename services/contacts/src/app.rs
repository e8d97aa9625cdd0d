//! What every endpoint, query and task of the service shares.

use std::path::PathBuf;

use chassis::{Bus, Clock, Db};
use contract::ImportId;
use tokio::sync::Notify;

use crate::config::Config;
use crate::follow::Follower;

pub struct App {
    pub db: Db,
    /// The same for what a carrier waits for.
    pub lookups: Db,
    pub bus: Bus,
    pub clock: Clock,
    pub config: Config,
    /// Where uploads wait and errors files stay.
    pub imports: PathBuf,
    /// Rings when an import was queued.
    pub import_queued: Notify,
    /// Keeps segments up with changes.
    pub follower: Follower,
    /// Rings when a segment was defined.
    pub segment_defined: Notify,
}

impl App {
    /// The uploaded file; it goes when the import ends.
    pub fn upload(&self, import: ImportId) -> PathBuf {
        self.imports.join(format!("{import}.csv"))
    }

    /// The rows that an import rejected.
    pub fn errors_file(&self, import: ImportId) -> PathBuf {
        self.imports.join(format!("{import}.errors.csv"))
    }
}
