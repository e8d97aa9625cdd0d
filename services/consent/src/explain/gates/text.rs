//! The text itself: its class, its content and papers, and its end.

use super::super::shown::{day, fact, yes};
use super::super::{FactShown, Made, Scene};
use crate::facts::Flags;
use crate::moment::PlaceNow;

pub(super) fn class(scene: &Scene, made: &Made) -> Vec<FactShown> {
    let judged = scene.class.judged_as();
    let mut facts = vec![fact("class", scene.class.as_str())];
    if judged != scene.class {
        facts.push(fact("judged as", judged.as_str()));
    }
    for (name, flag) in [
        ("somebody attests an emergency", Flags::ATTESTED),
        ("the person asked for it", Flags::REQUESTED),
        ("an exemption is relied on", Flags::EXEMPT),
    ] {
        if made.facts.flags.has(flag) {
            facts.push(fact(name, "yes"));
        }
    }
    facts
}

pub(super) fn content(scene: &Scene, made: &Made, here: &PlaceNow<'_>) -> Vec<FactShown> {
    let flags = made.facts.flags;
    let today = scene.now.date_naive();
    let registered = |asked: bool, there: bool| {
        let there = if there {
            "registered"
        } else {
            "not registered"
        };
        let asked = match (asked, scene.live) {
            (false, _) => "; not asked for here",
            (true, false) => "; not asked for by the simulated carrier",
            (true, true) => "",
        };
        format!("{there}{asked}")
    };
    let papers = &scene.papers;
    vec![
        fact(
            "sender",
            registered(
                here.requirements.campaign_registration,
                papers.sender.is_registered(today),
            ),
        ),
        fact(
            "template",
            registered(
                here.requirements.template_registration,
                papers.template.registration.is_some(),
            ),
        ),
        fact("holds an offer", yes(flags.has(Flags::CONTENT_PROMOTIONAL))),
        fact(
            "holds what carriers refuse",
            yes(flags.has(Flags::CONTENT_PROHIBITED)),
        ),
        fact(
            "lacks the way to opt out",
            yes(flags.has(Flags::OPT_OUT_TEXT_MISSING)),
        ),
    ]
}

pub(super) fn expiry(scene: &Scene) -> Vec<FactShown> {
    let until = if scene.valid_until == i64::MAX {
        "no end given".to_string()
    } else {
        day(scene.valid_until)
    };
    vec![fact("valid until", until)]
}
