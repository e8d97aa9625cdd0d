//! What the clocks and the counts say, in plain words.

use chrono::Timelike;

use super::shown::fact;
use super::{FactShown, LawNamed, Made, Scene};
use crate::facts::{Flags, binding_caps, tenant_caps};
use crate::moment::PlaceNow;
use crate::places::Source;
use crate::recent::{self, Sent};
use crate::rules::Rules;
use crate::window::Window;

const fn source(source: Source) -> &'static str {
    match source {
        Source::Nowhere => "nothing is known",
        Source::AreaCode => "the number's area code",
        Source::CountryCode => "the number's country code",
        Source::ContactZone => "the zone on the contact",
        Source::Zip => "the ZIP code",
        Source::ZipAndNumber => "the ZIP or state and the number, which disagree: both count",
        Source::Given => "given",
    }
}

fn window(window: Option<Window>) -> String {
    window.map_or("no texts today".to_string(), Window::words)
}

/// Local times, the hours left of the day, and the rows that make them.
pub fn hours(rules: &Rules, scene: &Scene, here: &PlaceNow<'_>) -> (Vec<FactShown>, Vec<LawNamed>) {
    let (law, zones) = (rules.law_tables(), &here.place.zones);
    let mut facts: Vec<FactShown> = zones
        .iter()
        .map(|zone| {
            let local = scene.now.with_timezone(zone);
            let words = local.format("%a %Y-%m-%d %H:%M").to_string();
            fact(&format!("local time in {}", zone.name()), words)
        })
        .collect();
    if zones.is_empty() {
        facts.push(fact("time zone", "unknown"));
    }
    facts.push(fact("zone known from", source(here.place.source)));
    if !here.binding.binds() {
        facts.push(fact("hours", "no hours bind this class here"));
        return (facts, Vec::new());
    }
    if let Some(hours) = here.hours {
        facts.push(fact(
            "hours by law today, over all zones",
            window(hours.law),
        ));
        facts.push(fact("hours of courtesy", window(hours.courtesy)));
        if hours.any_sunday {
            facts.push(fact("Sunday", "yes"));
        }
        if hours.any_holiday {
            facts.push(fact("public holiday", "yes"));
        }
    }
    let against = here.binding.against(law, zones, scene.now);
    let mut named: Vec<LawNamed> = Vec::new();
    for zone in zones {
        let local = scene.now.with_timezone(zone);
        let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(0);
        for (row, hours) in here.binding.in_zone(law, *zone, scene.now) {
            let forbids = against.iter().any(|one| one.id == row.id)
                && !hours.is_some_and(|hours| hours.contains(minute, minute));
            match named.iter_mut().find(|one| one.id == row.id) {
                Some(one) => one.against |= forbids,
                None => named.push(LawNamed {
                    id: row.id.clone(),
                    asks: window(hours),
                    source: row.source.clone(),
                    verified: row.verified,
                    against: forbids,
                }),
            }
        }
    }
    (facts, named)
}

/// Counts beside their caps.
pub fn caps(
    rules: &Rules,
    scene: &Scene,
    made: &Made,
    here: &PlaceNow<'_>,
) -> (Vec<FactShown>, Vec<LawNamed>) {
    let now = scene.now.timestamp_millis();
    let topic = recent::topic(&scene.programme);
    let marketing = |one: &Sent| one.class == contract::Class::Marketing;
    let month = recent::count(&scene.recent, now, 30 * 24, |_| true);
    let mut facts = vec![fact("texts in the last 30 days", month.to_string())];
    let mut law = Vec::new();
    if scene.class != contract::Class::Marketing {
        if made.facts.flags.has(Flags::EXEMPT) {
            let used = made.facts.flags.has(Flags::EXEMPTION_EXHAUSTED);
            let words = if used { "used up" } else { "not used up" };
            facts.push(fact("limit of the exemption", words));
        }
        return (facts, law);
    }
    for row in binding_caps(&here.requirements.caps, made.facts.flags.has(Flags::EBR)) {
        let same = |one: &Sent| marketing(one) && one.topic == topic;
        let sent = recent::count(&scene.recent, now, u32::from(row.hours), same);
        let name = format!("of this topic in {} hours", row.hours);
        facts.push(fact(&name, format!("{sent} of {}", row.count)));
        law.push(LawNamed {
            id: row.id.clone(),
            asks: format!("{} in {} hours and topic", row.count, row.hours),
            source: row.source.clone(),
            verified: row.verified,
            against: sent >= row.count,
        });
    }
    for (cap, hours) in tenant_caps(rules.parameters()) {
        let sent = recent::count(&scene.recent, now, hours, marketing);
        let name = format!("marketing in {hours} hours, your own cap");
        facts.push(fact(&name, format!("{sent} of {cap}")));
    }
    (facts, law)
}
