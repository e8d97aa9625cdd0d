//! Runs of campaigns, and the texts they are rendered to.

use super::Entry;
use super::samples::{AT, group, head, id, recipient, run};
use crate::campaigns::{BringBack, ChunkSettled, RunClosed, RunStarted};
use crate::chunk::Screened;
use crate::class::{Class, Mode};
use crate::ids::MessageId;
use crate::reason::Reason;
use crate::renderer::{
    ChunkRendered, DescribeTemplate, RenderChunk, RenderOne, ResolveLink, Wording,
};

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::of(&BringBack {
            reason: Reason::PACE_QUEUE,
            mode: Some(Mode::Test),
            campaign: Some(id(1)),
            at_most: Some(100),
        }),
        Entry::of(&RunStarted {
            run: run(),
            campaign: id(1),
            class: Class::Marketing,
            recipients: 5000,
            at: AT,
        }),
        Entry::of(&ChunkSettled {
            run: run(),
            campaign: id(1),
            chunk: 3,
            at: AT,
            groups: vec![group()],
        }),
        Entry::of(&RunClosed {
            run: run(),
            campaign: id(1),
            at: AT,
            recipients: 10,
            suppressed: 1,
            cancelled: 0,
            expired: 0,
            failed: 0,
            unknown: 0,
            handed_over: 9,
            revision: 1,
            restated_at: None,
        }),
        Entry::of(&RenderChunk {
            head: head(),
            recipients: vec![Screened {
                recipient: recipient(),
                decision: id(5),
            }],
        }),
        Entry::of(&ChunkRendered {
            run: run(),
            campaign: id(1),
            chunk: 3,
            at: AT,
            rendered: 498,
            groups: vec![group()],
        }),
        Entry::of(&DescribeTemplate { template: id(2) }),
        Entry::of(&ResolveLink {
            token: "4c92KzP0aQe".into(),
            host: "go.example.com".into(),
        }),
        Entry::of(&RenderOne {
            message: MessageId::of(run(), 0, 0),
            mode: Mode::Test,
            wording: Wording::Template {
                template: id(2),
                fields: [("code".to_string(), "4711".to_string())].into(),
            },
            contact: Some(id(3)),
            zone: Some("America/New_York".into()),
        }),
    ]
}
