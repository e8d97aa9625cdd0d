//! A campaign that starts once: at an instant, or at a time on the clocks of a zone.

use chrono::{DateTime, Duration, Utc};

use super::{At, Checked, Fault, LOCAL_FORM, LocalTime, Schedule, local_time};
use crate::schedule::Planned;
use crate::schedule::zone::{self, Fit};

/// A start that lies no longer back than this is now.
const JUST_NOW: Duration = Duration::seconds(60);

impl Schedule {
    pub(super) fn once(&self, at: &At, now: DateTime<Utc>) -> Result<Checked, Vec<Fault>> {
        let mut faults = Vec::new();
        self.strays(&mut faults);
        let own_zone = match at {
            // The zone is the window's.
            At::Instant(_) => self.window.is_none(),
            At::Local(local) => local.timezone.is_some(),
        };
        if own_zone && self.timezone.is_some() {
            let detail = "`at` is an instant, or names its zone itself; leave one of the two out.";
            faults.push(("/schedule/timezone", "field.invalid", detail.to_string()));
        }
        let read = match at {
            At::Instant(text) => instant(text)
                .map(|at| (at, None))
                .map_err(|fault| vec![fault]),
            At::Local(local) => local
                .check(self.timezone.as_deref())
                .map(|(at, planned)| (at, Some(planned))),
        };
        match read {
            Ok((at, planned)) if faults.is_empty() => match in_past(at, now) {
                Some(fault) => Err(vec![fault]),
                None => Ok(Checked {
                    at: Some(at.into()),
                    planned,
                    local_time: None,
                }),
            },
            Ok(_) => Err(faults),
            Err(more) => {
                faults.extend(more);
                Err(faults)
            }
        }
    }
}

impl LocalTime {
    /// `zone`: of the schedule, where the time names none itself.
    fn check(&self, zone: Option<&str>) -> Result<(DateTime<Utc>, Planned), Vec<Fault>> {
        let mut faults = Vec::new();
        let local = local_time(&self.local);
        if local.is_none() {
            faults.push((
                "/schedule/at/local",
                "time.malformed",
                LOCAL_FORM.to_string(),
            ));
        }
        let (pointer, name) = match (&self.timezone, zone) {
            (None, Some(name)) => ("/schedule/timezone", Some(name)),
            (own, _) => ("/schedule/at/timezone", own.as_deref()),
        };
        let Some(name) = name else {
            let detail = "Say in which zone the time is meant, such as America/New_York, or `contact` in the schedule's \
                          `timezone`.";
            faults.push((pointer, "field.required", detail.to_string()));
            return Err(faults);
        };
        let zone = zone::parse(name);
        if let Err(unknown) = &zone {
            faults.push((pointer, zone::UNKNOWN, unknown.to_string()));
        }
        let compatible = match self.resolve.as_deref() {
            None => false,
            Some("compatible") => true,
            Some(_) => {
                let detail = "`resolve` is `compatible`, or left out.";
                faults.push(("/schedule/at/resolve", "field.invalid", detail.to_string()));
                false
            }
        };
        let (Some(local), Ok(zone), true) = (local, zone, faults.is_empty()) else {
            return Err(faults);
        };
        let resolved = zone::resolve(local, zone);
        if let (Fit::Never { instead }, false) = (resolved.fit, compatible) {
            let detail = format!(
                "The clocks of {} skip {}. Write {}, or add \"resolve\": \"compatible\".",
                zone.name(),
                local.format("%Y-%m-%dT%H:%M"),
                instead.format("%Y-%m-%dT%H:%M")
            );
            return Err(vec![("/schedule/at/local", "time.nonexistent", detail)]);
        }
        let planned = Planned::Local {
            local,
            timezone: zone.name().to_string(),
            zone_data: zone::DATA_VERSION.to_string(),
        };
        Ok((resolved.at, planned))
    }
}

/// 422 at the launch too: a draft may have waited past its time.
pub fn in_past(at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Fault> {
    (at < now - JUST_NOW).then(|| {
        let detail = format!("{} is past.", at.format("%Y-%m-%dT%H:%M:%SZ"));
        ("/schedule/at", "schedule.in_past", detail)
    })
}

fn instant(text: &str) -> Result<DateTime<Utc>, Fault> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .map_err(|_| {
            let detail = "Write an instant with its offset, as in 2026-12-01T14:00:00Z, or an object with `local` and \
                          `timezone`.";
            ("/schedule/at", "time.malformed", detail.to_string())
        })
}
