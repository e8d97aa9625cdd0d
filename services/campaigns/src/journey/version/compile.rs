//! From the definition to what runs stand on.

mod steps;

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveTime;
use chrono_tz::Tz;

use super::{
    CompileError, Contest, Exit, Goal, Hours, Kind, Reentry, Replan, Start, Step, Version,
};
use crate::journey::expression::Compiled;
use crate::journey::model::{self, Definition, Trigger};
use crate::schedule::{window, zone};

/// A day: how long a text may keep trying where it does not say.
const VALID_FOR_SECONDS: i64 = 86_400;
/// How long one try of a call may take where it does not say.
const CALL_SECONDS: i64 = 10;

/// What runs of an appointment hear of it in any case.
const OF_APPOINTMENTS: &[&str] = &[
    "confirmed",
    "reschedule_requested",
    "cancel_requested",
    "completed",
    "no_show",
    "updated",
    // It may be somebody else's from then on.
    "rescheduled",
];

type Done<T> = Result<T, CompileError>;

#[derive(Default)]
struct Compiler {
    steps: Vec<Step>,
    listens: BTreeSet<String>,
    remembers: BTreeSet<String>,
    contact_fields: BTreeSet<String>,
    replies: bool,
    contests: Vec<Contest>,
    hours: Option<Hours>,
}

pub fn compile(definition: &Definition) -> Done<Version> {
    let mut compiler = Compiler {
        hours: definition.window.as_ref().map(hours).transpose()?,
        ..Compiler::default()
    };
    let first = compiler.sequence(&definition.steps, None, false)?;
    let trigger = match &definition.trigger {
        Trigger::Event {
            event,
            condition,
            key,
            duplicate,
        } => Start::Event {
            event: event.clone(),
            condition: compiler.maybe(condition.as_deref())?.map(Box::new),
            key: compiler.maybe(key.as_deref())?.map(Box::new),
            duplicate: *duplicate,
        },
        // Which segment it is, is a condition on the event that tells of it.
        Trigger::Segment { segment, .. } => {
            let quoted = serde_json::to_string(segment).unwrap_or_default();
            Start::Event {
                event: super::starts_with(definition).unwrap_or_default(),
                condition: Some(Box::new(
                    compiler.expression(&format!("event.segment == {quoted}"))?,
                )),
                key: None,
                duplicate: model::Duplicate::Ignore,
            }
        }
        Trigger::Schedule { schedule, audience } => Start::Schedule {
            slots: Box::new(
                crate::journey::cron::recurring(schedule).map_err(CompileError::Schedule)?,
            ),
            each_clock: crate::journey::cron::each_clock(schedule),
            late: crate::journey::cron::late(schedule),
            audience: audience.clone(),
        },
    };
    if let Start::Event { event, .. } = &trigger
        && event.starts_with("appointment.")
    {
        let told = OF_APPOINTMENTS
            .iter()
            .map(|name| format!("appointment.{name}"));
        compiler.listens.extend(told);
    }
    let (entry_if, reentry, max_active) = compiler.entry(definition.entry.as_ref())?;
    let exits = definition
        .exit
        .iter()
        .map(|exit| compiler.exit(exit))
        .collect::<Done<_>>()?;
    let replan = definition
        .replan
        .as_ref()
        .map(|replan| compiler.replan(replan))
        .transpose()?;
    let goal = definition
        .goal
        .as_ref()
        .map(|goal| compiler.goal(goal))
        .transpose()?;
    let by_id = compiler
        .steps
        .iter()
        .enumerate()
        .map(|(at, step)| (step.id.clone(), at))
        .collect::<HashMap<_, _>>();
    let limits = definition.limits.clone().unwrap_or_default();
    Ok(Version {
        name: definition.name.clone(),
        purpose: definition.purpose,
        trigger,
        entry_if,
        reentry,
        max_active,
        exits,
        replan,
        limits: limits
            .per_contact
            .iter()
            .map(|limit| (limit.max, limit.per))
            .collect(),
        min_gap: limits.min_gap,
        goal,
        zone: definition
            .timezone
            .as_deref()
            .map_or(Ok(Tz::UTC), zone_of)?,
        steps: compiler.steps,
        first,
        by_id,
        listens: compiler.listens,
        remembers: compiler.remembers,
        replies: compiler.replies,
        contact_fields: compiler.contact_fields,
        contests: compiler.contests,
    })
}

impl Compiler {
    fn expression(&mut self, source: &str) -> Done<Compiled> {
        let compiled = Compiled::new(source)?;
        let happenings = compiled.happenings();
        self.listens.extend(happenings.iter().cloned());
        self.remembers.extend(happenings);
        self.contact_fields.extend(compiled.fields_of("contact"));
        Ok(compiled)
    }

    fn maybe(&mut self, source: Option<&str>) -> Done<Option<Compiled>> {
        source.map(|source| self.expression(source)).transpose()
    }

    fn entry(
        &mut self,
        entry: Option<&model::Entry>,
    ) -> Done<(Option<Compiled>, Reentry, Option<u32>)> {
        let Some(entry) = entry else {
            return Ok((None, Reentry::Always, None));
        };
        let reentry = match entry.reentry.as_deref() {
            None | Some("always") => Reentry::Always,
            Some("never") => Reentry::Never,
            Some(length) => length.parse().map_or(Reentry::Never, Reentry::After),
        };
        Ok((
            self.maybe(entry.condition.as_deref())?,
            reentry,
            entry.max_active_per_contact,
        ))
    }

    fn exit(&mut self, exit: &model::Exit) -> Done<Exit> {
        self.listens.extend(exit.event.iter().cloned());
        Ok(Exit {
            event: exit.event.clone(),
            condition: self.maybe(exit.condition.as_deref())?,
            after: exit.after,
            how: exit.how,
        })
    }

    fn replan(&mut self, replan: &model::Replan) -> Done<Replan> {
        self.listens.insert(replan.event.clone());
        let notice = match &replan.notice {
            None => None,
            Some(send) => {
                let kind = Kind::Send(self.send(send)?);
                // No step of an author can have this id.
                Some(self.push(Step {
                    id: "_notice".to_string(),
                    guard: None,
                    next: None,
                    answer: true,
                    kind,
                }))
            }
        };
        Ok(Replan {
            event: replan.event.clone(),
            reset: replan
                .reset
                .iter()
                .map(|name| name.trim_start_matches("appointment.").to_string())
                .collect(),
            notice,
            notice_if: replan.notice_if,
        })
    }

    fn goal(&mut self, goal: &model::Goal) -> Done<Goal> {
        self.listens.insert(goal.event.clone());
        Ok(Goal {
            event: goal.event.clone(),
            condition: self.maybe(goal.condition.as_deref())?,
            within: goal.within,
            value: self.maybe(goal.value.as_deref())?,
        })
    }
}

fn zone_of(name: &str) -> Done<Tz> {
    zone::parse(name).map_err(|_| CompileError::Zone(name.to_string()))
}

fn own_zone(name: Option<&str>) -> Done<Option<Tz>> {
    name.filter(|name| *name != "contact")
        .map(zone_of)
        .transpose()
}

fn hours(written: &model::Hours) -> Done<Hours> {
    let earlier_at = written.earlier_at.as_deref().and_then(window::read_time);
    Ok(Hours {
        window: written.window().map_err(CompileError::Window)?,
        zone: own_zone(written.timezone.as_deref())?,
        outside: written.outside,
        earlier_at: earlier_at.and_then(|minutes| {
            NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minutes) * 60, 0)
        }),
    })
}
