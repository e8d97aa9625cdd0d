use contract::{CampaignId, Mode, TemplateId, UnixMillis};

use super::super::tally::tests::{Fate, tally};
use super::*;
use crate::audience::Audience;
use crate::throttle::Throttle;

const START: i64 = 1_781_103_600_000;

fn brief(hours: i64) -> Brief {
    Brief {
        campaign: CampaignId::from_raw(1),
        class: Class::Marketing,
        programme: "default".into(),
        sender: "+15005550100".into(),
        audience: Audience::default(),
        mode: Mode::Test,
        template: TemplateId::from_raw(2),
        template_version: 3,
        field_names: Vec::new(),
        opt_out_said: true,
        start: UnixMillis(START),
        valid_until: UnixMillis(START + hours * 3_600_000),
        recurs: false,
        content: "c".into(),
        throttle: None,
        partition: None,
    }
}

fn codes(report: &Report) -> Vec<&str> {
    let warnings = report.warnings.iter();
    warnings.map(|warning| warning.code.as_str()).collect()
}

#[test]
fn a_report_says_who_what_it_costs_and_when() {
    let fates = [
        Fate::Sent(1),
        Fate::Sent(3),
        Fate::OptedOut,
        Fate::OptedOut,
        Fate::Gone,
        Fate::Unwritten,
        Fate::Quiet(6),
        Fate::Expired,
    ];
    let report = report(&brief(24), &tally(&fates, 4));
    assert_eq!(
        (
            report.recipients,
            report.would_send,
            report.held_by_quiet_hours
        ),
        (8, 3, 1)
    );
    let reasons: Vec<(&str, u64)> = report
        .suppressed
        .iter()
        .map(|one| (one.reason.as_str(), one.count))
        .collect();
    assert_eq!(reasons, [("OPTED_OUT_GLOBAL", 2), ("CONTACT_GONE", 1)]);
    assert_eq!(report.segments, [(1, 2), (3, 1)].into());
    assert_eq!(
        report.cost.total_micros,
        [("USD".to_string(), 5 * 7_500)].into()
    );
    let hours: Vec<(String, u64)> = report
        .hours
        .iter()
        .map(|hour| (hour.at.to_rfc3339(), hour.texts))
        .collect();
    assert_eq!(
        hours,
        [
            ("2026-06-10T15:00:00+00:00".to_string(), 2),
            ("2026-06-10T21:00:00+00:00".to_string(), 1)
        ]
    );
    assert_eq!(report.local_hours[0].local, "2026-06-10T11:00");
    assert_eq!(
        report.at_risk,
        AtRisk {
            count: 1,
            expired: 1,
            late: 0
        }
    );
    assert_eq!(codes(&report), ["expiry_risk"]);
    let seen = report.seen();
    assert_eq!((seen.forecast.segments, seen.forecast.would_send), (5, 3));
}

#[test]
fn whose_turn_comes_after_the_validity_is_at_risk() {
    let fates = vec![Fate::Sent(1); 5000];
    let report = report(&brief(1), &tally(&fates, 500));
    assert_eq!((report.would_send, report.at_risk.late), (5000, 1400));
    assert!(codes(&report).contains(&"expiry_risk"));
    let mut slow = brief(24);
    slow.throttle = Some(Throttle {
        per_minute: Some(10),
        percent_per_hour: None,
    });
    let report = super::report(&slow, &tally(&fates, 500));
    assert_eq!(
        report.finish.unwrap().to_rfc3339(),
        "2026-06-10T23:20:00+00:00"
    );
}

#[test]
fn an_empty_audience_is_warned_of() {
    let report = report(&brief(1), &Tally::default());
    assert_eq!(codes(&report), ["empty_audience"]);
    assert_eq!(report.finish, None);
}
