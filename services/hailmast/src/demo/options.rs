//! What a demo can be asked for.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug, Clone)]
pub struct Options {
    /// Made-up contacts to import.
    #[arg(long, default_value_t = 5000)]
    pub contacts: usize,
    /// A CSV of one's own instead (phone, first_name, timezone, …). All of them are taken as opted in.
    #[arg(long)]
    pub csv: Option<PathBuf>,
    /// What a column of one's own CSV is: COLUMN=FIELD, such as `Mobil=phone`. May be repeated.
    #[arg(long = "map", value_name = "COLUMN=FIELD", requires = "csv")]
    pub mapping: Vec<String>,
    /// Segments per second; 0 means as fast as it goes.
    #[arg(long, default_value_t = 2500)]
    pub rate: u32,
    /// People who text STOP while the campaign runs; a share of the contacts if absent.
    #[arg(long)]
    pub stops: Option<usize>,
    /// Country of numbers without a country code, for a CSV of one's own.
    #[arg(long, default_value = "US")]
    pub default_region: String,
    /// Keep the data in this folder instead of a temporary one.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// The table as one JSON object.
    #[arg(long)]
    pub json: bool,
}
