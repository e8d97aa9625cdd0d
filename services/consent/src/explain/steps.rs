//! For each reason against a text: what somebody could do about it.

use chrono::{DateTime, Datelike, Duration, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use contract::Class;

use super::{ChangeNamed, Made, Scene};
use crate::law::Level;
use crate::papers::{Attestation, ConfirmOwner};
use crate::person::Reassignment;
use crate::places::{Place, Places, Source};
use crate::recent;
use crate::rules::Rules;
use crate::standing::{Action, Change, Standing};

/// One change with the scene after it.
pub struct Step {
    pub change: ChangeNamed,
    pub scene: Scene,
    /// It takes the tenant's own forbids away.
    pub bare: bool,
}

/// What can be done about the weightiest reason.
pub fn steps(rules: &Rules, places: &Places, scene: &Scene, made: &Made) -> Vec<Step> {
    let reason = made.verdict.reason.to_string();
    let edit = |code, what: &str, edit: &dyn Fn(&mut Scene)| {
        let mut after = scene.clone();
        edit(&mut after);
        vec![step(code, what.to_string(), after)]
    };
    match reason.as_str() {
        "NO_CONSENT" if scene.class == Class::Conversation => {
            let began = edit("request", "the person texts first", &|after| {
                after.reply.requested = true;
            });
            began.into_iter().chain(opt_ins(scene)).collect()
        }
        "NO_CONSENT"
        | "CONSENT_SCOPE_MISMATCH"
        | "CONSENT_EXPIRED"
        | "CONSENT_LEVEL_TOO_LOW"
        | "OBJECTED"
        | "SUPPRESSED_HASH" => opt_ins(scene),
        "CONSENT_PENDING_CONFIRMATION" => {
            confirm(scene).into_iter().chain(opt_ins(scene)).collect()
        }
        "CONSENT_EVIDENCE_MISSING" => edit("prove", "record the proof of the consent", &prove),
        "OPTED_OUT_GLOBAL"
        | "OPTED_OUT_CLASS"
        | "OPTED_OUT_PROGRAM"
        | "OPTED_OUT_CHANNEL"
        | "OPTED_OUT_PENDING_CLARIFICATION" => unsuppress(scene)
            .into_iter()
            .chain(restore(scene))
            .chain(opt_ins(scene))
            .collect(),
        "OPT_OUT_UNDER_REVIEW" => edit(
            "review",
            "decide the review of the person's reply: it was no opt-out",
            &|after| change_standing(after, |standing| standing.review_since = None),
        ),
        "PROVIDER_BLOCKED" => restore(scene).into_iter().collect(),
        "PROCESSING_RESTRICTED" => edit(
            "unrestrict",
            "lift the restriction of processing",
            &|after| {
                change_standing(after, |standing| standing.restricted = false);
            },
        ),
        "NUMBER_REASSIGNED" => new_holder(scene),
        "REASSIGNMENT_CHECK_STALE" => edit(
            "check_reassignment",
            "check the number against the reassigned numbers database",
            &checked,
        ),
        "AGE_RESTRICTED" => age(rules, scene),
        "NATIONAL_DNC" | "STATE_DNC" => {
            let mut steps = edit(
                "leave_list",
                "the number leaves the do-not-call list",
                &|after| {
                    after.dnc.clear();
                },
            );
            steps.extend(opt_ins(scene));
            steps
        }
        "DNC_LIST_STALE" => edit(
            "load_list",
            "load the current do-not-call lists",
            &|after| {
                let today = after.now.date_naive();
                let rows = &rules.law_tables().rows.dnc;
                after
                    .lists
                    .extend(rows.iter().map(|row| (row.list.clone(), today)));
            },
        ),
        "MESSAGE_EXPIRED" => edit("extend", "let the text be valid for longer", &|after| {
            after.valid_until = i64::MAX;
        }),
        "TIMEZONE_UNKNOWN" => zone(places, scene),
        "REPLY_RATE_LIMITED" => rate(rules, scene),
        "NO_SEND_DAY"
        | "QUIET_HOURS"
        | "COURTESY_HOURS"
        | "FREQUENCY_CAP_LAW"
        | "FREQUENCY_CAP_EXEMPTION"
        | "FREQUENCY_CAP_TENANT"
        | "CARRIER_DAILY_CAP"
        | "CARRIER_RATE" => later(scene, made, &reason),
        other => declared(scene, other).unwrap_or_else(|| own(rules, scene, made)),
    }
}

/// What is declared of campaign, sender and template.
fn declared(scene: &Scene, reason: &str) -> Option<Vec<Step>> {
    let mut after = scene.clone();
    let papers = &mut after.papers;
    let (code, what) = match reason {
        "CAMPAIGN_NOT_REGISTERED" => {
            papers.sender.registration = Some(String::new());
            papers.sender.registered_until = None;
            (
                "register_sender",
                "register the sender's campaign with the carriers",
            )
        }
        "TEMPLATE_NOT_REGISTERED" => {
            papers.template.registration = Some(String::new());
            ("register_template", "register the template")
        }
        "CONTENT_NOT_ALLOWED_FOR_CLASS" => {
            papers.template.promotional = false;
            (
                "remove_offer",
                "take the offer out of the text, or send it as marketing",
            )
        }
        "CONTENT_PROHIBITED" => {
            papers.campaign.prohibited_content = false;
            (
                "remove_content",
                "take out the content that carriers refuse",
            )
        }
        "OPT_OUT_TEXT_MISSING" => {
            papers.template.opt_out_text_missing = false;
            ("add_opt_out_text", "say in the text how to opt out")
        }
        "EMERGENCY_NOT_ATTESTED" => {
            papers.campaign.attestation = Some(Attestation {
                by: String::new(),
                statement: String::new(),
            });
            (
                "attest",
                "somebody attests that it is about health or safety",
            )
        }
        "CONFIRMATION_OWNED_BY_CARRIER" => {
            papers.sender.confirm_owner = ConfirmOwner::Platform;
            (
                "confirm_owner",
                "let the platform confirm opt-outs of this sender",
            )
        }
        "OTP_NOT_REQUESTED" => {
            after.reply.requested = true;
            ("request", "the person asks for it")
        }
        _ => return None,
    };
    Some(vec![step(code, what.to_string(), after)])
}

fn step(code: &'static str, what: String, scene: Scene) -> Step {
    Step {
        change: ChangeNamed {
            code,
            what,
            until: None,
        },
        scene,
        bare: false,
    }
}

fn wait(scene: &Scene, until: DateTime<Utc>, what: &str) -> Step {
    let mut after = scene.clone();
    after.now = until;
    after.carrier_cap_reached = false;
    let mut step = step("wait", what.to_string(), after);
    step.change.until = Some(until);
    step
}

fn later(scene: &Scene, made: &Made, reason: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = made
        .until
        .map(|until| wait(scene, until, "wait until the text may leave"))
        .into_iter()
        .collect();
    if reason == "COURTESY_HOURS" {
        let mut after = scene.clone();
        after.papers.campaign.urgent = true;
        let what = "declare the campaign urgent: that passes the hours of courtesy";
        steps.push(step("urgent", what.to_string(), after));
    }
    steps
}

fn change_standing(scene: &mut Scene, change: impl FnOnce(&mut Standing)) {
    change(scene.standing.get_or_insert_default());
}

/// When the person could act: now, but after whatever they said last.
fn acted_at(scene: &Scene) -> i64 {
    let last = scene
        .standing
        .as_ref()
        .and_then(Standing::last_revocation_at);
    scene
        .now
        .timestamp_millis()
        .max(last.map_or(0, |last| last.saturating_add(1)))
}

/// The scene after a ledger entry, if it would be taken up.
fn recorded(scene: &Scene, change: &Change) -> Option<Scene> {
    let mut after = scene.clone();
    let standing = after.standing.get_or_insert_default();
    standing.apply(change).ok()?;
    Some(after)
}

/// The weakest first, so that no more is asked for than is needed.
fn opt_ins(scene: &Scene) -> Vec<Step> {
    let levels = [
        (Level::Express, "the person gives express consent"),
        (
            Level::Written,
            "the person gives written consent, with the disclosure",
        ),
    ];
    levels
        .into_iter()
        .filter_map(|(level, words)| {
            let mut change = Change::opt_in(Some(&scene.programme), level, acted_at(scene));
            change.fresh = true;
            let what = format!("{words}, to the programme {}", scene.programme);
            Some(step("opt_in", what, recorded(scene, &change)?))
        })
        .collect()
}

fn confirm(scene: &Scene) -> Option<Step> {
    let change = Change::new(Action::DoiConfirm, acted_at(scene));
    let what = "the person confirms the double opt-in".to_string();
    Some(step("confirm", what, recorded(scene, &change)?))
}

fn restore(scene: &Scene) -> Option<Step> {
    let mut change = Change::new(Action::Restore, acted_at(scene));
    change.sender = Some(scene.sender.clone());
    let mut after = recorded(scene, &change)?;
    change_standing(&mut after, |standing| {
        standing.blocked_senders.retain(|sender| !sender.is_empty());
    });
    Some(step("start", "the person texts START".to_string(), after))
}

/// Takes the number off the tenant's own suppression list, where it is that which stands against it.
fn unsuppress(scene: &Scene) -> Option<Step> {
    let standing = scene.standing.as_ref()?;
    standing.revocations.iter().find(|one| one.by == "list")?;
    let mut after = scene.clone();
    change_standing(&mut after, |standing| {
        standing.revocations.retain(|one| one.by != "list");
    });
    let what = "take the number off the suppression list".to_string();
    Some(step("unsuppress", what, after))
}

fn prove(scene: &mut Scene) {
    change_standing(scene, |standing| {
        for grant in &mut standing.grants {
            grant.proven = true;
        }
    });
}

fn checked(scene: &mut Scene) {
    scene.facts.reassignment = Some((Reassignment::No, scene.now.date_naive()));
}

fn new_holder(scene: &Scene) -> Vec<Step> {
    let steps = opt_ins(scene).into_iter().map(|mut one| {
        checked(&mut one.scene);
        change_standing(&mut one.scene, |standing| standing.reassigned = false);
        one.change.code = "new_holder";
        one.change.what = format!("the number's new holder opts in: {}", one.change.what);
        one
    });
    steps.collect()
}

fn age(rules: &Rules, scene: &Scene) -> Vec<Step> {
    let asked = scene.papers.campaign.minimum_age;
    let minimum = asked.unwrap_or(0).max(rules.parameters().minimum_age);
    match scene.facts.born {
        Some(born) => {
            let years = born.year() + i32::from(minimum);
            let day = born
                .with_year(years)
                .or_else(|| born.succ_opt().and_then(|next| next.with_year(years)));
            let at = day.map(|day| day.and_time(NaiveTime::MIN).and_utc());
            let what = "wait until the person is old enough";
            at.filter(|at| *at > scene.now)
                .map(|at| wait(scene, at, what))
                .into_iter()
                .collect()
        }
        None => {
            let mut after = scene.clone();
            let year = after.now.year() - i32::from(minimum) - 1;
            after.facts.born = chrono::NaiveDate::from_ymd_opt(year, 1, 1);
            let what = format!("record a date of birth of somebody of {minimum} or older");
            vec![step("record_age", what, after)]
        }
    }
}

/// A zone in which it is about noon.
fn zone(places: &Places, scene: &Scene) -> Vec<Step> {
    let noon = scene.now.date_naive().and_hms_opt(12, 0, 0);
    let wanted = noon.map(|noon| (noon.and_utc() - scene.now).num_minutes());
    let distance = |zone: &Tz| {
        let offset = zone.offset_from_utc_datetime(&scene.now.naive_utc()).fix();
        let minutes = i64::from(offset.local_minus_utc()) / 60;
        (minutes - wanted.unwrap_or(0)).abs()
    };
    let Some(zone) = chrono_tz::TZ_VARIANTS
        .iter()
        .min_by_key(|zone| distance(zone))
    else {
        return Vec::new();
    };
    let mut after = scene.clone();
    after.place = places.intern(Place {
        regions: places.get(scene.place).regions.clone(),
        zones: vec![*zone],
        source: Source::Given,
    });
    let what = "record the person's time zone, and it is daytime there".to_string();
    vec![step("record_zone", what, after)]
}

fn rate(rules: &Rules, scene: &Scene) -> Vec<Step> {
    let parameters = rules.parameters();
    let (hours, cap) = match scene.class {
        Class::Otp => (1, parameters.otp_per_hour),
        _ => (24, parameters.help_per_day),
    };
    let now = scene.now.timestamp_millis();
    let free = recent::frees_at(&scene.recent, now, hours, cap, |one| {
        one.class == scene.class
    });
    let until = free.map(|at| contract::UnixMillis(at).to_utc());
    let until = until.unwrap_or(scene.now + Duration::hours(i64::from(hours)));
    vec![wait(scene, until, "wait until fewer were sent lately")]
}

/// A reason of the tenant's own.
fn own(rules: &Rules, scene: &Scene, made: &Made) -> Vec<Step> {
    let ids: Vec<&str> = made
        .verdict
        .policies
        .iter()
        .filter(|id| rules.named(id).is_some_and(|rule| rule.file == "tenant"))
        .map(String::as_str)
        .collect();
    if ids.is_empty() {
        return Vec::new();
    }
    let what = format!("change your own policies: {}", ids.join(", "));
    vec![Step {
        bare: true,
        ..step("own_policies", what, scene.clone())
    }]
}
