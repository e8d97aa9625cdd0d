//! From a person, a text and a moment to flat facts. Pure.

use chrono::{DateTime, Utc};
use contract::Class;

use super::{Facts, Flags};
use crate::heard::{self, Heard};
use crate::law::{CapRow, Level};
use crate::moment::PlaceNow;
use crate::papers::{ConfirmOwner, Exemption, Papers};
use crate::parameters::Parameters;
use crate::person::PersonFacts;
use crate::places::PlaceId;
use crate::recent::{self, Sent};
use crate::standing::{Consent, SMS, Standing};

/// Seconds after which the age of an opt-out makes no difference any more.
const OPT_OUT_SECONDS_CAP: i64 = 301;
/// A business day of seven.
const WEEK: u32 = 7 * 24;
const MONTH: u32 = 30 * 24;

/// What every person of a question is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Message<'m> {
    pub class: Class,
    pub programme: &'m str,
    pub sender: &'m str,
    pub papers: &'m Papers,
    /// It may reach a real carrier; the simulated one asks for no registration.
    pub live: bool,
    pub valid_until: i64,
    pub now: DateTime<Utc>,
    /// The carriers' daily allowance of the sender is used up.
    pub carrier_cap_reached: bool,
}

/// Of answers to what a person wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplyFacts {
    pub confirmation_sent: bool,
    pub requested: bool,
}

/// What is known of one person.
#[derive(Debug, Clone, Copy)]
pub struct Person<'p> {
    /// `None`: it is there but cannot be read, and such a person is not texted.
    pub standing: Option<&'p Standing>,
    pub facts: &'p PersonFacts,
    pub place: PlaceId,
    pub recent: &'p [Sent],
    /// Names of the do-not-call lists the number stands on.
    pub dnc: &'p [String],
    /// What they texted lately; only where an answer is asked about.
    pub heard: &'p [Heard],
    pub reply: ReplyFacts,
}

/// The facts of one person and one text. `here` is the person's place at this moment.
pub fn gather(
    parameters: &Parameters,
    era: u16,
    here: &PlaceNow<'_>,
    message: &Message<'_>,
    person: &Person<'_>,
) -> Facts {
    let class = message.class.judged_as();
    let mut facts = Facts::nothing(message.class, era);
    facts.place = person.place;
    facts.flags.set(Flags::NUMBER_VALID, true);
    facts
        .flags
        .set(Flags::REGION_KNOWN, !here.place.regions.is_empty());
    let Some(standing) = person.standing else {
        facts.flags.set(Flags::UNAVAILABLE, true);
        return facts;
    };
    against(&mut facts.flags, class, standing, message);
    let now = message.now.timestamp_millis();
    facts.flags.set(Flags::EXPIRED, now >= message.valid_until);
    if class.is_reply() {
        reply(&mut facts, class, parameters, standing, message, person);
        return facts;
    }
    let papers = message.papers;
    facts
        .flags
        .set(Flags::ATTESTED, papers.campaign.attestation.is_some());
    let requested = person.reply.requested || heard::is_answer(standing, message, person);
    facts.flags.set(Flags::REQUESTED, requested);
    identity(&mut facts.flags, parameters, here, message, person);
    consent(&mut facts, standing, here, message, requested);
    content(&mut facts.flags, class, here, message);
    do_not_call(&mut facts, here, person);
    clock(&mut facts, here, papers.campaign.urgent);
    counts(&mut facts, class, parameters, here, message, person);
    facts
        .flags
        .set(Flags::CARRIER_CAP_REACHED, message.carrier_cap_reached);
    facts
}

fn against(flags: &mut Flags, class: Class, standing: &Standing, message: &Message<'_>) {
    for (flag, holds) in [
        (Flags::OPTED_OUT_GLOBAL, standing.opted_out_at().is_some()),
        (Flags::OPTED_OUT_CLASS, standing.class_revoked(class)),
        (
            Flags::OPTED_OUT_PROGRAMME,
            standing.programme_revoked(message.programme),
        ),
        (Flags::OPTED_OUT_CHANNEL, standing.channel_revoked(SMS)),
        (
            Flags::CLARIFICATION_PENDING,
            standing.clarification_since.is_some(),
        ),
        (Flags::UNDER_REVIEW, standing.review_since.is_some()),
        (
            Flags::PROVIDER_BLOCKED,
            standing
                .blocked_senders
                .iter()
                .any(|sender| sender.is_empty() || sender == message.sender),
        ),
        (Flags::ERASED, standing.erased),
        (Flags::RESTRICTED, standing.restricted),
        (Flags::OBJECTED, standing.objected),
        (Flags::REASSIGNED, standing.reassigned),
    ] {
        flags.set(flag, holds);
    }
}

