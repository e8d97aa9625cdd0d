//! When a wait is over.

use chrono::{DateTime, Datelike, Days, Duration, NaiveTime, Utc};
use chrono_tz::Tz;

use super::GRACE_MS;
use super::machine::{Flow, Machine, Tried};
use super::scope::instant;
use super::state::Waiting;
use crate::journey::expression::timestamp;
use crate::journey::model::{Outside, Past};
use crate::journey::version::{Hours, Kind, Send, Step, Wait};
use crate::schedule::zone;

impl Machine<'_> {
    pub fn wait(&mut self, step: &Step, wait: &Wait) -> Tried<Flow> {
        let now = instant(self.run.clock);
        let target = match (&wait.length, &wait.until) {
            (Some(length), _) => {
                length.from_instant(now, wait.zone.unwrap_or_else(|| self.contact_zone()))
            }
            (None, Some(until)) => {
                let moment = self.moment(until)?;
                let zone = wait
                    .zone
                    .or_else(|| self.appointment_zone())
                    .unwrap_or_else(|| self.contact_zone());
                let target = wait.offset.from_instant(moment, zone);
                wait.at
                    .map_or(target, |minutes| on_day(target, minutes, zone))
            }
            (None, None) => self.next_time(now, wait),
        };
        let target = self.moved_into_window(step, target);
        let gone_by = self.run.clock - target.timestamp_millis();
        if gone_by <= 0 {
            self.note(&step.id, format!("waits until {}", timestamp(target)));
            return Ok(Flow::Block(Waiting::Time(target.timestamp_millis())));
        }
        if gone_by <= GRACE_MS || wait.past == Past::Continue {
            self.note(&step.id, "goes on: its time has gone by");
            return Ok(Flow::Next(step.next));
        }
        let Some(next) = step.next else {
            return Ok(Flow::Next(None));
        };
        let next = &self.set.version.steps[next];
        self.note(&step.id, "its time has gone by");
        self.note(&next.id, "passed over: too late");
        Ok(Flow::Next(next.next))
    }

    /// The next instant at which the clock shows the time of day.
    fn next_time(&self, now: DateTime<Utc>, wait: &Wait) -> DateTime<Utc> {
        let zone = wait.zone.unwrap_or_else(|| self.contact_zone());
        let mut day = zone::local(now, zone).date();
        // A week holds every day of the week; one more for a time that has gone by today.
        for _ in 0..9 {
            let target = zone::instant(day.and_time(time(wait.at.unwrap_or(0))), zone);
            let allowed = wait.days.is_empty() || wait.days.contains(&day.weekday());
            if allowed && target > now {
                return target;
            }
            day = day.checked_add_days(Days::new(1)).unwrap_or(day);
        }
        now
    }

    /// Where the next step is a text whose window is closed then, the wait may end earlier instead.
    fn moved_into_window(&self, step: &Step, target: DateTime<Utc>) -> DateTime<Utc> {
        let Some(next) = step.next.map(|next| &self.set.version.steps[next]) else {
            return target;
        };
        match &next.kind {
            Kind::Send(send) if !next.answer => self.sending_time(send, target),
            _ => target,
        }
    }

    fn sending_time(&self, send: &Send, target: DateTime<Utc>) -> DateTime<Utc> {
        let Some(hours) = &send.hours else {
            return target;
        };
        let zone = hours.zone.unwrap_or_else(|| self.contact_zone());
        if hours.window.contains(target, zone) {
            return target;
        }
        let earlier = |hours: &Hours| {
            hours
                .window
                .last_allowed_before(target, zone, hours.earlier_at)
        };
        match hours.outside {
            Outside::Earlier => earlier(hours),
            Outside::Later if self.too_near(send, hours.window.next_allowed(target, zone)) => {
                earlier(hours)
            }
            Outside::Later | Outside::Skip => target,
        }
    }

    /// The appointment is nearer than the text's least lead.
    pub fn too_near(&self, send: &Send, at: DateTime<Utc>) -> bool {
        let (Some(lead), Some(begins)) = (send.min_lead, self.begins()) else {
            return false;
        };
        at + lead.nominal() > begins
    }
}

fn time(minutes: u16) -> NaiveTime {
    NaiveTime::MIN
        .overflowing_add_signed(Duration::minutes(i64::from(minutes)))
        .0
}

fn on_day(at: DateTime<Utc>, minutes: u16, zone: Tz) -> DateTime<Utc> {
    zone::instant(zone::local(at, zone).date().and_time(time(minutes)), zone)
}
