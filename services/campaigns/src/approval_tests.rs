use proptest::prelude::*;

use super::*;

pub(super) fn seen(segments: u64, usd: i64) -> Seen {
    Seen {
        versions: Versions {
            content: "c".into(),
            template_version: 3,
            audience: AudienceVersion {
                digest: "d".into(),
                count: 1000,
            },
            policy: "p".into(),
        },
        forecast: Expected {
            would_send: 900,
            segments,
            cost_micros: [("USD".to_string(), usd)].into(),
        },
    }
}

pub(super) fn rules() -> Rules {
    Rules {
        preflight_from: None,
        approval_from: None,
        approval_from_cost: None,
        preflight_lasts: 3_600_000,
        drift_percent: 5.0,
    }
}

fn finished(seen: Seen) -> Finished {
    Finished {
        seen,
        at: UnixMillis(0),
    }
}

fn judge(
    rules: &Rules,
    now: &Seen,
    carried: bool,
    preflight: Option<&Finished>,
    approved: Option<&Seen>,
) -> Result<(), Refusal> {
    let versions = &now.versions;
    let now = UnixMillis(1000);
    Launch {
        rules,
        now,
        versions,
        carried,
        preflight,
        approved,
    }
    .judge()
}

#[test]
fn without_settings_a_launch_is_asked_for_nothing() {
    assert!(rules().ask_nothing());
    assert_eq!(judge(&rules(), &seen(10, 10), false, None, None), Ok(()));
    let mut old = finished(seen(10, 10));
    old.seen.versions.policy = "other".into();
    assert_eq!(
        judge(&rules(), &seen(10, 10), false, Some(&old), None),
        Ok(()),
        "a stale preflight that nobody names has no say"
    );
}

#[test]
fn a_launch_that_carries_a_preflight_is_held_to_it() {
    let now = seen(10, 10);
    let fresh = finished(now.clone());
    assert_eq!(judge(&rules(), &now, true, Some(&fresh), None), Ok(()));
    for (change, moved) in changes() {
        let mut other = now.clone();
        change(&mut other.versions);
        assert_eq!(
            judge(&rules(), &other, true, Some(&fresh), None),
            Err(Refusal::PreflightStale(vec![moved]))
        );
    }
    let old = Finished {
        at: UnixMillis(-3_600_000),
        ..fresh
    };
    assert_eq!(
        judge(&rules(), &now, true, Some(&old), None),
        Err(Refusal::PreflightStale(vec![Moved::Age]))
    );
}

type Change = fn(&mut Versions);

fn changes() -> [(Change, Moved); 5] {
    [
        (|one| one.content.push('x'), Moved::Content),
        (|one| one.template_version += 1, Moved::Content),
        (|one| one.audience.digest.push('x'), Moved::Audience),
        (|one| one.audience.count += 1, Moved::Audience),
        (|one| one.policy.push('x'), Moved::Policy),
    ]
}

#[test]
fn from_the_thresholds_on_a_launch_needs_what_they_say() {
    let now = seen(1000, 7_000_000);
    let fresh = finished(now.clone());
    let of = |preflight_from, approval_from, micros: Option<i64>| Rules {
        preflight_from,
        approval_from,
        approval_from_cost: micros.map(|micros| Amount {
            micros,
            currency: "USD".into(),
        }),
        ..rules()
    };
    let look = of(Some(1000), None, None);
    assert_eq!(
        judge(&look, &now, false, Some(&fresh), None),
        Err(Refusal::PreflightRequired)
    );
    assert_eq!(judge(&look, &now, true, Some(&fresh), None), Ok(()));
    let many = of(Some(1001), Some(1000), None);
    assert_eq!(
        judge(&many, &now, true, Some(&fresh), None),
        Err(Refusal::ApprovalRequired)
    );
    assert_eq!(judge(&many, &now, false, Some(&fresh), Some(&now)), Ok(()));
    let dear = of(None, None, Some(7_000_000));
    assert_eq!(
        judge(&dear, &now, false, None, None),
        Err(Refusal::PreflightRequired),
        "nobody knows what it costs"
    );
    assert_eq!(
        judge(&dear, &now, false, Some(&fresh), None),
        Err(Refusal::ApprovalRequired)
    );
    let dearer = of(None, None, Some(7_000_001));
    assert_eq!(judge(&dearer, &now, false, Some(&fresh), None), Ok(()));
}