fn reply(
    facts: &mut Facts,
    class: Class,
    parameters: &Parameters,
    standing: &Standing,
    message: &Message<'_>,
    person: &Person<'_>,
) {
    let now = message.now.timestamp_millis();
    let flags = &mut facts.flags;
    flags.set(
        Flags::CONTENT_PROMOTIONAL,
        message.papers.template.promotional,
    );
    flags.set(Flags::CONFIRMATION_SENT, person.reply.confirmation_sent);
    if class == Class::HelpReply {
        let answers = recent::count(person.recent, now, 24, |one| one.class == Class::HelpReply);
        flags.set(Flags::REPLIES_EXHAUSTED, answers >= parameters.help_per_day);
    }
    if class == Class::OptOutConfirmation {
        flags.set(
            Flags::CONFIRMATION_BY_CARRIER,
            message.papers.sender.confirm_owner != ConfirmOwner::Platform,
        );
        let elapsed = standing
            .last_revocation_at()
            .map_or(OPT_OUT_SECONDS_CAP, |at| (now - at).max(0) / 1000);
        facts.opt_out_seconds = u16::try_from(elapsed.min(OPT_OUT_SECONDS_CAP)).unwrap_or(u16::MAX);
    }
}

fn identity(
    flags: &mut Flags,
    parameters: &Parameters,
    here: &PlaceNow<'_>,
    message: &Message<'_>,
    person: &Person<'_>,
) {
    let day = message.now.date_naive();
    let asked = message.papers.campaign.minimum_age;
    let age = person.facts.age_on(day);
    let too_young = message.class == Class::Marketing
        && age.is_some_and(|age| age < parameters.minimum_age)
        || asked.is_some_and(|minimum| age.is_none_or(|age| age < minimum));
    flags.set(Flags::AGE_RESTRICTED, too_young);
    let max_days = here.requirements.reassigned_within_days;
    let (changed, stale) = person.facts.reassignment_on(message.now, max_days);
    flags.set(Flags::REASSIGNED, changed || flags.has(Flags::REASSIGNED));
    flags.set(
        Flags::REASSIGNMENT_STALE,
        message.class == Class::Marketing && stale,
    );
    let months = here.requirements.relationship_months;
    flags.set(Flags::EBR, person.facts.has_relationship(day, months));
}

fn consent(
    facts: &mut Facts,
    standing: &Standing,
    here: &PlaceNow<'_>,
    message: &Message<'_>,
    requested: bool,
) {
    let now = message.now.timestamp_millis();
    let mut given = standing.consent(message.class, message.programme, SMS, now);
    // Whoever asks for a password gives the number for that very purpose (47 CFR 64.1200(a)(1)).
    if requested && message.class == Class::Otp && given.level < Level::Express {
        given = Consent {
            any: true,
            level: Level::Express,
            proven: true,
            ..Consent::default()
        };
    }
    facts.level = given.level;
    facts.required = here.requirements.level;
    for (flag, holds) in [
        (Flags::CONSENT_ANY, given.any),
        (Flags::CONSENT_ELSEWHERE, given.elsewhere),
        (Flags::CONSENT_PENDING, given.pending),
        (Flags::CONSENT_EXPIRED, given.expired),
        (Flags::CONSENT_PROVEN, given.proven),
    ] {
        facts.flags.set(flag, holds);
    }
}

fn content(flags: &mut Flags, class: Class, here: &PlaceNow<'_>, message: &Message<'_>) {
    let (papers, day) = (message.papers, message.now.date_naive());
    let long_code = message.sender.starts_with("+1") && message.sender.len() == 12;
    let registered = papers.sender.is_registered(day);
    for (flag, holds) in [
        (
            Flags::CAMPAIGN_UNREGISTERED,
            here.requirements.campaign_registration && message.live && long_code && !registered,
        ),
        (
            Flags::TEMPLATE_UNREGISTERED,
            here.requirements.template_registration
                && message.live
                && papers.template.registration.is_none(),
        ),
        (
            Flags::CONTENT_PROMOTIONAL,
            class != Class::Marketing && papers.template.promotional,
        ),
        (
            Flags::CONTENT_PROHIBITED,
            papers.campaign.prohibited_content,
        ),
        (
            Flags::OPT_OUT_TEXT_MISSING,
            class == Class::Marketing && papers.template.opt_out_text_missing,
        ),
    ] {
        flags.set(flag, holds);
    }
}

fn do_not_call(facts: &mut Facts, here: &PlaceNow<'_>, person: &Person<'_>) {
    for row in &here.requirements.dnc {
        let lifted = Level::parse(&row.lifted_by)
            .is_some_and(|level| facts.level.weight() >= level.weight());
        if lifted {
            continue;
        }
        let listed = person.dnc.contains(&row.list);
        let flag = if row.reason == "NATIONAL_DNC" {
            Flags::DNC_NATIONAL
        } else {
            Flags::DNC_STATE
        };
        let holds = facts.flags.has(flag) || listed;
        facts.flags.set(flag, holds);
        let stale = facts.flags.has(Flags::DNC_STALE) || here.stale_lists.contains(&row.list);
        facts.flags.set(Flags::DNC_STALE, stale);
    }
}

