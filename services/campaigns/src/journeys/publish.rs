//! Whether a draft may become a version. Pure, but for what templates the renderer knows.

use std::collections::{BTreeMap, BTreeSet};

use contract::{AudiencePart, SegmentId, TemplateId};

use crate::journey::model::{Definition, Trigger};
use crate::journey::rules::among;
use crate::journey::version::{Version, starts_with};

/// Why not, with the pointer into the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

/// Everything that keeps a draft from being published. `others` are the tenant's published journeys: name, the event
/// that starts them, the events they say.
pub fn check(
    definition: &Definition,
    version: &Version,
    templates: &BTreeMap<String, TemplateId>,
    sender: Option<&str>,
    others: &[(String, String, BTreeSet<String>)],
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut refuse = |pointer: String, code, detail: String| {
        refusals.push(Refusal {
            pointer,
            code,
            detail,
        });
    };
    for (id, send) in version.sends() {
        if !templates.contains_key(&send.template) && send.template.parse::<TemplateId>().is_err() {
            let detail = format!(
                "Step `{id}`: the template `{}` is bound to none; give its id under `templates`.",
                send.template
            );
            refuse(
                format!("/templates/{}", send.template),
                "template.unbound",
                detail,
            );
        }
        if send.sender.is_none() && definition.sender.is_none() && sender.is_none() {
            refuse(
                "/sender".to_string(),
                "sender.invalid",
                format!("Step `{id}` has no sender, and the journey has none either."),
            );
        }
        if !send
            .channels
            .iter()
            .any(|channel| super::CHANNELS.contains(&channel.as_str()))
        {
            let detail = format!(
                "Step `{id}`: none of its channels is set up here; there is {}.",
                super::CHANNELS.join(", ")
            );
            refuse("/steps".to_string(), "channel.unavailable", detail);
        }
    }
    if let Trigger::Schedule {
        audience: Some(list),
        ..
    } = &definition.trigger
        && list.parse::<AudiencePart>().is_err()
    {
        let detail =
            format!("`{list}` is no id of a list or a segment, such as lst_01J… or seg_01J….");
        refuse("/trigger/audience".to_string(), "audience.unknown", detail);
    }
    if let Trigger::Segment { segment, .. } = &definition.trigger
        && segment.parse::<SegmentId>().is_err()
    {
        let detail = format!("`{segment}` is no id of a segment, such as seg_01J….");
        refuse("/trigger/segment".to_string(), "segment.unknown", detail);
    }
    if let Some(starts) = starts_with(definition)
        && let Some(way) = among((&definition.name, &starts, &version.says()), others)
    {
        let detail = format!(
            "These journeys would start one another again and again: {}.",
            way.join(" → ")
        );
        refuse("/trigger/event".to_string(), "journey.cycle", detail);
    }
    refusals.sort_by(|a, b| (&a.pointer, &a.detail).cmp(&(&b.pointer, &b.detail)));
    refusals.dedup();
    refusals
}
