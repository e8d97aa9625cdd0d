//! What a retry needs. It texts some of those again whom the launch was for, so who they are is not compared.

use std::collections::BTreeMap;

use super::{Expected, Moved, Refusal, Rules, Seen, Versions, differ_in_words};

/// A retry, and all that has a say in it.
#[derive(Debug)]
pub struct Retry<'r> {
    pub rules: &'r Rules,
    /// The words it would send and the policies in force now.
    pub versions: &'r Versions,
    /// Whom it would text.
    pub people: u64,
    /// What the last preflight of the campaign saw. It does not age: whom the retry texts was in the audience it looked at.
    pub looked: Option<&'r Seen>,
    /// What somebody has approved.
    pub approved: Option<&'r Seen>,
}

impl Retry<'_> {
    /// A campaign that was approved keeps to the words and policies of its approval. One that was not is asked for
    /// what a launch for so many people would be.
    pub fn judge(&self) -> Result<(), Refusal> {
        if let Some(approved) = self.approved {
            let moved = self.moved(approved);
            return match moved.is_empty() {
                true => Ok(()),
                false => Err(Refusal::ApprovalVoid(moved)),
            };
        }
        let looked = self.looked.filter(|seen| self.moved(seen).is_empty());
        let reached = |from: Option<u64>| from.is_some_and(|from| self.people >= from);
        if looked.is_none() && reached(self.rules.preflight_from) {
            return Err(Refusal::PreflightRequired);
        }
        if reached(self.rules.approval_from) {
            return Err(Refusal::ApprovalRequired);
        }
        let Some(bound) = &self.rules.approval_from_cost else {
            return Ok(());
        };
        let costs = looked.and_then(|seen| share(&seen.forecast, self.people));
        let costs = costs.ok_or(Refusal::PreflightRequired)?;
        match costs.get(bound.currency.as_str()) {
            Some(cost) if *cost >= i128::from(bound.micros) => Err(Refusal::ApprovalRequired),
            _ => Ok(()),
        }
    }

    fn moved(&self, before: &Seen) -> Vec<Moved> {
        differ_in_words(&before.versions, self.versions)
    }
}

/// What texts to so many people cost if they cost as much each as those of a forecast. `None`: it knows of no texts.
fn share(forecast: &Expected, people: u64) -> Option<BTreeMap<&str, i128>> {
    let texts = i128::from(forecast.would_send);
    let costs = forecast.cost_micros.iter().map(|(currency, micros)| {
        let all = i128::from(*micros) * i128::from(people);
        (currency.as_str(), (all + texts - 1) / texts.max(1))
    });
    (texts > 0).then(|| costs.collect())
}

#[cfg(test)]
mod tests {
    use super::super::{Amount, tests};
    use super::*;

    fn seen() -> Seen {
        tests::seen(1800, 900_000)
    }

    fn rules() -> Rules {
        Rules {
            preflight_from: Some(100),
            approval_from: Some(500),
            ..tests::rules()
        }
    }

    fn judge(
        rules: &Rules,
        now: &Seen,
        people: u64,
        looked: Option<&Seen>,
        approved: Option<&Seen>,
    ) -> Result<(), Refusal> {
        let versions = &now.versions;
        Retry {
            rules,
            versions,
            people,
            looked,
            approved,
        }
        .judge()
    }

    #[test]
    fn what_was_approved_is_retried_by_any_number_with_the_same_words_under_the_same_policies() {
        let (mut now, approved) = (seen(), seen());
        // Fewer people than the launch was for.
        now.versions.audience.digest = "of those who failed".into();
        let of = |now: &Seen| judge(&rules(), now, 800, None, Some(&approved));
        assert_eq!(of(&now), Ok(()));
        now.versions.policy = "q".into();
        assert_eq!(of(&now), Err(Refusal::ApprovalVoid(vec![Moved::Policy])));
        now.versions.template_version = 4;
        let both = vec![Moved::Content, Moved::Policy];
        assert_eq!(of(&now), Err(Refusal::ApprovalVoid(both)));
    }

    #[test]
    fn what_nobody_approved_is_retried_up_to_the_bounds_of_a_launch() {
        let (rules, now, looked) = (rules(), seen(), seen());
        let of = |people, looked| judge(&rules, &now, people, looked, None);
        assert_eq!(of(99, None), Ok(()));
        assert_eq!(of(100, None), Err(Refusal::PreflightRequired));
        assert_eq!(of(499, Some(&looked)), Ok(()));
        assert_eq!(of(500, Some(&looked)), Err(Refusal::ApprovalRequired));
        let mut other = seen();
        other.versions.content = "x".into();
        assert_eq!(of(100, Some(&other)), Err(Refusal::PreflightRequired));
    }

    #[test]
    fn the_cost_of_a_retry_is_its_share_of_what_the_preflight_expected() {
        let mut rules = Rules {
            approval_from: None,
            approval_from_cost: Some(Amount {
                micros: 200_000,
                currency: "USD".into(),
            }),
            ..rules()
        };
        let (now, mut looked) = (seen(), seen());
        assert_eq!(judge(&rules, &now, 199, Some(&looked), None), Ok(()));
        let refused = judge(&rules, &now, 200, Some(&looked), None);
        assert_eq!(refused, Err(Refusal::ApprovalRequired));
        let unknown = Err(Refusal::PreflightRequired);
        assert_eq!(judge(&rules, &now, 1, None, None), unknown);
        looked.forecast.would_send = 0;
        assert_eq!(judge(&rules, &now, 1, Some(&looked), None), unknown);
        // An amount in another currency has no say.
        looked = seen();
        rules.approval_from_cost = Some(Amount {
            micros: 1,
            currency: "EUR".into(),
        });
        assert_eq!(judge(&rules, &now, 200, Some(&looked), None), Ok(()));
    }
}
