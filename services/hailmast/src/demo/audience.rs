//! Whom the demo texts: made-up people, or a CSV of one's own.

use anyhow::Context;

use super::Options;
use crate::generate::{self, Kind};

/// Rows that no import can use, so that the demo shows what becomes of them.
const BROKEN_ROWS: usize = 3;

/// A CSV and what its people agreed to.
pub struct Audience {
    pub csv: Vec<u8>,
    /// Numbers as written in the file.
    pub opted_in: Vec<String>,
    /// Of those, who opted out again before the campaign.
    pub opted_out: Vec<String>,
    /// Numbers that will text STOP while the campaign runs.
    pub will_stop: Vec<String>,
}

pub fn gather(options: &Options) -> anyhow::Result<Audience> {
    match &options.csv {
        Some(path) => {
            let csv =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            // Who stands in it is learnt from the import: the platform reads the file, not the demo.
            Ok(Audience {
                csv,
                opted_in: Vec::new(),
                opted_out: Vec::new(),
                will_stop: Vec::new(),
            })
        }
        None => Ok(made_up(options)),
    }
}

fn made_up(options: &Options) -> Audience {
    let people = generate::people(options.contacts);
    let csv = generate::csv(&people, BROKEN_ROWS).into_bytes();
    let phones = |wanted: fn(Kind) -> bool| {
        people
            .iter()
            .filter(move |p| wanted(p.kind))
            .map(|p| p.phone.clone())
    };
    let opted_in: Vec<String> = phones(|kind| kind != Kind::NeverAsked).collect();
    let opted_out: Vec<String> = phones(|kind| kind == Kind::OptedOut).collect();
    let willing: Vec<String> = phones(|kind| kind == Kind::Willing).collect();
    Audience {
        csv,
        opted_in,
        opted_out,
        will_stop: choose_stops(&willing, options.stops),
    }
}

/// Spread over the second half of the audience, so that their turn has not come when they text STOP.
pub fn choose_stops(willing: &[String], wanted: Option<usize>) -> Vec<String> {
    let wanted = wanted
        .unwrap_or((willing.len() / 80).clamp(1, 2000))
        .min(willing.len() / 2);
    let late = &willing[willing.len() / 2..];
    if wanted == 0 || late.is_empty() {
        return Vec::new();
    }
    late.iter()
        .step_by((late.len() / wanted).max(1))
        .take(wanted)
        .cloned()
        .collect()
}
