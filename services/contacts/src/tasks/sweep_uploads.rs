//! Removes uploads that no open import needs: they hold phone numbers, and a crash may leave them behind.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::app::App;
use crate::db;

/// Younger files may belong to an upload under way.
const GRACE: Duration = Duration::from_secs(3600);

pub async fn sweep(app: &App) -> anyhow::Result<()> {
    let open = db::imports::open(app.db.read(), app.db.engine()).await?;
    let needed: HashSet<OsString> = open
        .iter()
        .filter_map(|job| Some(app.upload(job.id).file_name()?.to_os_string()))
        .collect();
    for entry in std::fs::read_dir(&app.imports)? {
        let path = entry?.path();
        let is_report = path.to_string_lossy().ends_with(".errors.csv");
        let is_needed = path.file_name().is_some_and(|name| needed.contains(name));
        if !is_report && !is_needed && is_old(&path) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn is_old(path: &Path) -> bool {
    let modified = path.metadata().and_then(|metadata| metadata.modified());
    modified
        .ok()
        .and_then(|at| at.elapsed().ok())
        .is_some_and(|age| age > GRACE)
}
