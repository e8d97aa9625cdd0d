use proptest::prelude::*;

use super::*;

fn opted_in(programmes: &[&str]) -> Standing {
    let mut standing = Standing::default();
    for (programme, at) in programmes.iter().zip(10..) {
        standing
            .apply(&Change::opt_in(Some(programme), Level::Written, at))
            .unwrap();
    }
    standing
}

fn list(scope: Scope, at: i64) -> Change {
    Change {
        by: "list".to_string(),
        ..Change::opt_out(scope, at)
    }
}

fn level(standing: &Standing, class: Class, programme: &str) -> Level {
    standing.consent(class, programme, SMS, 1_000).level
}

#[test]
fn an_opt_in_dated_at_or_before_a_standing_revocation_is_refused() {
    for scope in [
        Scope::Global,
        Scope::Class(Class::Marketing),
        Scope::Programme("news".into()),
        Scope::Channel(SMS.into()),
    ] {
        let mut standing = opted_in(&["news"]);
        standing.apply(&Change::opt_out(scope.clone(), 50)).unwrap();
        let again = |at| Change::opt_in(Some("news"), Level::Written, at);
        assert_eq!(
            standing.apply(&again(50)),
            Err(Refused::NewerRevocation),
            "{scope}"
        );
        standing.apply(&again(51)).unwrap();
        assert!(!standing.is_revoked(&scope), "{scope}");
    }
}

#[test]
fn a_revocation_of_something_else_does_not_stand_against_an_opt_in() {
    let mut standing = opted_in(&["news"]);
    standing
        .apply(&Change::opt_out(Scope::Programme("sale".into()), 50))
        .unwrap();
    standing
        .apply(&Change::opt_in(Some("news"), Level::Written, 40))
        .unwrap();
    assert!(standing.programme_revoked("sale"));
}

#[test]
fn consent_anew_to_one_programme_brings_back_no_other() {
    let mut standing = opted_in(&["news", "sale"]);
    standing.apply(&Change::opt_out(Scope::Global, 50)).unwrap();
    standing
        .apply(&Change::opt_in(Some("news"), Level::Written, 60))
        .unwrap();
    assert_eq!(standing.opted_in_programmes(70), ["news"]);
}

#[test]
fn start_restores_what_there_was_and_nothing_more() {
    let mut standing = opted_in(&["news"]);
    standing.apply(&Change::opt_out(Scope::Global, 50)).unwrap();
    standing.apply(&Change::new(Action::Restore, 60)).unwrap();
    assert_eq!(level(&standing, Class::Marketing, "news"), Level::Written);
    assert_eq!(level(&standing, Class::Marketing, "sale"), Level::None);
    let mut stranger = Standing::default();
    stranger.apply(&Change::new(Action::Restore, 60)).unwrap();
    assert_eq!(level(&stranger, Class::Marketing, "news"), Level::Express);
}

#[test]
fn start_before_the_opt_out_restores_nothing() {
    let mut standing = opted_in(&["news"]);
    standing.apply(&Change::opt_out(Scope::Global, 50)).unwrap();
    assert_eq!(
        standing.apply(&Change::new(Action::Restore, 49)),
        Err(Refused::NewerRevocation)
    );
    assert_eq!(standing.opted_out_at(), Some(50));
}

#[test]
fn a_list_outlasts_opt_ins_and_start_and_only_its_own_removal_lifts_it() {
    let mut standing = opted_in(&["news"]);
    standing.apply(&list(Scope::Global, 50)).unwrap();
    standing
        .apply(&Change::opt_in(Some("news"), Level::Written, 60))
        .unwrap();
    standing.apply(&Change::new(Action::Restore, 61)).unwrap();
    assert_eq!(standing.opted_out_at(), Some(50));
    standing.apply(&Change::opt_out(Scope::Global, 62)).unwrap();
    standing
        .apply(&Change::new(Action::Unsuppress, 63))
        .unwrap();
    assert_eq!(
        standing.opted_out_at(),
        Some(62),
        "the person's own word stays"
    );
}

#[test]
fn only_a_fresh_consent_lifts_an_erasure() {
    let mut standing = opted_in(&["news"]);
    standing.apply(&Change::new(Action::Erase, 50)).unwrap();
    let import = Change {
        action: Action::Import,
        ..Change::opt_in(Some("news"), Level::Written, 60)
    };
    assert_eq!(standing.apply(&import), Err(Refused::Erased));
    standing
        .apply(&Change {
            fresh: true,
            ..import
        })
        .unwrap();
    assert!(!standing.erased);
}

#[test]
fn a_double_opt_in_counts_once_it_is_confirmed() {
    let mut standing = Standing::default();
    assert_eq!(
        standing.apply(&Change::new(Action::DoiConfirm, 5)),
        Err(Refused::NothingPending)
    );
    let pending = Change {
        pending: true,
        ..Change::opt_in(Some("news"), Level::Written, 10)
    };
    standing.apply(&pending).unwrap();
    assert!(standing.consent(Class::Marketing, "news", SMS, 20).pending);
    standing
        .apply(&Change::new(Action::DoiConfirm, 20))
        .unwrap();
    assert_eq!(level(&standing, Class::Marketing, "news"), Level::Written);
    standing.apply(&pending).unwrap();
    assert_eq!(
        level(&standing, Class::Marketing, "news"),
        Level::Written,
        "asking again weakens nothing"
    );
}

