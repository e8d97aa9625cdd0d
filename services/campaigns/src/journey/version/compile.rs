//! From the definition to the table of steps.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use serde_json::Value;

use super::{
    At, Await, CompileError, Computed, Contest, Exit, Goal, Hours, Kind, Reentry, Replan, Send,
    Start, Step, Version, Wait, Webhook,
};
use crate::journey::expression::{Compiled, inner};
use crate::journey::model::{self, Definition, StepKind, Trigger};
use crate::journey::rules::normalised;
use crate::schedule::{IsoDuration, window, zone};

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

    fn push(&mut self, step: Step) -> At {
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// Compiles from the last step to the first, so that each knows what follows. Where there are no steps, what
    /// comes after them comes at once.
    fn sequence(
        &mut self,
        steps: &[model::Step],
        after: Option<At>,
        answer: bool,
    ) -> Done<Option<At>> {
        let mut next = after;
        for step in steps.iter().rev() {
            let kind = self.kind(&step.kind, next, answer)?;
            self.note_contest(step);
            let guard = self.maybe(step.condition.as_deref())?;
            next = Some(self.push(Step {
                id: step.id.clone(),
                guard,
                next,
                answer,
                kind,
            }));
        }
        Ok(next)
    }

    fn note_contest(&mut self, step: &model::Step) {
        let StepKind::Split(split) = &step.kind else {
            return;
        };
        let acting = split.variants.iter().filter(|one| !one.steps.is_empty());
        if let Some(winner) = &split.winner {
            self.contests.push(Contest {
                step: step.id.clone(),
                rivals: acting.map(|variant| variant.name.clone()).collect(),
                after: winner.after,
                min_sample: winner.min_sample,
            });
        }
    }

    fn kind(&mut self, kind: &StepKind, next: Option<At>, answer: bool) -> Done<Kind> {
        Ok(match kind {
            StepKind::Send(send) => Kind::Send(self.send(send)?),
            StepKind::Wait(wait) => Kind::Wait(self.wait(wait)?),
            StepKind::Await(waiting) => Kind::Await(self.waiting(waiting, next, answer)?),
            StepKind::Branch(ways) => {
                let mut compiled = Vec::with_capacity(ways.len());
                for way in ways {
                    let condition = self.maybe(way.condition.as_deref())?;
                    compiled.push((condition, self.sequence(&way.steps, next, answer)?));
                }
                Kind::Branch(compiled)
            }
            StepKind::Split(split) => {
                let mut variants = Vec::with_capacity(split.variants.len());
                for variant in &split.variants {
                    variants.push((
                        variant.name.clone(),
                        variant.weight,
                        self.sequence(&variant.steps, next, answer)?,
                    ));
                }
                Kind::Split(variants)
            }
            StepKind::Update(values) => {
                // What a word is added to must be known.
                if values.contains_key("contact.tags") {
                    self.contact_fields.insert("tags".to_string());
                }
                let values = values
                    .iter()
                    .map(|(target, value)| Ok((target.clone(), self.computed(value)?)));
                Kind::Update(values.collect::<Done<_>>()?)
            }
            StepKind::Emit(emit) => Kind::Emit(
                emit.clone(),
                self.computed(&Value::Object(emit.data.clone()))?,
            ),
            StepKind::Webhook(hook) => Kind::Webhook(Box::new(self.webhook(hook, next, answer)?)),
            StepKind::Stop(stop) => Kind::Stop(*stop),
        })
    }

    fn send(&mut self, send: &model::Send) -> Done<Send> {
        let day = IsoDuration::of_seconds(VALID_FOR_SECONDS).unwrap_or(IsoDuration::ZERO);
        let fallback = send.fallback.as_ref();
        let when = fallback.and_then(|fallback| fallback.when.clone());
        let own = send.window.as_ref().map(hours).transpose()?;
        Ok(Send {
            template: send.template.clone(),
            channels: send
                .channels
                .clone()
                .unwrap_or_else(|| vec!["sms".to_string()]),
            sender: send.sender.clone(),
            valid_for: send.valid_for.unwrap_or(day),
            fallback: when
                .unwrap_or_else(|| vec!["no_consent".into(), "not_capable".into()])
                .into_iter()
                .collect(),
            no_receipt_after: fallback.and_then(|fallback| fallback.no_receipt_after),
            hours: own.or_else(|| self.hours.clone()),
            late: send.late,
            min_lead: send.min_lead,
            vars: self.computed(&Value::Object(send.vars.clone()))?,
        })
    }

    fn webhook(&mut self, hook: &model::Webhook, next: Option<At>, answer: bool) -> Done<Webhook> {
        let usual = IsoDuration::of_seconds(CALL_SECONDS).unwrap_or(IsoDuration::ZERO);
        Ok(Webhook {
            url: hook.url.clone(),
            method: hook.method,
            headers: self.computed(&Value::Object(hook.headers.clone()))?,
            body: self.computed(&Value::Object(hook.body.clone()))?,
            timeout: hook.timeout.unwrap_or(usual),
            on_error: self.sequence(&hook.on_error, next, answer)?,
        })
    }

    fn wait(&mut self, wait: &model::Wait) -> Done<Wait> {
        Ok(Wait {
            length: wait.length,
            until: self.maybe(wait.until.as_deref())?,
            offset: wait.offset.unwrap_or(IsoDuration::ZERO),
            at: wait.at.as_deref().and_then(window::read_time),
            days: wait
                .days
                .iter()
                .flatten()
                .filter_map(|day| day.parse::<Weekday>().ok())
                .collect(),
            zone: own_zone(wait.timezone.as_deref())?,
            past: wait.past,
        })
    }

    fn waiting(&mut self, waiting: &model::Await, next: Option<At>, answer: bool) -> Done<Await> {
        self.listens.extend(waiting.event.iter().cloned());
        self.replies |= !waiting.replies.is_empty();
        // What a listener in the background starts goes beside the run and leads nowhere.
        let after = if waiting.background { None } else { next };
        let mut replies = Vec::with_capacity(waiting.replies.len());
        for (name, reply) in &waiting.replies {
            let words = reply.words.iter().map(|word| normalised(word)).collect();
            replies.push((
                words,
                name.clone(),
                self.sequence(&reply.steps, after, true)?,
            ));
        }
        Ok(Await {
            event: waiting.event.clone(),
            condition: self.maybe(waiting.condition.as_deref())?,
            then: self.sequence(&waiting.then, after, answer)?,
            replies,
            other: if waiting.other.is_empty() {
                None
            } else {
                self.sequence(&waiting.other, after, true)?
            },
            timeout: waiting.timeout,
            until: self.maybe(waiting.until.as_deref())?,
            background: waiting.background,
            on_timeout: self.sequence(&waiting.on_timeout, after, answer)?,
        })
    }

    fn computed(&mut self, value: &Value) -> Done<Computed> {
        Ok(match value {
            Value::String(text) => match inner(text) {
                Some(source) => Computed::Expression(self.expression(source)?),
                None => Computed::Plain(value.clone()),
            },
            Value::Array(items) => Computed::List(
                items
                    .iter()
                    .map(|item| self.computed(item))
                    .collect::<Done<_>>()?,
            ),
            Value::Object(fields) => {
                let mut compiled = BTreeMap::new();
                for (name, field) in fields {
                    compiled.insert(name.clone(), self.computed(field)?);
                }
                Computed::Fields(compiled)
            }
            plain => Computed::Plain(plain.clone()),
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
