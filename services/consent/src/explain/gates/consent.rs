//! The consent there is, with its ledger entries, beside what the law asks for.

use contract::{Class, UnixMillis};

use super::super::shown::{day, fact};
use super::super::{Entry, FactShown, LawNamed, Made, Scene};
use crate::heard;
use crate::moment::PlaceNow;
use crate::rules::Rules;
use crate::standing::{Grant, Standing};

pub(super) fn consent(
    rules: &Rules,
    scene: &Scene,
    made: &Made,
    here: &PlaceNow<'_>,
    entries: &[Entry],
) -> (Vec<FactShown>, Vec<LawNamed>) {
    let mut facts = vec![
        fact("level required", here.requirements.level.as_str()),
        fact("level present", made.facts.level.as_str()),
        fact("programme", scene.programme.clone()),
    ];
    let grants = scene.standing.iter().flat_map(|standing| &standing.grants);
    for grant in grants {
        facts.push(fact(
            &format!("consent to {}", grant.programme),
            granted(grant, scene.now.timestamp_millis(), entries),
        ));
    }
    if scene.standing.as_ref().is_none_or(nothing_given) {
        facts.push(fact("consent", "nothing was ever recorded"));
    }
    facts.extend(asked_for(scene));
    let class = scene.class.judged_as();
    let (today, regions) = (scene.now.date_naive(), &here.place.regions);
    let rows = rules.law_tables().rows.consent.iter();
    let binding = rows.filter(|row| {
        row.classes.contains(&class)
            && row.in_force.on(today)
            && row.level == here.requirements.level
            && match row.region {
                crate::law::Place::Elsewhere => false,
                crate::law::Place::In(place) => regions.iter().any(|at| place.contains(*at)),
            }
    });
    let law = binding.map(|row| LawNamed {
        id: row.id.clone(),
        asks: row.level.as_str().to_string(),
        source: row.source.clone(),
        verified: row.verified,
        against: made.facts.level.weight() < row.level.weight(),
    });
    (facts, law.collect())
}

/// The text that is answered.
fn asked_for(scene: &Scene) -> Option<FactShown> {
    let standing = scene
        .standing
        .as_ref()
        .filter(|_| scene.class == Class::Conversation)?;
    let now = scene.now.timestamp_millis();
    let about = (scene.sender.as_str(), scene.live);
    let answered = heard::answered(&scene.heard, standing, about, now)?;
    let at = UnixMillis(answered.at).to_utc();
    let told = format!("{} at {}", answered.inbound, at.to_rfc3339());
    Some(fact("answers", told))
}

fn nothing_given(standing: &Standing) -> bool {
    standing.grants.is_empty()
}

fn granted(grant: &Grant, now: i64, entries: &[Entry]) -> String {
    let state = match grant {
        grant if grant.ended => "ended",
        grant if grant.pending => "waits to be confirmed",
        grant if grant.expires_at.is_some_and(|at| at <= now) => "expired",
        _ => "counts",
    };
    let entry = entries
        .iter()
        .rev()
        .find(|entry| entry.change.at == grant.at && entry.change.action.brings_texts());
    let entry = entry.map(|entry| format!(", ledger entry {}", entry.id));
    let expires = grant
        .expires_at
        .map(|at| format!(", until {}", day(at)))
        .unwrap_or_default();
    let proof = if grant.proven { "" } else { ", without proof" };
    format!(
        "{} for {}, {state}, given {}{expires}{proof}{}",
        grant.level.as_str(),
        grant.purpose.as_str(),
        day(grant.at),
        entry.unwrap_or_default()
    )
}
