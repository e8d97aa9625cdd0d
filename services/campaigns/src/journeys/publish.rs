//! Whether a draft may become a version. Pure, but for what templates the renderer knows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use contract::{AudiencePart, Class, SegmentId, TemplateId};

use crate::journey::model::{Definition, Trigger};
use crate::journey::rules::among;
use crate::journey::version::{Start, Version, starts_with};

/// Why not, with the pointer into the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

/// The shortest time between two slots of a schedule.
#[derive(Debug, Clone, Copy)]
pub struct Shortest {
    pub marketing: Duration,
    pub other: Duration,
}

/// Why a schedule comes too often for its purpose.
pub fn too_frequent(
    definition: &Definition,
    version: &Version,
    shortest: Shortest,
    now: DateTime<Utc>,
) -> Option<Refusal> {
    let (Trigger::Schedule { schedule, .. }, Start::Schedule { slots, .. }) =
        (&definition.trigger, &version.trigger)
    else {
        return None;
    };
    let least = match version.purpose {
        Class::Marketing => shortest.marketing,
        _ => shortest.other,
    };
    let apart = slots
        .shortest_interval(now)
        .filter(|apart| *apart < least)?;
    let rule = if schedule.cron.is_some() {
        "cron"
    } else {
        "rrule"
    };
    Some(Refusal {
        pointer: format!("/trigger/schedule/{rule}"),
        code: "schedule.too_frequent",
        detail: format!(
            "Two slots are {} minutes apart; for {} a journey's schedule comes every {} minutes at most. Let the slots \
             lie further apart, such as \"0 10 * * *\".",
            apart.num_minutes(),
            version.purpose.as_str(),
            least.num_minutes()
        ),
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::source::Format;
    use crate::journey::validate;

    #[test]
    fn a_schedule_comes_no_more_often_than_its_purpose_allows() {
        let shortest = Shortest {
            marketing: Duration::minutes(60),
            other: Duration::minutes(5),
        };
        let told = |purpose: &str, schedule: &str| {
            let text = format!(
                "journey: v1\nname: often\npurpose: {purpose}\ntrigger: {{schedule: {{{schedule}}}}}\nsteps: [{{id: a, wait: {{for: P1D}}}}]\n"
            );
            let definition = validate(&text, Format::Yaml).unwrap();
            let version = Version::compile(&definition).unwrap();
            let now = "2026-06-10T15:00:00Z".parse().unwrap();
            let refusal = too_frequent(&definition, &version, shortest, now)?;
            assert_eq!(refusal.code, "schedule.too_frequent");
            Some(refusal.pointer)
        };
        let cron = Some("/trigger/schedule/cron".to_string());
        assert_eq!(told("marketing", "cron: \"* * * * *\""), cron);
        assert_eq!(told("marketing", "cron: \"0,30 * * * *\""), cron);
        assert_eq!(told("informational", "cron: \"0,30 * * * *\""), None);
        assert_eq!(told("informational", "cron: \"* * * * *\""), cron);
        assert_eq!(told("marketing", "cron: \"0 * * * *\""), None);
        let rule = "rrule: \"FREQ=DAILY;BYMINUTE=0,20\", start: \"2026-12-01T10:00\"";
        let rrule = Some("/trigger/schedule/rrule".to_string());
        assert_eq!(told("marketing", rule), rrule);
    }
}
