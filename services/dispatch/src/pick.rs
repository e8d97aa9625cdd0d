//! Which of a leg's carriers takes a piece now.

use std::time::Duration;

use contract::dispatch::Passed;
use futures::FutureExt;
use futures::future::select_all;

use crate::link_health::Passing;
use crate::links::{Link, Links};
use crate::route::choose::{Health, WhyNot};
use crate::routing::plan::Plan;

/// How long a carrier that is not known to be down may take to be ready before the next one is asked.
const GRACE: Duration = Duration::from_millis(250);
/// How often those are looked at again whose breakers are open.
const AGAIN: Duration = Duration::from_millis(50);

/// A carrier that takes texts now.
#[derive(Debug)]
pub struct Picked<'l> {
    /// Index of the candidate in its plan.
    pub at: usize,
    pub link: &'l Link,
    pub passing: Passing<'l>,
    /// Candidates that were gone around just now.
    pub passed: Vec<Passed>,
}

/// Waits until one of the plan's carriers can be handed texts: the first that is ready and whose breaker lets
/// something pass. `at_once`: somebody waits for the text, so an open breaker does not hold it up.
pub async fn pick<'l>(links: &'l Links, plan: &Plan, at_once: bool) -> Picked<'l> {
    loop {
        let mut passed = Vec::new();
        let alone = plan.candidates.len() == 1;
        for (at, candidate) in plan.candidates.iter().enumerate() {
            let Some(link) = links.get(candidate.link) else {
                continue;
            };
            if alone {
                link.provider.ready().await;
            }
            let why = if !alone && !ready_soon(link, GRACE).await {
                WhyNot::LinkDown
            } else if let Some(passing) = link.health.pass() {
                return Picked {
                    at,
                    link,
                    passing,
                    passed,
                };
            } else {
                WhyNot::CircuitOpen
            };
            passed.push(Passed {
                route: candidate.route.to_string(),
                why: why.as_str().to_string(),
                tried: false,
            });
        }
        if at_once && let Some(picked) = anyway(links, plan) {
            return picked;
        }
        let waits = plan
            .candidates
            .iter()
            .filter_map(|candidate| links.get(candidate.link))
            .filter(|link| link.health() == Health::LinkDown)
            .map(|link| link.provider.ready());
        let waits: Vec<_> = waits.collect();
        if waits.is_empty() {
            tokio::time::sleep(AGAIN).await;
        } else {
            let _ready_or_time = tokio::time::timeout(AGAIN, select_all(waits)).await;
        }
    }
}

/// Another carrier of the plan that takes texts at once, for what those in `tried` did not take.
pub fn another<'l>(links: &'l Links, plan: &Plan, tried: &[usize]) -> Option<Picked<'l>> {
    let untried = (0..plan.candidates.len()).filter(|at| !tried.contains(at));
    untried.into_iter().find_map(|at| {
        let link = links.get(plan.candidates[at].link)?;
        link.provider.ready().now_or_never()?;
        let passing = link.health.pass()?;
        Some(Picked {
            at,
            link,
            passing,
            passed: Vec::new(),
        })
    })
}

/// The first that is ready, whatever its breaker says.
fn anyway<'l>(links: &'l Links, plan: &Plan) -> Option<Picked<'l>> {
    plan.candidates
        .iter()
        .enumerate()
        .find_map(|(at, candidate)| {
            let link = links.get(candidate.link)?;
            link.provider.ready().now_or_never()?;
            Some(Picked {
                at,
                link,
                passing: link.health.pass_anyway(),
                passed: Vec::new(),
            })
        })
}

async fn ready_soon(link: &Link, grace: Duration) -> bool {
    if link.provider.ready().now_or_never().is_some() {
        return true;
    }
    link.may_be_ready_soon()
        && tokio::time::timeout(grace, link.provider.ready())
            .await
            .is_ok()
}