#[test]
fn a_later_preflight_that_expects_more_voids_an_approval() {
    let approved = seen(1000, 1_000_000);
    for (segments, usd, moved) in [
        (1050, 1_050_000, None),
        (1051, 1_000_000, Some(Moved::Segments)),
        (949, 1_000_000, Some(Moved::Segments)),
        (1000, 1_050_001, Some(Moved::Cost)),
    ] {
        let later = finished(seen(segments, usd));
        let wanted = moved.map_or(Ok(()), |moved| Err(Refusal::ApprovalVoid(vec![moved])));
        assert_eq!(
            judge(&rules(), &approved, false, Some(&later), Some(&approved)),
            wanted
        );
    }
}

#[test]
fn neither_who_asks_nor_who_wrote_it_may_approve() {
    let [a, b, c] = [1, 2, 3].map(KeyId::from_raw);
    assert!(!may_approve(a, a, Some(b)));
    assert!(!may_approve(b, a, Some(b)));
    assert!(may_approve(c, a, Some(b)));
    assert!(may_approve(c, a, None));
}

fn any_seen() -> impl Strategy<Value = Seen> {
    let text = "[a-f0-9]{8}";
    (
        text,
        1_u32..9,
        text,
        0_u64..1_000_000,
        text,
        0_u64..2_000_000,
        -5_i64..1_000_000_000,
    )
        .prop_map(
            |(content, template_version, digest, count, policy, segments, usd)| Seen {
                versions: Versions {
                    content,
                    template_version,
                    audience: AudienceVersion { digest, count },
                    policy,
                },
                forecast: Expected {
                    would_send: segments,
                    segments,
                    cost_micros: [("USD".to_string(), usd)].into(),
                },
            },
        )
}

proptest! {
    #[test]
    fn what_has_not_moved_voids_nothing(seen in any_seen(), percent in 0.0..50.0_f64) {
        prop_assert_eq!(drift(&seen, &seen, percent), vec![]);
        prop_assert_eq!(seen.hash(), seen.clone().hash());
    }

    #[test]
    fn any_single_drift_voids_and_is_named(approved in any_seen(), which in 0..5_usize, percent in 0.0..50.0_f64) {
        let (change, moved) = changes()[which];
        let mut now = approved.clone();
        change(&mut now.versions);
        prop_assert_eq!(drift(&approved, &now, percent), vec![moved]);
        prop_assert_ne!(approved.hash(), now.hash());
        let latest = finished(approved.clone());
        let told = judge(&rules(), &now, false, Some(&latest), Some(&approved));
        prop_assert_eq!(told, Err(Refusal::ApprovalVoid(vec![moved])));
    }

    #[test]
    fn a_forecast_voids_exactly_beyond_the_percentage(
        segments in 1_000_u64..1_000_000, moved_by in 0_u64..100, percent in 0_u32..60,
    ) {
        let approved = seen(segments * 100, 0);
        for is in [segments * (100 + moved_by), segments * (100 - moved_by)] {
            let off = drift(&approved, &seen(is, 0), f64::from(percent));
            prop_assert_eq!(off.contains(&Moved::Segments), moved_by > u64::from(percent));
        }
    }

    #[test]
    fn another_currency_is_another_cost(micros in 1_i64..1_000_000) {
        let approved = seen(10, micros);
        let mut now = approved.clone();
        now.forecast.cost_micros = [("EUR".to_string(), micros)].into();
        prop_assert_eq!(drift(&approved, &now, 50.0), vec![Moved::Cost]);
    }
}
