//! Calls of webhooks: made outside of any transaction, each until it is answered or given up; the answer is an input
//! of the run.

use std::collections::BTreeMap;
use std::time::Duration;

use channels::call::{Call, Called, Caller, Secret};
use contract::{TenantId, UnixMillis};

use super::aside;
use super::outcomes::name_of_call;
use crate::app::App;
use crate::db;
use crate::db::journey_call::{self, Key, Request};
use crate::db::journey_input::{Body, NewInput};
use crate::journey::run::{Answer, kept};

/// Tries of one call.
const MOST_TRIES: u32 = 6;
/// Before the second try; four times as long before each that follows: about an hour together.
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// What is done after a try.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    Tell(Answer),
    Again(Duration),
}

/// Judges a try. What the other end could not do now it may do later: 5xx, 408, 425, 429, no answer. All other answers
/// are final; a redirect is one that refuses.
pub fn judge(called: &Called, number: u32, tries: u32) -> Next {
    let (status, body) = match called {
        Called::Answered { status, body } => (Some(*status), body.as_deref()),
        Called::Refused(_) | Called::Failed(_) => (None, None),
    };
    let ok = status.is_some_and(|status| (200..300).contains(&status));
    let later = match (called, status) {
        (Called::Refused(_), _) => false,
        (_, None) => true,
        (_, Some(status)) => status >= 500 || matches!(status, 408 | 425 | 429),
    };
    if later && tries < MOST_TRIES {
        return Next::Again(FIRST_WAIT * 4_u32.saturating_pow(tries.saturating_sub(1)));
    }
    Next::Tell(Answer {
        number,
        ok,
        status,
        body: kept(body.filter(|_| ok)),
    })
}

/// Makes one try of a call, and notes what follows from it.
pub async fn make(app: &App, caller: &Caller, call: &journey_call::Call) -> anyhow::Result<()> {
    let (read, engine, run) = (app.cx.db.read(), app.cx.db.engine(), call.key.run);
    let places = db::journey_run::places(read, engine, &[run], &[], app.cx.clock.millis()).await?;
    if !places.iter().any(|place| place.live) {
        // Nobody waits for it any more.
        return settle(app, call, judge(&Called::Refused("ended"), 0, 0)).await;
    }
    let secret = db::journey::webhook_secret(app.cx.db.read(), call.journey).await?;
    let secret: Option<Secret> = secret.and_then(|text| text.parse().ok());
    let now = app.cx.clock.now();
    let written = written(
        call.key,
        &call.step,
        &call.request,
        secret.as_ref(),
        now.timestamp(),
    );
    let called = caller.call(&written).await;
    let label = match &called {
        Called::Answered { status, .. } => match status / 100 {
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            5 => "5xx",
            _ => "other",
        },
        Called::Refused(_) => "refused",
        Called::Failed(_) => "failed",
    };
    metrics::counter!("campaigns_journey_calls_total", "answer" => label).increment(1);
    if let Called::Refused(why) | Called::Failed(why) = &called {
        tracing::debug!(run = %call.key.run, step = call.step, why, "a webhook was not reached");
    }
    settle(app, call, judge(&called, call.key.number, call.attempts)).await
}

async fn settle(app: &App, call: &journey_call::Call, next: Next) -> anyhow::Result<()> {
    let (engine, now, key) = (app.cx.db.engine(), app.cx.clock.millis(), call.key);
    match next {
        Next::Again(wait) => {
            let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            let at = UnixMillis(now.0.saturating_add(wait));
            let write = app.cx.db.write(move |tx| {
                Box::pin(async move { db::journey_call::again(tx, key, at).await })
            });
            write.await?;
        }
        Next::Tell(answer) => {
            let input = told(call.tenant, key, answer);
            let write = app.cx.db.write(move |tx| {
                Box::pin(async move {
                    // Of two tries at once the first answer counts.
                    if db::journey_call::remove(tx, key).await? {
                        db::journey_input::insert(tx, engine, &[input]).await?;
                    }
                    Ok(())
                })
            });
            write.await?;
        }
    }
    app.journeys_rung.notify_one();
    Ok(())
}

