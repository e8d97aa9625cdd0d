//! Texts of flows.

use super::Entry;
use super::samples::{AT, id, run};
use crate::class::{Class, Mode};
use crate::ids::MessageId;
use crate::renderer::{RenderTexts, TextToRender};
use crate::texts::{AcceptTexts, FlowText, Origin, OriginKind, RecheckTexts, TextsAccepted};

/// How texts of flows are offered, accepted and rendered.
pub(super) fn entries() -> Vec<Entry> {
    let message = MessageId::of(run(), 0, 0);
    vec![
        Entry::of(&AcceptTexts {
            texts: vec![FlowText {
                message,
                origin: Origin {
                    kind: OriginKind::CampaignTest,
                    id: id::<crate::ids::kinds::Campaign>(1).to_string(),
                },
                contact: id(3),
                class: Class::Appointment,
                programme: "default".into(),
                sender: "+15005550100".into(),
                template: id(2),
                template_version: Some(1),
                vars: [("starts_at".to_string(), "2026-06-10T15:00".to_string())].into(),
                mode: Mode::Test,
                not_before: Some(AT),
                valid_until: AT,
            }],
        }),
        Entry::of(&TextsAccepted {
            messages: vec![message],
            at: AT,
        }),
        Entry::of(&RecheckTexts {
            messages: vec![message],
        }),
        Entry::of(&RenderTexts {
            texts: vec![TextToRender {
                message,
                mode: Mode::Test,
                template: id(2),
                version: None,
                fields: [("code".to_string(), "4711".to_string())].into(),
                contact: id(3),
                zone: Some("America/New_York".into()),
            }],
        }),
    ]
}
