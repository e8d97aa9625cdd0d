use super::*;
use crate::appointment::testing::{appointment, at, telling};

const NOW: UnixMillis = UnixMillis(1_795_000_000_000);

fn moved(before: &Appointment, local: &str) -> Appointment {
    let mut after = before.clone();
    after.agreed.local = at(local);
    after.starts_at = after.agreed.starts_at();
    after.version += 1;
    after
}

#[test]
fn only_what_is_newer_and_different_changes_an_appointment() {
    let mut before = appointment();
    before.source_version = Some(4);
    let same = before.agreed.clone();
    let later = moved(&before, "2026-12-02T14:00").agreed;
    let elsewhere = Agreed {
        location: "Oak St".into(),
        ..same.clone()
    };
    let renamed = Agreed {
        subject: "Check-up".into(),
        ..same.clone()
    };
    for (version, agreed, wanted) in [
        (Some(3), &later, Effect::IgnoredStale),
        (Some(4), &later, Effect::Unchanged),
        (Some(5), &later, Effect::Rescheduled),
        (None, &later, Effect::Rescheduled),
        (Some(5), &elsewhere, Effect::Rescheduled),
        (Some(5), &renamed, Effect::Updated),
        (Some(5), &same, Effect::Unchanged),
    ] {
        assert_eq!(
            effect(&before, told(version, agreed)),
            wanted,
            "{version:?}"
        );
    }
    before.status = Status::Cancelled;
    assert_eq!(effect(&before, told(Some(5), &same)), Effect::Scheduled);
    before.status = Status::NoShow;
    assert_eq!(effect(&before, told(Some(5), &same)), Effect::Unchanged);
    assert_eq!(effect(&before, told(Some(5), &later)), Effect::Scheduled);
}

fn told(source_version: Option<i64>, agreed: &Agreed) -> Told<'_> {
    Told {
        source_version,
        agreed,
        plan: None,
        takes_place: false,
    }
}

#[test]
fn another_plan_or_the_place_of_another_one_is_a_change_and_the_same_plan_is_none() {
    let mut before = appointment();
    before.source_version = Some(4);
    let same = before.agreed.clone();
    let newer = told(Some(5), &same);
    let other_plan = Told {
        plan: Some(ReminderPlanId::from_raw(9)),
        ..newer
    };
    let same_plan = Told {
        plan: Some(before.plan),
        ..newer
    };
    let takes_place = Told {
        takes_place: true,
        ..newer
    };
    assert_eq!(effect(&before, other_plan), Effect::Updated);
    assert_eq!(effect(&before, takes_place), Effect::Updated);
    assert_eq!(effect(&before, same_plan), Effect::Unchanged);
    let stale = Told {
        source_version: Some(3),
        ..other_plan
    };
    assert_eq!(effect(&before, stale), Effect::IgnoredStale);
    before.status = Status::Completed;
    assert_eq!(effect(&before, other_plan), Effect::Unchanged);
}

#[test]
fn small_moves_keep_a_confirmation_and_their_sum_does_not() {
    let mut before = appointment();
    before.confirmation = Confirmation::Confirmed;
    before.confirmed_starts_at = Some(before.starts_at);
    let threshold = Duration::minutes(15);
    let mut keeps = |local: &str| {
        let after = moved(&before, local);
        let keeps = keeps_confirmation(&before, &after.agreed, threshold);
        before = after;
        keeps
    };
    assert!(keeps("2026-12-01T14:10"));
    assert!(keeps("2026-12-01T13:50"));
    assert!(!keeps("2026-12-01T13:40"));
}

#[test]
fn a_notice_goes_to_those_who_know_something_that_is_not_true_any_more() {
    let before = appointment();
    let after = moved(&before, "2026-12-02T14:00");
    let decide = |tellings: &[Telling]| decision(&after, tellings, NOW);
    assert_eq!(decide(&[]), NoticeDecision::NotNeeded);
    let never = telling(&before, 1, TellingState::Never);
    assert_eq!(decide(&[never]), NoticeDecision::NotNeeded);
    let leaving = telling(&before, 1, TellingState::Queued);
    assert_eq!(decide(&[leaving]), NoticeDecision::Undecided);
    let left = telling(&before, 1, TellingState::Left);
    assert_eq!(
        decide(std::slice::from_ref(&left)),
        NoticeDecision::WillSend
    );
    let told_since = telling(&after, 2, TellingState::Left);
    assert_eq!(
        decide(&[left.clone(), told_since]),
        NoticeDecision::NotNeeded
    );
    // Moved back before the notice left.
    let mut back = before.clone();
    back.version = 3;
    assert_eq!(decision(&back, &[left], NOW), NoticeDecision::NotNeeded);
}

#[test]
fn a_cancellation_is_told_once_and_never_after_the_start() {
    let before = appointment();
    let mut cancelled = before.clone();
    cancelled.status = Status::Cancelled;
    cancelled.version = 2;
    let left = telling(&before, 1, TellingState::Left);
    let tellings = [left.clone()];
    let decide = |now| decision(&cancelled, &tellings, now);
    assert_eq!(decide(NOW), NoticeDecision::WillSend);
    assert_eq!(decide(cancelled.starts_at), NoticeDecision::NotNeeded);
    let mut said = telling(&cancelled, 2, TellingState::Left);
    said.kind = TellingKind::Cancelled;
    let both = [left, said];
    assert_eq!(decision(&cancelled, &both, NOW), NoticeDecision::NotNeeded);
    assert_eq!(decision(&cancelled, &[], NOW), NoticeDecision::NotNeeded);
    cancelled.confirmation = Confirmation::Confirmed;
    assert_eq!(decision(&cancelled, &[], NOW), NoticeDecision::WillSend);
    // Booked again: the person believes it was cancelled.
    let mut again = before;
    again.version = 3;
    assert_eq!(decision(&again, &both, NOW), NoticeDecision::WillSend);
}
