//! What a retry sends, and when its texts leave.

use contract::UnixMillis;
use contract::renderer::TemplateDescribed;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::campaign::Campaign;
use crate::db::run::Run;
use crate::local_time::{Outside, Past};
use crate::variants::Partition;
use crate::{start, variants};

/// Which version of its templates a retry sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RetryWords)]
pub enum Words {
    /// The one that is published.
    #[default]
    Published,
    /// The one that the run sent whose recipients are texted again.
    AsSent,
}

/// What a retry sends.
#[derive(Debug, Clone)]
pub struct Text {
    pub template: TemplateDescribed,
    pub partition: Option<Partition>,
    /// Every text of it says how to opt out; `None`: consent knows it of the run before.
    pub opt_out_said: Option<bool>,
}

impl Text {
    /// `None`: the template, or one of a variant, was never published.
    pub async fn of(
        app: &App,
        campaign: &Campaign,
        last: &Run,
        words: Words,
        now: UnixMillis,
    ) -> anyhow::Result<Option<Self>> {
        let campaign = at_once(campaign);
        if words == Words::AsSent {
            let sent = app.partitions.of(app, last.id).await?;
            let letters = sent.map_or_else(Vec::new, |sent| sent.partition.letters.clone());
            return Ok(Some(Self {
                template: TemplateDescribed {
                    version: last.template_version,
                    field_names: last.field_names.clone(),
                    opt_out_said: false,
                },
                partition: variants::cut(&campaign, letters, now, None)?,
                opt_out_said: None,
            }));
        }
        let Some(template) = start::describe(app, &campaign).await? else {
            return Ok(None);
        };
        let cut = variants::frozen(app, &campaign, &template, now, None).await?;
        let said = cut
            .as_ref()
            .map_or(template.opt_out_said, |(_, said)| *said);
        Ok(Some(Self {
            template,
            partition: cut.map(|(partition, _)| partition),
            opt_out_said: Some(said),
        }))
    }
}

/// A retry keeps to the variants of the campaign, and to its window: whoever is outside of it waits, or is left out. Nobody
/// waits for a winner or a local time: its people were chosen, and their time has come.
fn at_once(campaign: &Campaign) -> Campaign {
    let mut campaign = campaign.clone();
    if let Some(rule) = &mut campaign.local_time {
        rule.at = None;
        rule.past = Past::default();
        if rule.outside == Outside::Earlier {
            rule.outside = Outside::Later;
        }
    }
    if let Some(definition) = &mut campaign.variants {
        definition.winner = None;
        definition.holdout_percent = 0.0;
    }
    campaign
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_time::{Clock, Leaving};
    use crate::preflight::brief::example;
    use crate::schedule::recurrence::{Recurrence, Rule};
    use crate::schedule::{Planned, Window};

    #[test]
    fn a_retry_of_what_recurs_by_each_clock_keeps_its_window_and_no_local_time() {
        let window = Window::daily(9 * 60, 20 * 60);
        let rule = Leaving {
            at: None,
            clock: Clock::Contact,
            fallback: Some("Europe/Berlin".into()),
            past: Past::SendNow,
            window,
            outside: Outside::Later,
            expires_after_ms: None,
        };
        let campaign = Campaign {
            schedule: Some(Planned::Recurring(Recurrence {
                rule: Rule::Cron("0 10 * * 1".into()),
                timezone: "contact".into(),
                late_seconds: 3600,
            })),
            local_time: Some(rule.clone()),
            ..example()
        };
        let cut = variants::cut(&at_once(&campaign), Vec::new(), UnixMillis(0), None);
        let wanted = Leaving {
            past: Past::Skip,
            ..rule
        };
        assert_eq!(cut.unwrap().unwrap().leaving, Some(wanted));
    }
}
