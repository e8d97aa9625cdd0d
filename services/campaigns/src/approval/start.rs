//! What a start needs that nobody has approved. Its launch was judged when its audience may have been another one, so
//! the settings are asked again when its time comes.

use super::{Refusal, Rules, Seen, Versions, differ_in_words};

/// A start at a time, or of a slot, and all that has a say in it.
#[derive(Debug)]
pub struct Start<'s> {
    pub rules: &'s Rules,
    /// As everything stands at this moment.
    pub versions: &'s Versions,
    /// What the last preflight of the campaign saw. It does not age: a launch for later carried it.
    pub looked: Option<&'s Seen>,
}

impl Start<'_> {
    /// People come and go between a launch and its start, so who they are is not compared: how many they are is. A
    /// preflight counts for so many as the settings ask one for if it saw as many, with these words and policies.
    pub fn judge(&self) -> Result<(), Refusal> {
        let count = self.versions.audience.count;
        if count == 0 {
            return Ok(());
        }
        let reached = |from: Option<u64>| from.is_some_and(|from| count >= from);
        if reached(self.rules.approval_from) {
            return Err(Refusal::ApprovalRequired);
        }
        let looked = self
            .looked
            .filter(|seen| differ_in_words(&seen.versions, self.versions).is_empty());
        let saw = looked.map_or(0, |seen| seen.versions.audience.count);
        if reached(self.rules.preflight_from.filter(|from| saw < *from)) {
            return Err(Refusal::PreflightRequired);
        }
        let Some(bound) = &self.rules.approval_from_cost else {
            return Ok(());
        };
        let Some(seen) = looked.filter(|_| saw > 0) else {
            return Err(Refusal::PreflightRequired);
        };
        match cost(seen, &bound.currency, count) {
            Some(cost) if cost >= i128::from(bound.micros) => Err(Refusal::ApprovalRequired),
            _ => Ok(()),
        }
    }
}

/// What so many people cost if they cost as much each as those whom a preflight saw.
fn cost(seen: &Seen, currency: &str, count: u64) -> Option<i128> {
    let micros = i128::from(*seen.forecast.cost_micros.get(currency)?);
    let saw = i128::from(seen.versions.audience.count).max(1);
    Some((micros * i128::from(count) + saw - 1) / saw)
}

#[cfg(test)]
mod tests {
    use super::super::{Amount, tests};
    use super::*;

    /// A thousand people, at 900,000 micros.
    fn seen() -> Seen {
        tests::seen(1800, 900_000)
    }

    fn judge(rules: &Rules, count: u64, looked: Option<&Seen>) -> Result<(), Refusal> {
        let mut versions = seen().versions;
        versions.audience.count = count;
        versions.audience.digest = "of those who are there now".into();
        Start {
            rules,
            versions: &versions,
            looked,
        }
        .judge()
    }

    #[test]
    fn so_many_as_need_an_approval_do_not_start_without_one() {
        let rules = Rules {
            approval_from: Some(5_000),
            ..tests::rules()
        };
        assert_eq!(judge(&rules, 4_999, None), Ok(()));
        let refused = Err(Refusal::ApprovalRequired);
        assert_eq!(judge(&rules, 5_000, None), refused);
        assert_eq!(judge(&rules, 5_000, Some(&seen())), refused);
    }

    #[test]
    fn a_preflight_counts_at_the_start_if_it_saw_as_many_with_these_words_and_policies() {
        let mut rules = Rules {
            preflight_from: Some(1_000),
            ..tests::rules()
        };
        let refused = Err(Refusal::PreflightRequired);
        assert_eq!(judge(&rules, 999, None), Ok(()));
        assert_eq!(judge(&rules, 1_000, None), refused);
        assert_eq!(judge(&rules, 1_200, Some(&seen())), Ok(()));
        let (mut words, mut policies) = (seen(), seen());
        words.versions.template_version = 2;
        policies.versions.policy = "q".into();
        for other in [words, policies] {
            assert_eq!(judge(&rules, 1_000, Some(&other)), refused);
        }
        rules.preflight_from = Some(1_001);
        assert_eq!(judge(&rules, 1_001, Some(&seen())), refused);
    }

    #[test]
    fn the_cost_of_a_start_grows_with_its_audience() {
        let rules = Rules {
            approval_from_cost: Some(Amount {
                micros: 1_800_000,
                currency: "USD".into(),
            }),
            ..tests::rules()
        };
        assert_eq!(judge(&rules, 1_999, Some(&seen())), Ok(()));
        let refused = Err(Refusal::ApprovalRequired);
        assert_eq!(judge(&rules, 2_000, Some(&seen())), refused);
        assert_eq!(judge(&rules, 1, None), Err(Refusal::PreflightRequired));
        assert_eq!(judge(&rules, 0, None), Ok(()));
        let mut nobody = seen();
        nobody.versions.audience.count = 0;
        let refused = Err(Refusal::PreflightRequired);
        assert_eq!(judge(&rules, 1, Some(&nobody)), refused);
    }
}
