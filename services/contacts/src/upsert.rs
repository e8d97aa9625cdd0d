//! One contact said by the API: is it someone we know?

use contract::ContactId;

use crate::import_plan::Contact;
use crate::person::Person;

/// The number and the external id belong to two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoPeople;

/// The contact as it is to be written, and whether it is new. `found` are the contacts that have the
/// person's number or external id.
pub fn upsert(
    found: Vec<Contact>,
    person: Person,
    id: ContactId,
    now: i64,
) -> Result<(Contact, bool), TwoPeople> {
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(TwoPeople),
        (Some(mut contact), None) => {
            contact.person.absorb(person);
            contact.updated_at = now;
            Ok((contact, false))
        }
        (None, _) => Ok((
            Contact {
                id,
                person,
                last_import: None,
                created_at: now,
                updated_at: now,
            },
            true,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Phone;

    #[test]
    fn nobody_found_is_new_one_is_updated_two_are_refused() {
        let person = Person::new(Phone::from_digits(14_155_552_671).unwrap());
        let id = ContactId::from_raw(1);
        let (contact, new) = upsert(vec![], person.clone(), id, 5).unwrap();
        assert!(new && contact.created_at == 5);
        let named = Person {
            first_name: Some("Ada".into()),
            ..person.clone()
        };
        let (again, new) = upsert(
            vec![contact.clone()],
            named.clone(),
            ContactId::from_raw(2),
            6,
        )
        .unwrap();
        assert!(!new && again.id == id && again.person == named && again.updated_at == 6);
        assert_eq!(upsert(vec![contact, again], person, id, 7), Err(TwoPeople));
    }
}
