//! Which text the chunks of a run carry, and until when.

use std::collections::HashMap;

use anyhow::Context;
use contract::{TemplateId, UnixMillis};

use super::partition::Part;
use crate::app::App;
use crate::db;
use crate::db::part::ChunkPart;
use crate::db::run::Run;

/// What the people of one chunk get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub template: TemplateId,
    pub version: u32,
    pub field_names: Vec<String>,
    pub valid_until: UnixMillis,
}

/// The texts of some chunks of a run.
pub struct Letters {
    own: Text,
    of_variant: Vec<Text>,
    parts: HashMap<u32, ChunkPart>,
    winner: Option<u8>,
}

impl Letters {
    /// For these chunks, which are about to be released.
    pub async fn load(app: &App, run: &Run, chunks: &[u32]) -> anyhow::Result<Self> {
        let own = Text {
            template: run.template,
            version: run.template_version,
            field_names: run.field_names.clone(),
            valid_until: run.valid_until,
        };
        let Some(cut) = app.partitions.of(app, run.id).await? else {
            return Ok(Self {
                own,
                of_variant: Vec::new(),
                parts: HashMap::new(),
                winner: None,
            });
        };
        let read = app.cx.db.read();
        let decided = match cut.partition.winner {
            Some(_) => db::partition::decision(read, run.id).await?,
            None => None,
        };
        let text = |letter: &super::Letter| Text {
            template: letter.template,
            version: letter.version,
            field_names: letter.field_names.clone(),
            valid_until: run.valid_until,
        };
        Ok(Self {
            of_variant: cut.partition.letters.iter().map(text).collect(),
            parts: db::part::of_chunks(read, run.id, chunks).await?,
            winner: decided.and_then(|decided| decided.winner),
            own,
        })
    }

    /// The text of a chunk. An error where it waits for a winner that is not decided yet.
    pub fn of(&self, chunk: u32) -> anyhow::Result<Text> {
        let Some(part) = self.parts.get(&chunk) else {
            return Ok(self.own.clone());
        };
        let variant = match part.part {
            Part::Rest => Some(self.winner.context("no winner is decided yet")?),
            Part::Goes | Part::Holdout => part.variant,
        };
        let text = match variant {
            Some(variant) => self
                .of_variant
                .get(usize::from(variant))
                .context("a chunk has a variant that its run does not know")?,
            None => &self.own,
        };
        Ok(Text {
            valid_until: part.valid_until,
            ..text.clone()
        })
    }
}
