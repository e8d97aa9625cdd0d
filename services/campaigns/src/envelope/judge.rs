//! Whether a run may go on: a pure function of what is known.

use contract::UnixMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Bound, Envelope, Figures, Phase};
use crate::percent::Percent;

/// A run with an envelope, as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub envelope: &'a Envelope,
    pub phase: Phase,
    pub waived: &'a [Bound],
    /// People of the canary.
    pub canary: u64,
    pub canary_done_at: Option<UnixMillis>,
    pub figures: &'a Figures,
    pub now: UnixMillis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    Wait(Waiting),
    /// Everybody may go.
    Widen,
    /// This bound is left; the envelope says what follows.
    Breach(Bound),
}

/// What a run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// The canary is not released in full.
    Canary,
    /// The canary is being watched.
    Watch,
    /// Fewer outcomes than the envelope asks for.
    Outcomes,
    /// What the texts cost cannot be told just now.
    Spend,
    /// Nothing: everybody may go, and the bounds are watched.
    End,
}

/// Judges. In the canary a share is judged once the watch has ended, or as soon as it would be too high even if
/// everybody else of the canary did well; so the order in which outcomes come changes nothing. Afterwards it is judged
/// over all outcomes at every look.
pub fn judge(case: &Case<'_>) -> Judgement {
    let figures = case.figures;
    if let Some(max) = &case.envelope.max_spend
        && figures
            .spend_micros
            .is_some_and(|spent| spent > max.amount_micros)
        && !case.waived.contains(&Bound::Spend)
    {
        return Judgement::Breach(Bound::Spend);
    }
    let enough = figures.sample() >= u64::from(case.envelope.min_sample);
    if case.phase == Phase::Wide {
        return match exceeded(case, None).filter(|_| enough) {
            Some(bound) => Judgement::Breach(bound),
            None => Judgement::Wait(Waiting::End),
        };
    }
    if let Some(bound) = exceeded(case, Some(case.canary)).filter(|_| enough) {
        return Judgement::Breach(bound);
    }
    let Some(done_at) = case.canary_done_at else {
        return Judgement::Wait(Waiting::Canary);
    };
    if case.now.0 < done_at.0.saturating_add(case.envelope.watch_ms()) {
        return Judgement::Wait(Waiting::Watch);
    }
    if !enough {
        return Judgement::Wait(Waiting::Outcomes);
    }
    if let Some(bound) = exceeded(case, None) {
        return Judgement::Breach(bound);
    }
    if case.envelope.max_spend.is_some() && figures.spend_micros.is_none() {
        return Judgement::Wait(Waiting::Spend);
    }
    Judgement::Widen
}

/// The first share that is too high and was not set aside; of `at_least` people where so many may still have an
/// outcome.
fn exceeded(case: &Case<'_>, at_least: Option<u64>) -> Option<Bound> {
    let mut bounds = shares(case.envelope, case.figures, at_least.unwrap_or(0));
    bounds.find(|bound| !case.waived.contains(bound))
}

/// Shares that are too high.
fn shares<'a>(
    envelope: &'a Envelope,
    figures: &'a Figures,
    at_least: u64,
) -> impl Iterator<Item = Bound> + 'a {
    let sample = figures.sample().max(at_least);
    let handed_over = figures.handed_over.max(at_least);
    let shares: [(Bound, Option<Percent>, u64, u64); 3] = [
        (
            Bound::OptOutRate,
            envelope.max_opt_out_percent,
            figures.opt_outs,
            handed_over,
        ),
        (
            Bound::FilteredRate,
            envelope.max_filtered_percent,
            figures.filtered,
            sample,
        ),
        (
            Bound::ErrorRate,
            envelope.max_error_percent,
            figures.errors(),
            sample,
        ),
    ];
    shares.into_iter().filter_map(|(bound, max, part, whole)| {
        let too_high = max.is_some_and(|max| max.is_exceeded(part, whole));
        too_high.then_some(bound)
    })
}

/// Every bound that these figures leave, whatever the sample.
pub fn left(envelope: &Envelope, figures: &Figures) -> Vec<Bound> {
    let mut left: Vec<Bound> = shares(envelope, figures, 0).collect();
    let max = envelope.max_spend.as_ref().map(|max| max.amount_micros);
    if figures
        .spend_micros
        .zip(max)
        .is_some_and(|(spent, max)| spent > max)
    {
        left.push(Bound::Spend);
    }
    left
}

#[cfg(test)]
mod tests {
    use contract::Reason;
    use contract::chunk::Outcome;
    use proptest::prelude::*;

    use super::*;
    use crate::envelope::Money;
    use crate::fold::{Mark, Marks};

    const WATCH: i64 = 600_000;

    fn envelope() -> Envelope {
        Envelope {
            max_opt_out_percent: Some(Percent(100)),
            max_filtered_percent: Some(Percent(200)),
            max_spend: Some(Money {
                amount_micros: 1_000,
                currency: "EUR".into(),
            }),
            ..crate::envelope::tests::envelope()
        }
    }

    fn fine() -> Figures {
        Figures {
            released: 100,
            handed_over: 100,
            spend_micros: Some(0),
            ..Figures::default()
        }
    }

    fn judged(figures: &Figures, phase: Phase, now: i64) -> Judgement {
        judge(&Case {
            envelope: &envelope(),
            phase,
            waived: &[],
            canary: 100,
            canary_done_at: Some(UnixMillis(0)),
            figures,
            now: UnixMillis(now),
        })
    }