#[test]
fn a_double_opt_in_nobody_confirmed_ends() {
    let mut standing = Standing::default();
    standing
        .apply(&Change {
            pending: true,
            ..Change::opt_in(Some("news"), Level::Written, 10)
        })
        .unwrap();
    standing.apply(&Change::new(Action::Expire, 20)).unwrap();
    assert_eq!(
        standing.apply(&Change::new(Action::DoiConfirm, 30)),
        Err(Refused::NothingPending)
    );
}

#[test]
fn the_answer_to_a_clarification_keeps_one_programme() {
    let mut standing = opted_in(&["news", "sale"]);
    standing.apply(&Change::opt_out(Scope::Global, 50)).unwrap();
    standing.clarification_since = Some(50);
    standing
        .apply(&Change {
            programme: Some("news".into()),
            ..Change::new(Action::Restore, 60)
        })
        .unwrap();
    assert_eq!(standing.opted_in_programmes(70), ["news"]);
    assert!(standing.programme_revoked("sale") && standing.clarification_since.is_none());
}

#[test]
fn a_block_is_per_sender_and_start_to_that_sender_lifts_it() {
    let mut standing = opted_in(&["news"]);
    for sender in ["+1", "+2", "+1"] {
        standing
            .apply(&Change {
                sender: Some(sender.into()),
                ..Change::new(Action::Block, 50)
            })
            .unwrap();
    }
    assert_eq!(standing.blocked_senders, ["+1", "+2"]);
    standing
        .apply(&Change {
            sender: Some("+1".into()),
            ..Change::new(Action::Restore, 60)
        })
        .unwrap();
    assert_eq!(standing.blocked_senders, ["+2"]);
}

#[test]
fn an_objection_ends_marketing_alone_and_a_restriction_ends_with_its_end() {
    let mut standing = opted_in(&["news"]);
    standing
        .apply(&Change {
            purpose: Purpose::Informational,
            ..Change::opt_in(Some("orders"), Level::Express, 20)
        })
        .unwrap();
    standing.apply(&Change::new(Action::Object, 50)).unwrap();
    assert!(standing.objected);
    assert_eq!(level(&standing, Class::Marketing, "news"), Level::None);
    assert_eq!(
        level(&standing, Class::Informational, "news"),
        Level::Express
    );
    standing.apply(&Change::new(Action::Restrict, 51)).unwrap();
    assert!(standing.restricted);
    standing
        .apply(&Change::new(Action::Unrestrict, 52))
        .unwrap();
    assert!(!standing.restricted && standing.objected);
}

#[test]
fn a_review_holds_until_somebody_looked_or_the_person_opts_out() {
    for after in [
        Change::new(Action::Release, 60),
        Change::opt_out(Scope::Global, 60),
    ] {
        let mut standing = opted_in(&["news"]);
        standing.apply(&Change::new(Action::Hold, 50)).unwrap();
        assert_eq!(standing.review_since, Some(50));
        standing.apply(&after).unwrap();
        assert_eq!(standing.review_since, None);
    }
}

fn change() -> impl Strategy<Value = Change> {
    let scope = prop::sample::select(vec![
        Scope::Global,
        Scope::Class(Class::Marketing),
        Scope::Programme("news".into()),
    ]);
    let programme = prop::sample::select(vec![
        None,
        Some("news".to_string()),
        Some("sale".to_string()),
    ]);
    (
        prop::sample::select(&Action::ALL[..]),
        programme,
        prop::option::of(scope),
        prop::sample::select(&Level::ALL[..]),
        any::<(bool, bool)>(),
        prop::sample::select(vec!["list", "keyword"]),
        0_i64..100,
    )
        .prop_map(
            |(action, programme, scope, level, (pending, fresh), by, at)| Change {
                programme,
                scope,
                level,
                pending,
                fresh,
                by: by.to_string(),
                ..Change::new(action, at)
            },
        )
}

proptest! {
    #[test]
    fn any_ledger_folds_to_one_standing_that_reads_back(changes in prop::collection::vec(change(), 0..30)) {
        let fold = || {
            let mut standing = Standing::default();
            let told: Vec<_> = changes.iter().map(|change| standing.apply(change)).collect();
            (standing, told)
        };
        let (mut standing, told) = fold();
        prop_assert_eq!(&(standing.clone(), told.clone()), &fold());
        let taken = told.iter().filter(|one| one.is_ok()).count();
        prop_assert_eq!(usize::try_from(standing.revision).unwrap(), taken);
        prop_assert_eq!(Standing::decode(&standing.encode(), standing.revision), Some(standing.clone()));
        standing.apply(&Change::opt_out(Scope::Global, 100)).unwrap();
        prop_assert!(standing.opted_out_at().is_some() && standing.opted_in_programmes(100).is_empty());
        let old = Change { fresh: true, ..Change::opt_in(Some("news"), Level::Written, 100) };
        prop_assert_eq!(standing.apply(&old), Err(Refused::NewerRevocation));
    }
}
