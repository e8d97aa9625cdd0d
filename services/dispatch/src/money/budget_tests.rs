use proptest::prelude::*;

use super::*;

const DAY_MS: i64 = 86_400_000;

fn cap(campaign: Option<u128>, period: Period, micros: i64) -> Cap {
    Cap {
        campaign: campaign.map(CampaignId::from_raw),
        period,
        micros,
        currency: Currency::parse("USD").unwrap(),
    }
}

#[test]
fn part_of_a_piece_passes_and_the_rest_is_stopped_by_the_cap_that_lasts_longest() {
    let caps = [cap(None, Period::Day, 100), cap(None, Period::Total, 100)];
    let fitted = fit(&caps, &[30, 30], &[10, 10, 10, 10, 0]);
    assert_eq!(fitted.stopped_by, [None, None, None, Some(1), None]);
    assert_eq!(fitted.micros, 30);
    let fitted = fit(&caps, &[10, 1000], &[20, 10]);
    assert_eq!(
        fitted.stopped_by,
        [Some(0), None],
        "a cheaper one still fits"
    );
}

#[test]
fn what_a_day_s_cap_stops_waits_for_the_next_day_if_it_may_still_leave_then() {
    let now = UnixMillis(10 * DAY_MS + 5);
    let next = UnixMillis(11 * DAY_MS);
    let far = UnixMillis(20 * DAY_MS);
    assert_eq!(
        stopped(Period::Day, now, far),
        (Outcome::Held, Reason::SPEND_CAP, Some(next))
    );
    assert_eq!(stopped(Period::Day, now, next).0, Outcome::Failed);
    assert_eq!(stopped(Period::Total, now, far).0, Outcome::Failed);
}

#[test]
fn a_campaign_s_cap_counts_its_own_texts_and_the_account_s_counts_all() {
    let now = UnixMillis(10 * DAY_MS);
    let day = Period::Day.key(now);
    let spent = [
        Spent {
            campaign: None,
            period: day.clone(),
            micros: 50,
        },
        Spent {
            campaign: Some(CampaignId::from_raw(1)),
            period: "all".to_string(),
            micros: 20,
        },
    ];
    let hold = |campaign, day: &str, micros| Held {
        campaign: CampaignId::from_raw(campaign),
        day: day.to_string(),
        micros,
    };
    let held = [hold(1, &day, 3), hold(2, &day, 4), hold(2, "1970-01-10", 9)];
    let of = |cap| standing(&cap, &spent, &held, now);
    let account = of(cap(None, Period::Day, 100));
    assert_eq!((account.spent, account.reserved, account.left), (50, 7, 43));
    let campaign = of(cap(Some(1), Period::Total, 22));
    assert_eq!(
        (campaign.spent, campaign.reserved, campaign.left),
        (20, 3, -1)
    );
    assert_eq!(of(cap(Some(2), Period::Total, 100)).reserved, 13);
}

#[test]
fn marks_are_reached_at_eighty_per_cent_and_when_something_is_stopped() {
    let cap = cap(None, Period::Day, 100);
    assert_eq!(
        [79, 80, 99, 100].map(|used| mark(&cap, used, false)),
        [0, 80, 80, 100]
    );
    assert_eq!(mark(&cap, 95, true), 100);
    assert_eq!(mark(&super::Cap { micros: 0, ..cap }, 0, false), 100);
}

/// What slots do in turn: reserve, and later settle with some texts sent and the rest given back.
#[derive(Debug, Clone)]
enum Step {
    Reserve(Vec<i64>),
    Settle { which: usize, sent: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::collection::vec(0_i64..60, 1..20).prop_map(Step::Reserve),
        (any::<usize>(), any::<u64>()).prop_map(|(which, sent)| Step::Settle { which, sent }),
    ]
}

proptest! {
    #[test]
    fn no_order_of_reserving_settling_and_giving_back_spends_above_a_cap(
        steps in prop::collection::vec(step(), 1..80), day in 0_i64..2000, total in 0_i64..2000
    ) {
        let now = UnixMillis(10 * DAY_MS);
        let caps = [cap(None, Period::Day, day), cap(Some(1), Period::Total, total)];
        let (mut sum, mut open): (i64, Vec<Vec<i64>>) = (0, Vec::new());
        for step in steps {
            match step {
                Step::Reserve(costs) => {
                    let spent = [
                        Spent { campaign: None, period: Period::Day.key(now), micros: sum },
                        Spent { campaign: Some(CampaignId::from_raw(1)), period: "all".to_string(), micros: sum },
                    ];
                    let held: Vec<Held> = open.iter().map(|hold| Held {
                        campaign: CampaignId::from_raw(1),
                        day: Period::Day.key(now),
                        micros: hold.iter().sum(),
                    }).collect();
                    let left: Vec<i64> =
                        caps.iter().map(|cap| standing(cap, &spent, &held, now).left).collect();
                    let fitted = fit(&caps, &left, &costs);
                    let passed: Vec<i64> = costs.iter().zip(&fitted.stopped_by)
                        .filter(|(_, stopped)| stopped.is_none()).map(|(cost, _)| *cost).collect();
                    prop_assert_eq!(passed.iter().sum::<i64>(), fitted.micros);
                    open.push(passed);
                }
                Step::Settle { which, sent } => {
                    if open.is_empty() { continue; }
                    let hold = open.swap_remove(which % open.len());
                    sum += hold.iter().enumerate().filter(|(n, _)| sent & (1 << n) != 0).map(|(_, cost)| *cost).sum::<i64>();
                }
            }
            let in_flight: i64 = open.iter().flatten().sum();
            prop_assert!(sum + in_flight <= day.min(total).max(0));
        }
    }
}