    /// Shares by plain arithmetic.
    fn breached(figures: &Figures) -> bool {
        let over = |part: u64, whole: u64, percent: u64| part * 100 > whole * percent;
        over(figures.opt_outs, figures.handed_over, 1)
            || over(figures.filtered, figures.sample(), 2)
            || over(figures.errors(), figures.sample(), 6)
            || figures.spend_micros.is_some_and(|spent| spent > 1_000)
    }

    fn figures() -> impl Strategy<Value = Figures> {
        let counts = (0u64..100, 0u64..12, 0u64..12, 0u64..5, 0u64..5, 0u64..4);
        (counts, prop::option::of(0u64..1_100)).prop_map(|(counts, spend_micros)| {
            let (delivered, failed, undelivered, filtered, unknown, opt_outs) = counts;
            Figures {
                released: 100,
                handed_over: delivered + undelivered,
                failed,
                undelivered,
                filtered: filtered.min(failed + undelivered),
                unknown,
                opt_outs,
                spend_micros,
            }
        })
    }

    fn outcomes() -> impl Strategy<Value = Vec<(u16, Mark)>> {
        let mark = prop::sample::select(vec![
            Mark::new(Outcome::HandedOver, Reason::OK, None),
            Mark::new(Outcome::HandedOver, Reason::OK, None),
            Mark::new(Outcome::HandedOver, Reason::OK, None),
            Mark::new(Outcome::Failed, Reason::CARRIER_REJECTED, None),
            Mark::new(Outcome::Undelivered, Reason::CARRIER_FILTERED, None),
            Mark::new(Outcome::Suppressed, Reason::NO_CONSENT, None),
        ]);
        prop::collection::vec((0u16..100, mark), 0..300)
    }

    fn verdict(outcomes: &[(u16, Mark)]) -> Judgement {
        let mut marks = Marks::pending(100);
        for (position, mark) in outcomes {
            marks.fold(mark, &[*position]);
        }
        let mut figures = Figures {
            spend_micros: Some(0),
            ..Figures::default()
        };
        figures.add(&marks.tally());
        judged(&figures, Phase::Canary, WATCH)
    }

    proptest! {
        #[test]
        fn a_breach_is_never_widened(figures in figures(), now in 0..2 * WATCH) {
            let judgement = judged(&figures, Phase::Canary, now);
            if breached(&figures) || now < WATCH || figures.sample() < 50 || figures.spend_micros.is_none() {
                prop_assert_ne!(judgement, Judgement::Widen);
            } else {
                prop_assert_eq!(judgement, Judgement::Widen);
            }
        }

        #[test]
        fn only_a_breach_is_called_one(figures in figures(), now in 0..2 * WATCH, wide in any::<bool>()) {
            let phase = if wide { Phase::Wide } else { Phase::Canary };
            if let Judgement::Breach(_) = judged(&figures, phase, now) {
                prop_assert!(breached(&figures));
            }
        }

        #[test]
        fn the_order_of_outcomes_changes_nothing(
            (outcomes, shuffled) in outcomes().prop_flat_map(|o| (Just(o.clone()), Just(o).prop_shuffle()))
        ) {
            prop_assert_eq!(verdict(&outcomes), verdict(&shuffled));
        }
    }

    #[test]
    fn a_canary_is_stopped_as_soon_as_nothing_can_save_it() {
        let failing = |failed| Figures {
            failed,
            handed_over: 60 - failed,
            ..fine()
        };
        // Six of a hundred are allowed.
        let six = judged(&failing(6), Phase::Canary, 0);
        assert_eq!(six, Judgement::Wait(Waiting::Watch));
        let seven = judged(&failing(7), Phase::Canary, 0);
        assert_eq!(seven, Judgement::Breach(Bound::ErrorRate));
    }

    #[test]
    fn what_a_wide_run_waits_for_is_its_end_until_a_bound_is_left() {
        assert_eq!(
            judged(&fine(), Phase::Wide, 0),
            Judgement::Wait(Waiting::End)
        );
        let opted_out = Figures {
            opt_outs: 2,
            ..fine()
        };
        assert_eq!(
            judged(&opted_out, Phase::Wide, 0),
            Judgement::Breach(Bound::OptOutRate)
        );
    }

    #[test]
    fn a_bound_that_was_set_aside_is_not_judged_again() {
        let failing = Figures {
            failed: 50,
            ..fine()
        };
        let (envelope, waived) = (envelope(), [Bound::ErrorRate]);
        let mut case = Case {
            envelope: &envelope,
            phase: Phase::Wide,
            waived: &[],
            canary: 100,
            canary_done_at: None,
            figures: &failing,
            now: UnixMillis(0),
        };
        assert_eq!(judge(&case), Judgement::Breach(Bound::ErrorRate));
        case.waived = &waived;
        assert_eq!(judge(&case), Judgement::Wait(Waiting::End));
    }

    #[test]
    fn too_few_outcomes_keep_the_canary_waiting() {
        let few = Figures {
            handed_over: 49,
            ..fine()
        };
        assert_eq!(
            judged(&few, Phase::Canary, WATCH),
            Judgement::Wait(Waiting::Outcomes)
        );
        assert_eq!(judged(&fine(), Phase::Canary, WATCH), Judgement::Widen);
    }
}
