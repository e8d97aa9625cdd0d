//! The part of a schedule that says when each text leaves: at a local time wherever people are, within a window of the day,
//! and for how long it may try.

use chrono::{DateTime, Utc};
use contract::{UnixMillis, validity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schedule::{At, Checked, Fault, LOCAL_FORM, LocalTime, Schedule, local_time};
use crate::local_time::{Clock, Leaving, Outside};
use crate::schedule::round::CONTACT;
use crate::schedule::window::Written;
use crate::schedule::{IsoDuration, Window, zone};

/// A window of the day, and what becomes of texts whose time lies outside of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SendingHours)]
pub struct Hours {
    /// When it opens, `HH:MM` on the local clock.
    pub from: String,
    /// When it is closed again, `HH:MM`; `24:00` is the end of the day.
    pub to: String,
    /// Days of the week on which it opens, `mon` to `sun`; absent: every day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<String>>,
    #[serde(default)]
    pub outside: Outside,
    /// `contact`, or an IANA name; absent: the zone of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

impl Schedule {
    /// `at` is meant wherever people are.
    pub(super) fn by_contact(&self, local: &LocalTime) -> bool {
        let zone = local.timezone.as_ref().or(self.timezone.as_ref());
        zone.is_some_and(|zone| zone == CONTACT)
    }

    /// Each contact's own clock says when their text leaves: at a local `at`, or at the slots of a rule.
    fn each_clock(&self) -> bool {
        match &self.at {
            Some(At::Local(local)) => self.by_contact(local),
            Some(At::Instant(_)) => false,
            None => self.recurs() && self.timezone.as_deref() == Some(CONTACT),
        }
    }

    /// What goes with `cron` and `rrule` alone.
    pub(super) fn strays(&self, faults: &mut Vec<Fault>) {
        let strays = [
            ("/schedule/start", self.start.is_some()),
            ("/schedule/late", self.late.is_some()),
        ];
        for (pointer, _) in strays.into_iter().filter(|(_, given)| *given) {
            let detail = "This goes with `cron` or `rrule`.";
            faults.push((pointer, "field.invalid", detail.to_string()));
        }
    }

    /// Without a time: it starts when it is launched.
    pub(super) fn at_launch(&self) -> Result<Checked, Vec<Fault>> {
        let mut faults = Vec::new();
        self.strays(&mut faults);
        if faults.is_empty() {
            Ok(Checked::default())
        } else {
            Err(faults)
        }
    }

    /// A local time wherever people are: it starts when the first zone reaches it.
    pub(super) fn wherever(
        &self,
        local: &LocalTime,
        now: DateTime<Utc>,
        leaving: &Result<Option<Leaving>, Vec<Fault>>,
    ) -> Result<Checked, Vec<Fault>> {
        let mut faults = Vec::new();
        self.strays(&mut faults);
        if local.timezone.is_some() && self.timezone.is_some() {
            let detail = "The zone stands in `at` already; leave one of the two out.";
            faults.push(("/schedule/timezone", "field.invalid", detail.to_string()));
        }
        if local
            .resolve
            .as_deref()
            .is_some_and(|resolve| resolve != "compatible")
        {
            let detail = "`resolve` is `compatible`, or left out.";
            faults.push(("/schedule/at/resolve", "field.invalid", detail.to_string()));
        }
        if local_time(&local.local).is_none() {
            let detail = LOCAL_FORM.to_string();
            faults.push(("/schedule/at/local", "time.malformed", detail));
        }
        let Ok(Some(rule)) = leaving else {
            return if faults.is_empty() {
                Ok(Checked::default())
            } else {
                Err(faults)
            };
        };
        let first = rule.first();
        match first {
            None if faults.is_empty() => {
                let detail = "The window is shut at this time everywhere, and leaves out what lies outside of it.";
                faults.push(("/schedule/window", "field.invalid", detail.to_string()));
            }
            Some(_) if faults.is_empty() => faults.extend(is_past(rule, now.into())),
            _ => {}
        }
        if faults.is_empty() {
            Ok(Checked {
                at: first,
                ..Checked::default()
            })
        } else {
            Err(faults)
        }
    }

    /// When texts leave; `None` where no clock has a say.
    pub(super) fn leaving(&self) -> Result<Option<Leaving>, Vec<Fault>> {
        let mut faults: Vec<Fault> = Vec::new();
        let local = match &self.at {
            Some(At::Local(local)) => Some(local),
            _ => None,
        };
        let by_contact = self.each_clock();
        if !by_contact && self.past_recipients.is_some() {
            let detail = "This goes with `timezone: contact` and a local `at`, `cron` or `rrule`.";
            let pointer = "/schedule/past_recipients";
            faults.push((pointer, "field.invalid", detail.to_string()));
        }
        let (window, clock) = match &self.window {
            Some(hours) => self.hours(hours, local, by_contact, &mut faults),
            None => (None, by_contact.then_some(Clock::Contact)),
        };
        if let Some(fallback) = &self.fallback_timezone {
            if let Err(unknown) = zone::parse(fallback) {
                let pointer = "/schedule/fallback_timezone";
                faults.push((pointer, zone::UNKNOWN, unknown.to_string()));
            }
            if clock.as_ref().is_some_and(|clock| *clock != Clock::Contact)
                || (self.window.is_none() && !by_contact)
            {
                let detail =
                    "This goes with `timezone: contact`, of the schedule or of its window.";
                let pointer = "/schedule/fallback_timezone";
                faults.push((pointer, "field.invalid", detail.to_string()));
            }
        }
        let expires_after_ms = self.expires_after.as_deref().map(validity::parse);
        let expires_after_ms = match expires_after_ms.transpose() {
            Ok(validity) => validity.and_then(|validity| i64::try_from(validity.as_millis()).ok()),
            Err(error) => {
                let pointer = "/schedule/expires_after";
                faults.push((pointer, "duration.invalid", error.to_string()));
                None
            }
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        if !by_contact && window.is_none() && expires_after_ms.is_none() {
            return Ok(None);
        }
        Ok(Some(Leaving {
            // A slot of a rule brings its own.
            at: local
                .filter(|_| by_contact)
                .and_then(|local| local_time(&local.local)),
            // Without a window and a local time no clock is looked at.
            clock: clock.unwrap_or_else(|| Clock::Zone("UTC".to_string())),
            fallback: self.fallback_timezone.clone(),
            past: self.past_recipients.unwrap_or_default(),
            window,
            outside: self
                .window
                .as_ref()
                .map(|hours| hours.outside)
                .unwrap_or_default(),
            expires_after_ms,
        }))
    }

    fn hours(
        &self,
        hours: &Hours,
        local: Option<&LocalTime>,
        by_contact: bool,
        faults: &mut Vec<Fault>,
    ) -> (Option<Window>, Option<Clock>) {
        let written = Written {
            from: hours.from.clone(),
            to: hours.to.clone(),
            days: hours.days.clone(),
        };
        let window = match Window::try_from(written) {
            Ok(window) => Some(window),
            Err(error) => {
                let pointer = match error.pointer() {
                    "/from" => "/schedule/window/from",
                    "/to" => "/schedule/window/to",
                    _ => "/schedule/window/days",
                };
                faults.push((pointer, "field.invalid", error.to_string()));
                None
            }
        };
        // A run of a rule begins at the slot; there is no earlier.
        if hours.outside == Outside::Earlier && (!by_contact || self.recurs()) {
            let detail = "Before its time a text can go with a local `at` and `timezone: contact` only; write `later` or \
                          `skip`.";
            let pointer = "/schedule/window/outside";
            faults.push((pointer, "field.invalid", detail.to_string()));
        }
        let of_schedule = local
            .and_then(|local| local.timezone.as_ref())
            .or(self.timezone.as_ref());
        let pointer = "/schedule/window/timezone";
        let clock = match hours.timezone.as_ref().or(of_schedule) {
            None => {
                let detail =
                    "Say whose clock counts: `contact`, or a zone such as America/New_York.";
                faults.push((pointer, "field.required", detail.to_string()));
                None
            }
            Some(name) if name == CONTACT => Some(Clock::Contact),
            Some(_) if by_contact => {
                let detail = "At a local time wherever people are, the window is by their clocks too; leave this out.";
                faults.push((pointer, "field.invalid", detail.to_string()));
                None
            }
            Some(name) => match zone::parse(name) {
                Ok(zone) => Some(Clock::Zone(zone.name().to_string())),
                // The zone of the schedule is told of where it stands.
                Err(_) if hours.timezone.is_none() && self.starts_by_a_clock() => None,
                Err(unknown) => {
                    faults.push((pointer, zone::UNKNOWN, unknown.to_string()));
                    None
                }
            },
        };
        (window, clock)
    }

    fn recurs(&self) -> bool {
        self.cron.is_some() || self.rrule.is_some()
    }

    /// There is a time that a zone is read with.
    fn starts_by_a_clock(&self) -> bool {
        self.at.is_some() || self.recurs()
    }
}

/// 422 at the launch too: everywhere the local time is past.
pub fn is_past(rule: &Leaving, now: UnixMillis) -> Option<Fault> {
    rule.is_past(now).then(|| {
        let detail = "This local time is past everywhere.";
        ("/schedule/at", "schedule.in_past", detail.to_string())
    })
}

/// Adds to a schedule what is kept about when texts leave.
pub fn shown(rule: &Leaving, mut schedule: Schedule) -> Schedule {
    if let Some(local) = rule.at {
        schedule.at = Some(At::Local(LocalTime {
            local: local.format("%Y-%m-%dT%H:%M").to_string(),
            timezone: None,
            resolve: None,
        }));
        schedule.timezone = Some(CONTACT.to_string());
    }
    let each_clock = schedule.each_clock();
    schedule.past_recipients = each_clock.then_some(rule.past);
    schedule.fallback_timezone.clone_from(&rule.fallback);
    schedule.window = rule.window.map(|window| {
        let Written { from, to, days } = window.into();
        let timezone = match &rule.clock {
            Clock::Contact if each_clock => None,
            Clock::Contact => Some(CONTACT.to_string()),
            Clock::Zone(name) => Some(name.clone()),
        };
        Hours {
            from,
            to,
            days,
            outside: rule.outside,
            timezone,
        }
    });
    schedule.expires_after = rule
        .expires_after_ms
        .and_then(|ms| IsoDuration::of_seconds(ms / 1000))
        .map(|duration| duration.to_string());
    schedule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_time::Past;

    #[test]
    fn what_is_shown_of_a_schedule_is_read_back_as_the_same() {
        let all = [
            r#"{"cron":"0 10 * * 1","timezone":"contact"}"#,
            r#"{"rrule":"FREQ=WEEKLY;BYDAY=MO","start":"2026-11-30T10:00","timezone":"contact","past_recipients":"send_now",
                "window":{"from":"09:00","to":"20:00","outside":"skip"},"fallback_timezone":"America/New_York"}"#,
            r#"{"at":{"local":"2026-11-27T10:00"},"timezone":"contact","past_recipients":"send_now",
                "fallback_timezone":"America/New_York","window":{"from":"09:00","to":"20:00","days":["mon","fri"],
                "outside":"earlier"},"expires_after":"PT10H"}"#,
            r#"{"at":{"local":"2026-11-27T10:00"},"timezone":"contact"}"#,
            r#"{"window":{"from":"09:00","to":"20:00","timezone":"contact"},"expires_after":"P2D"}"#,
            r#"{"window":{"from":"21:00","to":"06:00","outside":"skip","timezone":"Europe/Berlin"}}"#,
            r#"{"expires_after":"PT1H"}"#,
        ];
        for written in all {
            let schedule: Schedule = serde_json::from_str(written).unwrap();
            let rule = schedule.leaving().unwrap().unwrap();
            // The rule of a recurring one is kept beside.
            let kept = Schedule {
                timezone: schedule.timezone.clone().filter(|_| schedule.recurs()),
                cron: schedule.cron.clone(),
                rrule: schedule.rrule.clone(),
                ..Schedule::default()
            };
            let again = shown(&rule, kept);
            assert_eq!(again.leaving().unwrap().unwrap(), rule, "{written}");
            assert_eq!(rule.past == Past::SendNow, written.contains("send_now"));
        }
    }
}
