//! Calls of other systems: asked for, waited for, answered.

use serde_json::{Value, json};

use super::machine::{Flow, Machine, Tried};
use super::state::{Answer, Effect, Waiting};
use crate::journey::bounds;
use crate::journey::version::{Kind, Step, Webhook};

impl Machine<'_> {
    pub fn call(&mut self, fiber: u32, step: &Step, hook: &Webhook) -> Tried<Flow> {
        let data = self.with_scopes(None, |scopes| hook.body.value(scopes))?;
        let headers = self.with_scopes(None, |scopes| hook.headers.value(scopes))?;
        let headers = headers
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), super::sending::words(value)))
            .collect();
        let number = self.number();
        self.note(&step.id, "calls a webhook");
        self.effects.push(Effect::Webhook {
            number,
            url: hook.url.clone(),
            method: hook.method,
            headers,
            step: step.id.clone(),
            data,
            timeout_ms: hook.timeout.nominal().num_milliseconds(),
        });
        // A strand waits for one answer: the one to what it asked last.
        self.run.calls.retain(|_, waiting| *waiting != fiber);
        self.run.calls.insert(number, fiber);
        Ok(Flow::Block(Waiting::Answer))
    }

    pub fn called(&mut self, answer: &Answer) {
        let Some(id) = self.run.calls.remove(&answer.number) else {
            return;
        };
        let waiting = self
            .run
            .fibers
            .iter()
            .find(|fiber| fiber.id == id && fiber.waiting == Waiting::Answer)
            .cloned();
        let Some(fiber) = waiting else { return };
        let version = self.set.version;
        let Some(step) = version.find(&fiber.step).map(|at| &version.steps[at]) else {
            return;
        };
        let Kind::Webhook(hook) = &step.kind else {
            return;
        };
        let mut body = answer.body.clone();
        crate::journey::expression::normalise(&mut body);
        let told = json!({"ok": answer.ok, "status": answer.status, "body": body});
        self.run.called.insert(step.id.clone(), told);
        let what = match (answer.ok, answer.status) {
            (true, _) => "the webhook answered".to_string(),
            (false, Some(status)) => format!("the webhook refused with {status}"),
            (false, None) => "the webhook did not answer".to_string(),
        };
        self.note(&step.id, what);
        self.go(id, if answer.ok { step.next } else { hook.on_error });
    }
}

/// An answer's body as runs keep it: small and shallow JSON, or nothing.
pub fn kept(body: Option<&[u8]>) -> Value {
    body.filter(|bytes| bytes.len() <= MOST_BODY)
        .and_then(|bytes| serde_json::from_slice(bytes).ok())
        .filter(|body| bounds::levels(body) <= bounds::MOST_LEVELS)
        .unwrap_or(Value::Null)
}

/// Bytes of an answer that a run keeps.
pub const MOST_BODY: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_nested_too_deep_is_not_kept() {
        let of = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(kept(Some(of(bounds::MOST_LEVELS).as_bytes())).is_array());
        assert!(kept(Some(of(bounds::MOST_LEVELS + 1).as_bytes())).is_null());
    }
}
