use super::*;
use crate::law::{Law, Level, Profile};
use crate::papers::{Papers, SenderPapers};
use crate::person::PersonFacts;
use crate::recent::topic;
use crate::rules::Own;
use crate::standing::{Change, Standing};

const NEW_YORK: u64 = 12_125_550_123;
const LOS_ANGELES: u64 = 12_135_550_123;
const MIAMI: u64 = 13_055_550_123;
const NOWHERE: u64 = 18_005_550_123;
const HOUR: i64 = 3_600_000;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

struct Ask<'a> {
    now: &'a str,
    valid_until: &'a str,
    phones: &'a [u64],
    opted_in: &'a [u64],
    /// Hours ago of texts that everybody got.
    sent: &'a [i64],
    carrier_cap: bool,
    cap_per_week: Option<u8>,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self {
            now: "2026-06-10T15:00:00Z",
            valid_until: "2026-07-10T00:00:00Z",
            phones: &[],
            opted_in: &[],
            sent: &[],
            carrier_cap: false,
            cap_per_week: None,
        }
    }
}

fn judged(ask: &Ask<'_>) -> Vec<Judged> {
    let parameters = Parameters {
        profile: Profile::UsByState,
        cap_per_week: ask.cap_per_week,
        ..Parameters::default()
    };
    let own = Own {
        parameters,
        ..Own::default()
    };
    let memo = Memo::new(Arc::new(
        Rules::compile(Arc::new(Law::load().unwrap()), "", own).unwrap(),
    ));
    let (places, lists, now) = (Places::load().unwrap(), AHashMap::new(), utc(ask.now));
    let papers = Papers {
        sender: SenderPapers {
            registration: Some("C1".to_string()),
            ..SenderPapers::default()
        },
        ..Papers::default()
    };
    let message = Message {
        class: Class::Marketing,
        programme: "promo",
        sender: "+15005550100",
        papers: &papers,
        live: true,
        valid_until: utc(ask.valid_until).timestamp_millis(),
        now,
        carrier_cap_reached: ask.carrier_cap,
    };
    let (nobody, mut somebody) = (Standing::default(), Standing::default());
    somebody
        .apply(&Change::opt_in(Some("promo"), Level::Written, 1))
        .unwrap();
    let sent: Vec<Sent> = ask
        .sent
        .iter()
        .map(|hours| Sent {
            topic: topic("promo"),
            class: Class::Marketing,
            at: now.timestamp_millis() - hours * HOUR,
        })
        .collect();
    let known = PersonFacts::default();
    let people: Vec<(Asked, facts::Person<'_>)> = ask
        .phones
        .iter()
        .zip(0..)
        .map(|(digits, position)| {
            let phone = Phone::from_digits(*digits).unwrap();
            let asked = Asked {
                position,
                contact: ContactId::from_raw(u128::from(*digits)),
                phone,
            };
            let standing = if ask.opted_in.contains(digits) {
                &somebody
            } else {
                &nobody
            };
            let person = facts::Person {
                standing: Some(standing),
                facts: &known,
                place: places.of_number(phone),
                recent: &sent,
                dnc: &[],
                heard: &[],
                reply: facts::ReplyFacts::default(),
            };
            (asked, person)
        })
        .collect();
    let court = Court {
        memo: &memo,
        places: &places,
        lists: &lists,
    };
    judge(court, &message, &people)
}

fn one(ask: &Ask<'_>) -> (String, Option<String>) {
    match &judged(ask)[0].fate {
        Fate::Allowed => ("allowed".to_string(), None),
        Fate::Refused {
            outcome,
            reason,
            until,
        } => (
            format!("{outcome:?} {reason}"),
            until.map(|at| at.to_utc().format("%FT%TZ").to_string()),
        ),
    }
}

fn held(reason: &str, until: &str) -> (String, Option<String>) {
    (format!("Held {reason}"), Some(until.to_string()))
}

#[test]
fn each_person_is_judged_by_their_own_consent_and_clock() {
    let all = [
        NEW_YORK,
        LOS_ANGELES,
        NOWHERE,
        NEW_YORK + 1,
        LOS_ANGELES + 1,
    ];
    let judged = judged(&Ask {
        now: "2026-06-10T13:00:00Z",
        phones: &all,
        opted_in: &[NEW_YORK, LOS_ANGELES, NOWHERE, LOS_ANGELES + 1],
        ..Ask::default()
    });
    assert_eq!(
        (&judged[0].fate, judged[0].revision, judged[3].revision),
        (&Fate::Allowed, 1, 0)
    );
    let groups = groups(judged.iter());
    let told: Vec<_> = groups
        .iter()
        .map(|g| {
            (
                g.outcome,
                g.reason.as_str(),
                g.positions.clone(),
                g.contacts.len(),
                g.decisions.len(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Outcome::Held, "QUIET_HOURS", vec![1, 4], 2, 2),
            (Outcome::Suppressed, "TIMEZONE_UNKNOWN", vec![2], 1, 1),
            (Outcome::Suppressed, "NO_CONSENT", vec![3], 1, 1),
        ]
    );
    // California has hours of its own, from nine.
    assert_eq!(groups[0].until, Some(utc("2026-06-10T16:00:00Z").into()));
}

#[test]
fn what_could_only_leave_after_its_time_is_expired() {
    let ask = |valid_until| Ask {
        now: "2026-06-10T13:00:00Z",
        valid_until,
        phones: &[LOS_ANGELES],
        opted_in: &[LOS_ANGELES],
        ..Ask::default()
    };
    assert_eq!(
        one(&ask("2026-06-10T16:00:00Z")).0,
        "Expired MESSAGE_EXPIRED"
    );
    assert_eq!(
        one(&ask("2026-06-10T16:00:01Z")),
        held("QUIET_HOURS", "2026-06-10T16:00:00Z")
    );
}

#[test]
fn an_expired_text_leaves_no_more_and_a_refusal_keeps_its_reason() {
    let ask = |opted_in| Ask {
        valid_until: "2026-06-10T15:00:00Z",
        phones: &[NEW_YORK],
        opted_in,
        ..Ask::default()
    };
    assert_eq!(one(&ask(&[NEW_YORK])).0, "Expired MESSAGE_EXPIRED");
    assert_eq!(one(&ask(&[])).0, "Suppressed NO_CONSENT");
}

#[test]
fn a_cap_of_law_holds_until_enough_texts_are_a_day_old() {
    let ask = |sent| Ask {
        phones: &[MIAMI],
        opted_in: &[MIAMI],
        sent,
        ..Ask::default()
    };
    assert_eq!(
        one(&ask(&[20, 2, 1])),
        held("FREQUENCY_CAP_LAW", "2026-06-10T19:00:00Z")
    );
    assert_eq!(
        one(&ask(&[24, 2, 1])).0,
        "allowed",
        "the one of a day ago counts no more"
    );
    // It frees at ten in the evening, and Florida opens at eight.
    assert_eq!(
        one(&ask(&[13, 2, 1])),
        held("FREQUENCY_CAP_LAW", "2026-06-11T12:00:00Z")
    );
}

#[test]
fn a_tenants_cap_rolls_over_seven_days() {
    let ask = |sent| Ask {
        phones: &[NEW_YORK],
        opted_in: &[NEW_YORK],
        sent,
        cap_per_week: Some(2),
        ..Ask::default()
    };
    assert_eq!(
        one(&ask(&[7 * 24 - 2, 30])),
        held("FREQUENCY_CAP_TENANT", "2026-06-10T17:00:00Z")
    );
    assert_eq!(one(&ask(&[7 * 24, 30])).0, "allowed");
}

#[test]
fn a_carriers_day_begins_at_midnight_in_the_pacific() {
    let ask = Ask {
        phones: &[NEW_YORK],
        opted_in: &[NEW_YORK],
        carrier_cap: true,
        ..Ask::default()
    };
    assert_eq!(one(&ask), held("CARRIER_DAILY_CAP", "2026-06-11T12:00:00Z"));
    assert_eq!(
        next_carrier_day(utc("2026-12-01T07:59:59Z")),
        Some(utc("2026-12-01T08:00:00Z"))
    );
    assert_eq!(
        next_carrier_day(utc("2026-12-01T08:00:00Z")),
        Some(utc("2026-12-02T08:00:00Z"))
    );
    assert_eq!(
        next_carrier_day(utc("2027-03-14T12:00:00Z")),
        Some(utc("2027-03-15T07:00:00Z"))
    );
}

#[test]
fn equal_situations_share_one_decision() {
    let ask = Ask {
        phones: &[NEW_YORK, NEW_YORK + 1, MIAMI],
        opted_in: &[NEW_YORK, NEW_YORK + 1, MIAMI],
        ..Ask::default()
    };
    let judged = judged(&ask);
    assert!(Arc::ptr_eq(&judged[0].decision, &judged[1].decision));
    assert_ne!(judged[0].decision.id, judged[2].decision.id);
}
