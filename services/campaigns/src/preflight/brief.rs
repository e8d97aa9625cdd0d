//! What a preflight looks at: a campaign as it stood when somebody asked.

use chrono::{DateTime, Utc};
use contract::renderer::TemplateDescribed;
use contract::{CampaignId, Class, Mode, TemplateId, UnixMillis};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::audience::Audience;
use crate::db::campaign::Campaign;
use crate::schedule::Planned;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    pub campaign: CampaignId,
    pub class: Class,
    pub programme: String,
    pub sender: String,
    pub audience: Audience,
    pub mode: Mode,
    pub template: TemplateId,
    pub template_version: u32,
    pub field_names: Vec<String>,
    pub opt_out_said: bool,
    /// When it would start: its time, the next slot where it recurs, else at once.
    pub start: UnixMillis,
    /// After that nothing of it leaves.
    pub valid_until: UnixMillis,
    pub recurs: bool,
    /// [`content`] of it.
    pub content: String,
    /// Texts a minute, where the campaign limits itself.
    #[serde(default)]
    pub per_minute: Option<u32>,
}

impl Brief {
    pub fn of(campaign: &Campaign, template: TemplateDescribed, now: DateTime<Utc>) -> Self {
        let start = start(campaign, now);
        Self {
            campaign: campaign.id,
            class: campaign.class,
            programme: campaign.programme.clone(),
            sender: campaign.sender.clone(),
            audience: campaign.audience.clone(),
            mode: campaign.mode,
            template: campaign.template,
            template_version: template.version,
            field_names: template.field_names,
            opt_out_said: template.opt_out_said,
            start,
            valid_until: UnixMillis(start.0.saturating_add(campaign.valid_for_ms)),
            recurs: campaign.recurs(),
            content: content(campaign, template.version),
            per_minute: None,
        }
    }
}

/// Its time where that is to come, else now.
fn start(campaign: &Campaign, now: DateTime<Utc>) -> UnixMillis {
    let recurrence = campaign.schedule.as_ref().and_then(Planned::recurrence);
    let slot = recurrence
        .and_then(|recurrence| recurrence.read().ok())
        .and_then(|recurring| recurring.next_after(now))
        .map(|slot| UnixMillis::from(slot.at));
    let now = UnixMillis::from(now);
    let once = campaign.schedule_at.filter(|_| recurrence.is_none());
    slot.or(once).map_or(now, |at| at.max(now))
}

/// What decides what people get. Everything that a campaign says of itself belongs in here, but for its name, which
/// nobody is sent. The instant of a local time is left out: it follows from the zone data.
#[derive(Serialize)]
struct Content<'c> {
    class: Class,
    programme: &'c str,
    sender: &'c str,
    audience: &'c Audience,
    mode: Mode,
    template: TemplateId,
    template_version: u32,
    at: Option<UnixMillis>,
    local: Option<(String, &'c str)>,
    recurrence: Option<&'c crate::schedule::recurrence::Recurrence>,
    valid_for_ms: i64,
}

/// SHA-256 of a campaign's content with this version of its template.
pub fn content(campaign: &Campaign, template_version: u32) -> String {
    let planned = campaign.schedule.as_ref();
    let local = planned.and_then(|planned| match planned {
        Planned::Local {
            local, timezone, ..
        } => Some((local.to_string(), timezone.as_str())),
        Planned::Recurring(_) => None,
    });
    let written = Content {
        class: campaign.class,
        programme: &campaign.programme,
        sender: &campaign.sender,
        audience: &campaign.audience,
        mode: campaign.mode,
        template: campaign.template,
        template_version,
        at: campaign.schedule_at.filter(|_| planned.is_none()),
        local,
        recurrence: planned.and_then(Planned::recurrence),
        valid_for_ms: campaign.valid_for_ms,
    };
    let written = serde_json::to_vec(&written).unwrap_or_default();
    hex::encode(Sha256::digest(written))
}

#[cfg(test)]
mod tests {
    use contract::{ListId, TenantId};

    use super::*;
    use crate::lifecycle::State;

    fn campaign() -> Campaign {
        Campaign {
            id: CampaignId::from_raw(1),
            tenant: TenantId::from_raw(2),
            name: "Spring".into(),
            class: Class::Marketing,
            programme: "default".into(),
            template: TemplateId::from_raw(3),
            sender: "+15005550100".into(),
            audience: Audience {
                include: vec![ListId::from_raw(4)],
                ..Audience::default()
            },
            schedule_at: None,
            schedule: None,
            valid_for_ms: 3_600_000,
            mode: Mode::Live,
            state: State::Draft,
            state_reason: None,
            run: None,
            created_at: UnixMillis(0),
            updated_at: UnixMillis(0),
        }
    }

    #[test]
    fn whatever_people_would_notice_is_part_of_the_content() {
        let before = content(&campaign(), 1);
        let changes: [fn(&mut Campaign); 8] = [
            |one| one.class = Class::Transactional,
            |one| one.programme.push('x'),
            |one| one.sender.push('1'),
            |one| one.audience.exclude.push(ListId::from_raw(9)),
            |one| one.template = TemplateId::from_raw(9),
            |one| one.schedule_at = Some(UnixMillis(9)),
            |one| one.valid_for_ms += 1,
            |one| one.mode = Mode::Test,
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut other = campaign();
            change(&mut other);
            assert_ne!(content(&other, 1), before, "change {n}");
        }
        assert_ne!(content(&campaign(), 2), before);
    }

    #[test]
    fn a_name_and_the_course_of_things_are_no_content() {
        let mut other = campaign();
        other.name = "Summer".into();
        other.state = State::Approved;
        other.updated_at = UnixMillis(9);
        assert_eq!(content(&other, 1), content(&campaign(), 1));
    }

    #[test]
    fn it_starts_at_its_time_and_never_in_the_past() {
        let now = DateTime::from_timestamp_millis(1_000).unwrap();
        let mut one = campaign();
        assert_eq!(start(&one, now), UnixMillis(1_000));
        one.schedule_at = Some(UnixMillis(500));
        assert_eq!(start(&one, now), UnixMillis(1_000));
        one.schedule_at = Some(UnixMillis(5_000));
        assert_eq!(start(&one, now), UnixMillis(5_000));
    }
}
