//! What consent is told when a provider refuses a text because the person is on its block list.

use channels::{Fault, SubmitOutcome};
use contract::consent::RecordProviderBlock;
use contract::ids::{ContactId, DecisionId, MessageId};
use contract::time::UnixMillis;
use contract::{Mode, Phone};

use crate::route;

/// Whom a text of a slot is for, by its position.
pub type Person = (u16, Phone, ContactId);

/// The refusals among a carrier's answers that are somebody's wish. `people` in ascending order of position;
/// `message` names the text at a position. The simulated carrier's block list is nobody's.
pub fn told(
    (provider, sender): (&str, &str),
    people: &[Person],
    (sent, results): (&[(u16, DecisionId)], &[SubmitOutcome]),
    message: impl Fn(u16) -> MessageId,
    at: UnixMillis,
) -> Vec<RecordProviderBlock> {
    if route::mode_of(provider) == Mode::Test {
        return Vec::new();
    }
    let told = sent
        .iter()
        .zip(results)
        .filter_map(|((position, _), result)| {
            let SubmitOutcome::Rejected {
                fault: Fault::Blocked,
                code,
                ..
            } = result
            else {
                return None;
            };
            let person = people.binary_search_by_key(position, |(position, ..)| *position);
            let (_, phone, contact) = people.get(person.ok()?)?;
            Some(RecordProviderBlock {
                message: message(*position),
                contact: Some(*contact),
                phone: *phone,
                sender: sender.to_owned(),
                provider: provider.to_owned(),
                code: code.clone(),
                at,
            })
        });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::ids::RunId;

    #[test]
    fn only_a_block_is_told_with_its_person_and_message() {
        let phone = |n: u64| Phone::from_digits(15_005_551_000 + n).unwrap();
        let people = [
            (0, phone(0), ContactId::from_raw(10)),
            (3, phone(3), ContactId::from_raw(13)),
            (4, phone(4), ContactId::from_raw(14)),
        ];
        let sent = [0, 3, 4].map(|position| (position, DecisionId::from_raw(1)));
        let results = [
            SubmitOutcome::Unknown,
            SubmitOutcome::rejected(Fault::Blocked, "21610"),
            SubmitOutcome::rejected(Fault::Invalid, "21211"),
        ];
        let of = |provider| {
            let message = |position| MessageId::of(RunId::from_raw(1 << 40), 2, position);
            told(
                (provider, "100"),
                &people,
                (&sent, &results),
                message,
                UnixMillis(5),
            )
        };
        let told = of("twilio");
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].phone, told[0].contact, told[0].message.position()),
            (phone(3), Some(ContactId::from_raw(13)), 3)
        );
        assert_eq!(
            (told[0].code.as_str(), told[0].sender.as_str()),
            ("21610", "100")
        );
        assert!(of(route::SIMULATOR).is_empty());
    }
}