/// The answer, as the run is told.
fn told(tenant: TenantId, key: Key, answer: Answer) -> NewInput {
    NewInput {
        tenant,
        // The run has its own.
        mode: contract::Mode::Live,
        contact: None,
        run: Some(key.run),
        held_by: None,
        body: Body::Called {
            epoch: key.epoch,
            answer,
        },
        hops: 0,
    }
}

/// Takes calls that are due, so many of each tenant. What cannot be read is set aside, and its run hears that there was
/// no answer.
pub async fn take(
    app: &App,
    shares: BTreeMap<TenantId, usize>,
    lost_after_ms: i64,
) -> anyhow::Result<Vec<journey_call::Call>> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let until = (now, UnixMillis(now.0 + lost_after_ms));
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let mut taken = journey_call::Taken::default();
            for (tenant, many) in shares {
                let some = journey_call::take(tx, engine, tenant, many, until).await?;
                taken.calls.extend(some.calls);
                taken.unread.extend(some.unread);
            }
            let unread = taken.unread.iter();
            let inputs: Vec<NewInput> = unread
                .map(|(tenant, key)| told(*tenant, *key, Answer::none(key.number)))
                .collect();
            db::journey_input::insert(tx, engine, &inputs).await?;
            Ok(taken)
        })
    });
    let taken = write.await?;
    if !taken.unread.is_empty() {
        aside::tell("call", &taken.unread);
        app.journeys_rung.notify_one();
    }
    Ok(taken.calls)
}

/// A call as it goes out: every try has the same `Idempotency-Key`, and is signed where there is a secret.
fn written(key: Key, step: &str, request: &Request, secret: Option<&Secret>, at: i64) -> Call {
    let id = name_of_call(key, step);
    let body = request
        .body
        .as_ref()
        .map_or_else(Vec::new, |body| body.to_string().into_bytes());
    let mut headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut add = |name: &str, value: String| headers.push((name.to_string(), value));
    if request.body.is_some() {
        add("content-type", "application/json".to_string());
    }
    if let Some(secret) = secret {
        add("webhook-signature", secret.sign(&id, at, &body));
    }
    add("webhook-id", id.clone());
    add("webhook-timestamp", at.to_string());
    add("idempotency-key", id);
    let patience = u64::try_from(request.timeout_ms).unwrap_or(0);
    Call {
        url: request.url.clone(),
        method: request.method.clone(),
        headers,
        body: body.into(),
        patience: Duration::from_millis(patience),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &'static str) -> Called {
        Called::Answered {
            status,
            body: Some(body.as_bytes().into()),
        }
    }

    #[test]
    fn what_may_go_better_later_is_tried_again_a_few_times_and_longer_apart() {
        for called in [
            answered(500, ""),
            answered(503, ""),
            answered(429, ""),
            Called::Failed("no answer"),
        ] {
            let waits: Vec<u64> = (1..MOST_TRIES)
                .map(|tries| match judge(&called, 7, tries) {
                    Next::Again(wait) => wait.as_secs(),
                    Next::Tell(_) => 0,
                })
                .collect();
            assert_eq!(waits, [10, 40, 160, 640, 2560]);
            let last = judge(&called, 7, MOST_TRIES);
            assert!(matches!(
                last,
                Next::Tell(Answer {
                    ok: false,
                    number: 7,
                    ..
                })
            ));
        }
    }

    #[test]
    fn an_answer_is_final_and_small_json_is_kept() {
        let Next::Tell(answer) = judge(&answered(200, r#"{"tier": "gold"}"#), 1, 1) else {
            unreachable!()
        };
        assert!(answer.ok && answer.body["tier"] == "gold" && answer.status == Some(200));
        for (called, status) in [
            (answered(404, "{}"), Some(404)),
            (answered(302, ""), Some(302)),
            (Called::Refused("private"), None),
        ] {
            let Next::Tell(answer) = judge(&called, 1, 1) else {
                unreachable!()
            };
            assert!(!answer.ok && answer.body.is_null());
            assert_eq!(answer.status, status);
        }
    }
}
