//! What a batch of rows does to the contacts that exist: who is new, who changes, who comes twice.

use std::collections::HashMap;

use contract::{ContactId, ImportId};

use crate::import_row::RowProblem;
use crate::person::Person;

/// A contact as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    pub person: Person,
    /// The import that last brought this person; tells a person who comes twice in one file.
    pub last_import: Option<ImportId>,
    pub created_at: i64,
    pub updated_at: i64,
}

/// A row and the line of the file it stands on.
#[derive(Debug, Clone)]
pub struct Row {
    pub line: u64,
    pub person: Person,
}

/// What to write.
#[derive(Debug, Default)]
pub struct Plan {
    pub created: Vec<Contact>,
    pub updated: Vec<Contact>,
    /// Rows whose person stood earlier in the same file.
    pub duplicates: u64,
    /// Contacts that existed before this import and are brought by it for the first time.
    pub known: u64,
    pub rejected: Vec<(u64, RowProblem)>,
}

struct Work {
    contact: Contact,
    new: bool,
}

/// Applies the rows in order to the contacts found for their numbers and external ids.
///
/// The number tells who it is; where the number is unknown, the external id does (the person has a new
/// number). The later row wins. A row whose number and external id belong to two people is rejected.
pub fn plan(
    import: ImportId,
    now: i64,
    existing: Vec<Contact>,
    rows: Vec<Row>,
    mut new_id: impl FnMut() -> ContactId,
) -> Plan {
    let mut plan = Plan::default();
    let mut work: Vec<Work> = existing
        .into_iter()
        .map(|contact| Work {
            contact,
            new: false,
        })
        .collect();
    let mut by_phone = HashMap::with_capacity(work.len() + rows.len());
    let mut by_external_id = HashMap::new();
    for (index, known) in work.iter().enumerate() {
        by_phone.insert(known.contact.person.phone, index);
        if let Some(external_id) = &known.contact.person.external_id {
            by_external_id.insert(external_id.clone(), index);
        }
    }
    for Row { line, person } in rows {
        let same_number = by_phone.get(&person.phone).copied();
        let same_id = person
            .external_id
            .as_ref()
            .and_then(|id| by_external_id.get(id))
            .copied();
        let found = match (same_number, same_id) {
            (Some(number), Some(id)) if number != id => {
                plan.rejected.push((line, two_people(&person)));
                continue;
            }
            (number, id) => number.or(id),
        };
        let index = found.unwrap_or(work.len());
        let phone = person.phone;
        let external_id = person.external_id.clone();
        if let Some(Work { contact, .. }) = work.get_mut(index) {
            if contact.last_import == Some(import) {
                plan.duplicates += 1;
            } else {
                plan.known += 1;
            }
            by_phone.remove(&contact.person.phone);
            if external_id.is_some()
                && let Some(old) = &contact.person.external_id
            {
                by_external_id.remove(old);
            }
            contact.person.absorb(person);
            contact.last_import = Some(import);
            contact.updated_at = now;
        } else {
            let contact = Contact {
                id: new_id(),
                person,
                last_import: Some(import),
                created_at: now,
                updated_at: now,
            };
            work.push(Work { contact, new: true });
        }
        by_phone.insert(phone, index);
        if let Some(external_id) = external_id {
            by_external_id.insert(external_id, index);
        }
    }
    for Work { contact, new } in work {
        if new {
            plan.created.push(contact);
        } else if contact.last_import == Some(import) {
            plan.updated.push(contact);
        }
    }
    plan
}

impl Plan {
    /// Everyone the batch brought.
    pub fn people(&self) -> impl Iterator<Item = ContactId> {
        self.created
            .iter()
            .chain(&self.updated)
            .map(|contact| contact.id)
    }
}

fn two_people(person: &Person) -> RowProblem {
    RowProblem {
        column: "external_id".to_string(),
        code: "external_id.conflict",
        value: person.external_id.clone().unwrap_or_default(),
        hint: "this external_id belongs to one contact and the number to another: merge them or correct the row".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Phone;

    const IMPORT: ImportId = ImportId::from_raw(9);

    fn person(last_digits: u64, external_id: Option<&str>, name: &str) -> Person {
        let phone = Phone::from_digits(14_155_550_000 + last_digits).unwrap();
        Person {
            external_id: external_id.map(Into::into),
            first_name: Some(name.into()),
            ..Person::new(phone)
        }
    }

    fn kept(id: u128, person: Person) -> Contact {
        Contact {
            id: ContactId::from_raw(id),
            person,
            last_import: None,
            created_at: 1,
            updated_at: 1,
        }
    }

    fn planned(existing: Vec<Contact>, people: Vec<Person>) -> Plan {
        let rows = people
            .into_iter()
            .zip(2..)
            .map(|(person, line)| Row { line, person })
            .collect();
        let mut next = 100;
        plan(IMPORT, 5, existing, rows, || {
            next += 1;
            ContactId::from_raw(next)
        })
    }

    #[test]
    fn new_people_are_created_and_known_ones_updated() {
        let plan = planned(
            vec![kept(1, person(1, None, "Old"))],
            vec![person(1, None, "New"), person(2, None, "Bob")],
        );
        assert_eq!(
            (
                plan.created.len(),
                plan.updated.len(),
                plan.known,
                plan.duplicates
            ),
            (1, 1, 1, 0)
        );
        assert_eq!(plan.updated[0].person.field("first_name"), Some("New"));
        assert_eq!(
            (plan.updated[0].created_at, plan.updated[0].updated_at),
            (1, 5)
        );
    }

    #[test]
    fn of_two_rows_with_one_number_the_last_wins_and_is_counted() {
        let plan = planned(
            vec![],
            vec![person(1, None, "First"), person(1, None, "Last")],
        );
        assert_eq!((plan.created.len(), plan.duplicates), (1, 1));
        assert_eq!(plan.created[0].person.field("first_name"), Some("Last"));
    }

    #[test]
    fn a_person_brought_by_an_earlier_batch_of_this_file_is_a_duplicate() {
        let mut contact = kept(1, person(1, None, "Old"));
        contact.last_import = Some(IMPORT);
        let plan = planned(vec![contact], vec![person(1, None, "Again")]);
        assert_eq!((plan.updated.len(), plan.known, plan.duplicates), (1, 0, 1));
    }

    #[test]
    fn an_external_id_finds_the_person_with_a_new_number() {
        let plan = planned(
            vec![kept(1, person(1, Some("x"), "Ann"))],
            vec![person(2, Some("x"), "Ann")],
        );
        assert_eq!((plan.created.len(), plan.updated.len()), (0, 1));
        assert_eq!(plan.updated[0].person.phone.digits(), 14_155_550_002);
    }

    #[test]
    fn a_row_that_names_two_people_is_rejected() {
        let existing = vec![
            kept(1, person(1, Some("x"), "Ann")),
            kept(2, person(2, None, "Bob")),
        ];
        let plan = planned(existing, vec![person(2, Some("x"), "Who")]);
        assert_eq!(plan.rejected[0].1.code, "external_id.conflict");
        assert_eq!((plan.created.len(), plan.updated.len()), (0, 0));
    }

    #[test]
    fn an_external_id_given_away_in_the_file_is_free_for_the_next_row() {
        let existing = vec![kept(1, person(1, Some("x"), "Ann"))];
        let plan = planned(
            existing,
            vec![person(1, Some("y"), "Ann"), person(2, Some("x"), "Bob")],
        );
        assert_eq!((plan.created.len(), plan.updated.len()), (1, 1));
    }
}