pub(super) fn clock(facts: &mut Facts, here: &PlaceNow<'_>, urgent: bool) {
    facts.flags.set(Flags::URGENT, urgent);
    if !here.binding.binds() {
        facts.flags.set(Flags::SEND_DAY, true);
        facts.flags.set(Flags::COURTESY_DAY, true);
        facts
            .flags
            .set(Flags::ZONE_KNOWN, !here.place.zones.is_empty());
        return;
    }
    let Some(hours) = here.hours else { return };
    facts.flags.set(Flags::ZONE_KNOWN, true);
    facts.flags.set(Flags::SEND_DAY, hours.law.is_some());
    facts
        .flags
        .set(Flags::COURTESY_DAY, hours.courtesy.is_some());
    facts.flags.set(Flags::ANY_SUNDAY, hours.any_sunday);
    facts.flags.set(Flags::ANY_HOLIDAY, hours.any_holiday);
    (facts.min_minute, facts.max_minute) = (hours.min_minute, hours.max_minute);
    (facts.law, facts.courtesy) = (hours.law, hours.courtesy);
}

pub(super) fn counts(
    facts: &mut Facts,
    class: Class,
    parameters: &Parameters,
    here: &PlaceNow<'_>,
    message: &Message<'_>,
    person: &Person<'_>,
) {
    let now = message.now.timestamp_millis();
    match class {
        Class::Marketing => {
            let topic = recent::topic(message.programme);
            let ebr = facts.flags.has(Flags::EBR);
            let used = binding_caps(&here.requirements.caps, ebr).map(|row| {
                let same = |one: &Sent| one.class == Class::Marketing && one.topic == topic;
                let sent = recent::count(person.recent, now, u32::from(row.hours), same);
                (sent, row.count)
            });
            (facts.sent_topic, facts.law_cap) = nearest(used);
            let own = tenant_caps(parameters).map(|(cap, hours)| {
                let any = |one: &Sent| one.class == Class::Marketing;
                (recent::count(person.recent, now, hours, any), cap)
            });
            (facts.sent_marketing, facts.tenant_cap) = nearest(own);
        }
        Class::Otp => {
            let sent = recent::count(person.recent, now, 1, |one| one.class == Class::Otp);
            facts
                .flags
                .set(Flags::REPLIES_EXHAUSTED, sent >= parameters.otp_per_hour);
        }
        Class::Informational | Class::Appointment => {
            exemption(facts, parameters, here, message, person);
        }
        _ => {}
    }
}

/// Caps that count for this person.
pub fn binding_caps<'r>(caps: &'r [&CapRow], ebr: bool) -> impl Iterator<Item = &'r CapRow> {
    caps.iter()
        .copied()
        .filter(move |row| !(ebr && row.ebr_exempt))
}

/// The tenant's own caps with their hours.
pub fn tenant_caps(parameters: &Parameters) -> impl Iterator<Item = (u8, u32)> + use<> {
    [
        (parameters.cap_per_day, 24),
        (parameters.cap_per_week, WEEK),
        (parameters.cap_per_month, MONTH),
    ]
    .into_iter()
    .filter_map(|(cap, hours)| Some((cap?, hours)))
}

/// The cap with the least left of it.
fn nearest(used: impl Iterator<Item = (u8, u8)>) -> (u8, u8) {
    used.min_by_key(|(sent, cap)| cap.saturating_sub(*sent))
        .map_or((0, 0), |(sent, cap)| (sent.min(cap), cap))
}

fn exemption(
    facts: &mut Facts,
    parameters: &Parameters,
    here: &PlaceNow<'_>,
    message: &Message<'_>,
    person: &Person<'_>,
) {
    let Some(exemption) = message
        .papers
        .campaign
        .exemption
        .filter(|_| parameters.exemptions)
    else {
        return;
    };
    let Some(row) = here.exemption(exemption) else {
        return;
    };
    let now = message.now.timestamp_millis();
    let topic = recent::topic(message.programme);
    let counted = |one: &Sent| match exemption {
        Exemption::Healthcare => matches!(
            one.class.judged_as(),
            Class::Informational | Class::Appointment
        ),
        Exemption::Financial | Exemption::Delivery => one.topic == topic,
    };
    let event_hours = u32::from(row.event_days.unwrap_or(30)) * 24;
    let used_up = [
        (row.per_day, 24),
        (row.per_week, WEEK),
        (row.per_event, event_hours),
    ]
    .into_iter()
    .filter_map(|(limit, hours)| Some((limit?, hours)))
    .any(|(limit, hours)| recent::count(person.recent, now, hours, counted) >= limit);
    facts.flags.set(Flags::EXEMPT, true);
    facts.flags.set(Flags::EXEMPTION_EXHAUSTED, used_up);
}
