//! What campaigns are looked at with before they are launched, and what is said of their states.

use super::Entry;
use super::samples::{AT, id, phone, recipient};
use crate::campaigns::CampaignChanged;
use crate::class::{Class, Mode};
use crate::consent::{JudgeChunk, PermitAsk};
use crate::dispatch::{Forecast, TextForecast};
use crate::renderer::MeasureChunk;

/// What a campaign is looked at with before it is launched, and what is said of its states.
pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::of(&CampaignChanged {
            campaign: id(1),
            number: 2,
            from: "pending_approval".into(),
            to: "approved".into(),
            action: "approve".into(),
            key: Some(id(11)),
            reason: None,
            at: AT,
        }),
        Entry::of(&JudgeChunk {
            campaign: id(1),
            class: Class::Marketing,
            programme: "default".into(),
            sender: "+15005550100".into(),
            template: id(2),
            mode: Mode::Test,
            at: AT,
            valid_until: AT,
            opt_out_said: true,
            zones: vec!["America/New_York".into()],
            asks: vec![PermitAsk {
                position: 65,
                contact: id(3),
                phone: phone(),
                zone: Some(0),
            }],
        }),
        Entry::of(&MeasureChunk {
            template: id(2),
            template_version: 1,
            zones: vec!["America/New_York".into()],
            field_names: vec!["first_name".into()],
            recipients: vec![recipient()],
            samples: 3,
        }),
        Entry::of(&Forecast {
            campaign: id(1),
            class: Class::Marketing,
            sender: "+15005550100".into(),
            mode: Mode::Test,
            at: AT,
            texts: vec![TextForecast {
                position: 65,
                contact: id(3),
                phone: phone(),
            }],
        }),
    ]
}
