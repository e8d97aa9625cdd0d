//! What a preflight looks at: a campaign as it stood when somebody asked.

use chrono::{DateTime, Utc};
use contract::renderer::TemplateDescribed;
use contract::{CampaignId, Class, Mode, TemplateId, UnixMillis};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::audience::Audience;
use crate::db::campaign::Campaign;
use crate::local_time::Leaving;
use crate::pace::Plan;
use crate::schedule::Planned;
use crate::schedule::slots::Slot;
use crate::throttle::Throttle;
use crate::variants::{self, Definition, Letter, Partition};

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
    /// Where the campaign limits itself.
    #[serde(default)]
    pub throttle: Option<Throttle>,
    /// How its audience is cut, where it is.
    #[serde(default)]
    pub partition: Option<Partition>,
}

impl Brief {
    /// Asks for the texts of its variants.
    pub async fn read(
        app: &App,
        campaign: &Campaign,
        template: TemplateDescribed,
    ) -> anyhow::Result<Self> {
        let now = app.cx.clock.now();
        let slot = next_slot(campaign, now).map(|slot| slot.local);
        let cut = variants::frozen(app, campaign, &template, start(campaign, now), slot).await?;
        Ok(Self::of(campaign, template, cut, now))
    }

    /// `cut`: how the audience is, and whether every text of it says how to opt out.
    pub fn of(
        campaign: &Campaign,
        mut template: TemplateDescribed,
        cut: Option<(Partition, bool)>,
        now: DateTime<Utc>,
    ) -> Self {
        let partition = cut.map(|(partition, opt_out_said)| {
            template.opt_out_said = opt_out_said;
            partition
        });
        let letters = partition.as_ref().map_or(&[][..], |cut| &cut.letters);
        let content = content(campaign, template.version, letters);
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
            valid_until: partition.as_ref().map_or(
                UnixMillis(start.0.saturating_add(campaign.valid_for_ms)),
                |cut| {
                    cut.valid_until()
                        .max(UnixMillis(start.0.saturating_add(campaign.valid_for_ms)))
                },
            ),
            recurs: campaign.recurs(),
            content,
            throttle: campaign.pace.throttle,
            partition,
        }
    }
}

/// Its time where that is to come, else now.
fn start(campaign: &Campaign, now: DateTime<Utc>) -> UnixMillis {
    let slot = next_slot(campaign, now).map(|slot| UnixMillis::from(slot.at));
    let now = UnixMillis::from(now);
    let once = campaign.schedule_at.filter(|_| !campaign.recurs());
    slot.or(once).map_or(now, |at| at.max(now))
}

fn next_slot(campaign: &Campaign, now: DateTime<Utc>) -> Option<Slot> {
    campaign.recurrence()?.read().ok()?.next_after(now)
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
    pace: &'c Plan,
    variants: Option<&'c Definition>,
    /// Template and version of each variant.
    letters: Vec<(TemplateId, u32)>,
    local_time: Option<&'c Leaving>,
}

/// SHA-256 of a campaign's content with these versions of its templates.
pub fn content(campaign: &Campaign, template_version: u32, letters: &[Letter]) -> String {
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
        pace: &campaign.pace,
        variants: campaign.variants.as_ref(),
        letters: letters
            .iter()
            .map(|letter| (letter.template, letter.version))
            .collect(),
        local_time: campaign.local_time.as_ref(),
    };
    let written = serde_json::to_vec(&written).unwrap_or_default();
    hex::encode(Sha256::digest(written))
}

/// A campaign as tests know it.
#[cfg(test)]
pub fn example() -> Campaign {
    Campaign {
        id: CampaignId::from_raw(1),
        tenant: contract::TenantId::from_raw(2),
        name: "Spring".into(),
        class: Class::Marketing,
        programme: "default".into(),
        template: TemplateId::from_raw(3),
        sender: "+15005550100".into(),
        audience: Audience {
            include: vec![contract::ListId::from_raw(4).into()],
            ..Audience::default()
        },
        schedule_at: None,
        schedule: None,
        valid_for_ms: 3_600_000,
        mode: Mode::Live,
        state: crate::lifecycle::State::Draft,
        state_reason: None,
        run: None,
        created_at: UnixMillis(0),
        updated_at: UnixMillis(0),
        pace: Plan::default(),
        variants: None,
        local_time: None,
        revision: 0,
    }
}

#[cfg(test)]
mod tests {
    use contract::ListId;

    use super::*;
    use crate::lifecycle::State;
    use crate::local_time::{Clock, Outside, Past};

    #[test]
    fn whatever_people_would_notice_is_part_of_the_content() {
        let before = content(&example(), 1, &[]);
        let changes: [fn(&mut Campaign); 11] = [
            |one| one.class = Class::Transactional,
            |one| one.programme.push('x'),
            |one| one.sender.push('1'),
            |one| one.audience.exclude.push(ListId::from_raw(9).into()),
            |one| one.template = TemplateId::from_raw(9),
            |one| one.schedule_at = Some(UnixMillis(9)),
            |one| one.valid_for_ms += 1,
            |one| one.mode = Mode::Test,
            |one| {
                one.pace.throttle = Some(Throttle {
                    per_minute: Some(9),
                    percent_per_hour: None,
                });
            },
            |one| one.variants = Some(Definition::default()),
            |one| {
                one.local_time = Some(Leaving {
                    at: None,
                    clock: Clock::Contact,
                    fallback: None,
                    past: Past::default(),
                    window: None,
                    outside: Outside::default(),
                    expires_after_ms: None,
                });
            },
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut other = example();
            change(&mut other);
            assert_ne!(content(&other, 1, &[]), before, "change {n}");
        }
        assert_ne!(content(&example(), 2, &[]), before);
    }

    #[test]
    fn a_name_and_the_course_of_things_are_no_content() {
        let mut other = example();
        other.name = "Summer".into();
        other.state = State::Approved;
        other.updated_at = UnixMillis(9);
        assert_eq!(content(&other, 1, &[]), content(&example(), 1, &[]));
    }

    #[test]
    fn it_starts_at_its_time_and_never_in_the_past() {
        let now = DateTime::from_timestamp_millis(1_000).unwrap();
        let mut one = example();
        assert_eq!(start(&one, now), UnixMillis(1_000));
        one.schedule_at = Some(UnixMillis(500));
        assert_eq!(start(&one, now), UnixMillis(1_000));
        one.schedule_at = Some(UnixMillis(5_000));
        assert_eq!(start(&one, now), UnixMillis(5_000));
    }
}
