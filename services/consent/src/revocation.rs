//! How far an opt-out by text reaches. Pure.

use chrono::NaiveDate;
use contract::Class;

use crate::keyword::Stop;
use crate::parameters::{Parameters, RevocationScope};
use crate::standing::Scope;

/// The scope of `stop`, given what the person was sent last.
///
/// In reply to marketing, a bare STOP ends marketing; in reply to anything else, and in words that ask for
/// everything, it ends all texts but emergencies (FCC 24-24). The rule that every STOP ends everything is
/// waived until `revoke_all_from` (DA 26-12; the date is data). Where it is not known what the reply is
/// about, everything ends.
pub fn scope_of(
    stop: Stop,
    last: Option<Class>,
    parameters: &Parameters,
    revoke_all_from: Option<NaiveDate>,
    today: NaiveDate,
) -> Scope {
    let everything = stop.everything
        || parameters.revocation_scope == RevocationScope::Global
        || revoke_all_from.is_some_and(|from| today >= from);
    match last {
        Some(Class::Marketing) if !everything => Scope::Class(Class::Marketing),
        _ => Scope::Global,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyword::MatchedBy;

    fn stop(everything: bool) -> Stop {
        Stop {
            matched_by: MatchedBy::Keyword,
            everything,
            wrong_number: false,
        }
    }

    fn scope(everything: bool, last: Option<Class>, today: &str) -> Scope {
        let from = "2027-01-31".parse().ok();
        let parameters = Parameters::default();
        scope_of(
            stop(everything),
            last,
            &parameters,
            from,
            today.parse().unwrap(),
        )
    }

    #[test]
    fn a_stop_ends_what_it_answers_and_in_doubt_everything() {
        let marketing = Scope::Class(Class::Marketing);
        let day = "2026-12-01";
        assert_eq!(scope(false, Some(Class::Marketing), day), marketing);
        assert_eq!(scope(true, Some(Class::Marketing), day), Scope::Global);
        assert_eq!(scope(false, Some(Class::Appointment), day), Scope::Global);
        assert_eq!(scope(false, None, day), Scope::Global);
    }

    #[test]
    fn from_the_day_of_the_switch_every_stop_ends_everything() {
        assert_eq!(
            scope(false, Some(Class::Marketing), "2027-01-30"),
            Scope::Class(Class::Marketing)
        );
        assert_eq!(
            scope(false, Some(Class::Marketing), "2027-01-31"),
            Scope::Global
        );
    }

    #[test]
    fn a_tenant_may_choose_that_every_stop_ends_everything() {
        let parameters = Parameters {
            revocation_scope: RevocationScope::Global,
            ..Parameters::default()
        };
        let today = "2026-12-01".parse().unwrap();
        let scope = scope_of(
            stop(false),
            Some(Class::Marketing),
            &parameters,
            None,
            today,
        );
        assert_eq!(scope, Scope::Global);
    }
}
