//! From steps to the table of steps.

use std::collections::BTreeMap;

use chrono::Weekday;
use serde_json::Value;

use super::{CALL_SECONDS, Compiler, Done, VALID_FOR_SECONDS, hours, own_zone};
use crate::journey::expression::inner;
use crate::journey::model::{self, StepKind};
use crate::journey::rules::normalised;
use crate::journey::version::{At, Await, Computed, Contest, Kind, Send, Step, Wait, Webhook};
use crate::schedule::{IsoDuration, window};

impl Compiler {
    pub(super) fn push(&mut self, step: Step) -> At {
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// Compiles from the last step to the first, so that each knows what follows. Where there are no steps, what
    /// comes after them comes at once.
    pub(super) fn sequence(
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

    pub(super) fn send(&mut self, send: &model::Send) -> Done<Send> {
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

    pub(super) fn computed(&mut self, value: &Value) -> Done<Computed> {
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
