//! Which way the texts of a slot go: texts that share carriers and sender leave together, as a leg.

use std::sync::Arc;

use chassis::Failure;
use contract::chunk::Text;
use contract::dispatch::Passed;

use crate::hand_over::Chunk;
use crate::lanes::{Lane, LaneKey};
use crate::links::Links;
use crate::pools::{self, Senders};
use crate::route::choose::{Choice, choose};
use crate::routing::plan::{Candidate, Plan};
use crate::routing::snapshot::Tenant;
use crate::traffic::Traffic;

/// Carriers in the order in which they are tried, and the sender that texts leave from.
#[derive(Debug)]
pub struct Way {
    /// Index of the link that is tried first.
    pub link: usize,
    pub sender: String,
    pub lane: Arc<Lane>,
    pub plan: Arc<Plan>,
    /// The sender was chosen from a pool.
    pub of_pool: bool,
}

/// Texts that go the same way, in ascending order of position.
#[derive(Debug)]
pub struct Leg {
    pub way: Way,
    pub texts: Vec<Text>,
}

#[derive(Debug)]
pub struct Legs {
    pub legs: Vec<Leg>,
    /// Texts that no carrier takes.
    pub stranded: Vec<Text>,
}

/// Texts that are alike in carriers and sender, before they have a lane.
struct Group {
    choice: Choice,
    sender: String,
    texts: Vec<Text>,
}

/// The legs of a slot's texts.
pub async fn of(chunk: &Chunk<'_>, texts: Vec<Text>) -> Result<Legs, Failure> {
    let (app, head) = (chunk.app, chunk.head);
    let own = app.routing.of(chunk.tenant, head.mode);
    let senders = pools::senders(chunk, own.as_deref(), &texts).await?;
    let (of_pool, nobody) = (
        matches!(senders, Senders::Each(_)),
        matches!(senders, Senders::Nobody),
    );
    let routes = own.as_deref().filter(|own| !own.routes.is_empty());
    let (mut stranded, mut groups) = (Vec::new(), Vec::<Group>::new());
    if nobody {
        stranded = texts;
    } else if routes.is_none() && !of_pool {
        groups.push(Group {
            choice: Choice::default(),
            sender: head.sender.clone(),
            texts,
        });
    } else {
        for (n, text) in texts.into_iter().enumerate() {
            let sender = senders.of(n).unwrap_or(&head.sender);
            let choice = match routes {
                Some(own) => choice(chunk, own, sender, &text),
                None => Choice::default(),
            };
            if routes.is_some() && choice.order.is_empty() {
                stranded.push(text);
                continue;
            }
            let alike = |group: &&mut Group| group.sender == sender && group.choice == choice;
            match groups.iter_mut().find(alike) {
                Some(group) => group.texts.push(text),
                None => groups.push(Group {
                    choice,
                    sender: sender.to_string(),
                    texts: vec![text],
                }),
            }
        }
    }
    let mut legs = Vec::with_capacity(groups.len());
    for Group {
        choice,
        sender,
        mut texts,
    } in groups
    {
        let plan = match routes {
            Some(own) => Some(Arc::new(plan(own, &choice))),
            None => app.routing.plain(head.mode),
        };
        let Some(plan) = plan else {
            stranded.append(&mut texts);
            continue;
        };
        let plan = moved(&app.links, &app.traffic, plan);
        app.senders
            .learn(&app.cx.db, &app.cx.clock, &sender, head.mode, chunk.tenant)
            .await?;
        let lane = app.lanes.lane(LaneKey {
            tenant: chunk.tenant,
            mode: head.mode,
            sender: sender.clone(),
        });
        let way = Way {
            link: plan.first_link(),
            sender,
            lane,
            plan,
            of_pool,
        };
        legs.push(Leg { way, texts });
    }
    stranded.sort_by_key(|text| text.position);
    Ok(Legs { legs, stranded })
}

/// The plan with the carriers that operators moved texts to.
fn moved(links: &Links, traffic: &Traffic, plan: Arc<Plan>) -> Arc<Plan> {
    let to = |candidate: &Candidate| links.moved(candidate.link, traffic);
    if plan.candidates.iter().all(|one| to(one) == one.link) {
        return plan;
    }
    let mut plan = Plan::clone(&plan);
    for candidate in &mut plan.candidates {
        candidate.link = to(candidate);
    }
    let mut seen = Vec::with_capacity(plan.candidates.len());
    plan.candidates.retain(|one| {
        let new = !seen.contains(&one.link);
        seen.push(one.link);
        new
    });
    Arc::new(plan)
}

fn choice(chunk: &Chunk<'_>, own: &Tenant, sender: &str, text: &Text) -> Choice {
    let ask = own.ask(text.phone, chunk.head.class, sender, text.contact.raw());
    let links = &chunk.app.links;
    choose(&own.routes, &ask, chunk.app.routing.prefer(), |link| {
        links.health(link)
    })
}

/// A choice by names.
fn plan(own: &Tenant, choice: &Choice) -> Plan {
    Plan {
        candidates: choice
            .order
            .iter()
            .map(|(route, link)| Candidate {
                route: own.routes[*route].name.clone(),
                link: *link,
            })
            .collect(),
        passed: choice
            .around
            .iter()
            .map(|(route, why)| Passed {
                route: own.routes[*route].name.to_string(),
                why: why.as_str().to_string(),
                tried: false,
            })
            .collect(),
        chosen: true,
    }
}
