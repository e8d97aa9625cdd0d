use super::*;
use contract::ids::RunId;
use contract::phone::Phone;

fn outcomes() -> Outcomes {
    let text = |position| Text {
        position,
        contact: ContactId::from_raw(u128::from(position)),
        phone: Phone::from_digits(15_005_551_000).unwrap(),
        zone: None,
        decision: DecisionId::from_raw(1),
        encoding: Encoding::Gsm7,
        segments: 2,
        body: "hi".to_string(),
    };
    let slot = SlotRef {
        run: RunId::from_raw(1 << 40),
        chunk: 0,
        slot: 0,
    };
    Outcomes::new(
        slot,
        CampaignId::from_raw(1),
        &[text(0), text(1), text(2), text(5)],
    )
}

#[test]
fn carrier_answers_become_outcomes_and_a_missing_one_is_unknown() {
    let mut outcomes = outcomes();
    let sent = [0, 1, 2, 5]
        .map(|position| (position, DecisionId::from_raw(9)))
        .to_vec();
    let results = vec![
        SubmitOutcome::Accepted {
            provider_message_id: "a".to_string(),
        },
        SubmitOutcome::rejected(channels::Fault::ProviderFault, "11"),
        SubmitOutcome::NotSent {
            reason: Reason::PERMIT_EXPIRED,
        },
    ];
    outcomes.sent("p", sent, results);
    let outcome = outcomes.finish(UnixMillis(1), true).unwrap();
    let seen: Vec<_> = outcome
        .items
        .iter()
        .map(|item| (item.outcome, item.reason.clone()))
        .collect();
    assert_eq!(seen[0], (Outcome::HandedOver, Reason::OK));
    assert_eq!(seen[1], (Outcome::Failed, Reason::CARRIER_FAULT));
    assert_eq!(seen[2], (Outcome::Failed, Reason::PERMIT_EXPIRED));
    assert_eq!(seen[3], (Outcome::Unknown, Reason::OUTCOME_UNKNOWN));
    assert_eq!(
        (outcome.items[0].decision, outcome.items[0].segments),
        (DecisionId::from_raw(9), 2)
    );
}

#[test]
fn refusals_keep_their_reason_and_strangers_are_ignored() {
    let mut outcomes = outcomes();
    outcomes.refused(vec![OutcomeGroup {
        outcome: Outcome::Held,
        reason: Reason::QUIET_HOURS,
        until: Some(UnixMillis(77)),
        positions: vec![1, 400],
        contacts: vec![ContactId::from_raw(1); 2],
        decisions: vec![DecisionId::from_raw(3); 2],
    }]);
    let outcome = outcomes.finish(UnixMillis(1), false).unwrap();
    assert_eq!(outcome.items.len(), 1);
    assert_eq!(
        (outcome.items[0].position, outcome.items[0].until),
        (1, Some(UnixMillis(77)))
    );
}

#[test]
fn each_carrier_that_answered_has_a_group_and_refusals_stand_in_the_first() {
    let mut outcomes = outcomes();
    outcomes.unknown([5].into_iter());
    let decision = DecisionId::from_raw(9);
    let routed = |route: &str| {
        Some(Routed {
            route: route.to_string(),
            sender: None,
            passed: Vec::new(),
        })
    };
    outcomes.via(routed("a"));
    outcomes.sent("p", vec![(1, decision)], vec![SubmitOutcome::Unknown]);
    outcomes.via(routed("b"));
    let accepted = SubmitOutcome::Accepted {
        provider_message_id: "1".to_string(),
    };
    outcomes.sent(
        "q",
        vec![(0, decision), (2, decision)],
        vec![accepted.clone(), accepted],
    );
    let groups = outcomes.groups(UnixMillis(1), true);
    let seen: Vec<(&str, Vec<u16>, Option<Routed>)> = groups
        .iter()
        .map(|group| {
            let items = group.outcome.items.iter().map(|item| item.position);
            (
                group.outcome.provider.as_str(),
                items.collect(),
                group.routed.clone(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("p", vec![5, 1], routed("a")),
            ("q", vec![0, 2], routed("b"))
        ]
    );
}

#[test]
fn nothing_to_say_is_nothing_to_record() {
    assert!(outcomes().finish(UnixMillis(1), false).is_none());
    assert!(
        outcomes()
            .finish(UnixMillis(1), true)
            .is_some_and(|outcome| outcome.items.is_empty())
    );
}
