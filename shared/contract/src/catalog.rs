//! The one list of everything that travels on the bus, each with a sample.
//!
//! The samples are frozen as JSON under `snapshots/`: a change of an existing snapshot is a broken contract,
//! to be made as a new version instead.

use serde_json::Value;

use crate::payload::{Format, Owner, Payload, PayloadKind};

mod appointments;
mod before_launch;
mod campaigns;
mod consent;
mod dispatch;
mod inbound;
mod people;
mod samples;
mod texts;

/// One payload type.
#[derive(Debug, Clone)]
pub struct Entry {
    pub kind: PayloadKind,
    pub owner: Owner,
    pub name: &'static str,
    pub version: u16,
    pub format: Format,
    pub sample: Value,
}

impl Entry {
    fn of<P: Payload>(sample: &P) -> Self {
        Self {
            kind: P::KIND,
            owner: P::OWNER,
            name: P::NAME,
            version: P::VERSION,
            format: P::FORMAT,
            sample: serde_json::to_value(sample).unwrap_or(Value::Null),
        }
    }

    /// `<owner>.<name>.v<version>`: the snapshot's file name.
    pub fn title(&self) -> String {
        format!("{}.{}.v{}", self.owner.as_str(), self.name, self.version)
    }
}

/// Every event, command and query.
pub fn all() -> Vec<Entry> {
    [
        people::entries(),
        consent::entries(),
        campaigns::entries(),
        dispatch::entries(),
        inbound::entries(),
        texts::entries(),
        appointments::entries(),
        before_launch::entries(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_payload_keeps_its_frozen_form() {
        for entry in all() {
            insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true, sort_maps => true }, {
                insta::assert_json_snapshot!(entry.title(), entry.sample);
            });
        }
    }

    #[test]
    fn names_are_unique() {
        let titles: BTreeSet<String> = all().iter().map(Entry::title).collect();
        assert_eq!(titles.len(), all().len());
    }
}
