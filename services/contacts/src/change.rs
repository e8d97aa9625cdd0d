//! One value of a person changes, as a flow says it.

use contract::contacts::FieldChange;

use crate::person::{
    MAX_ATTRIBUTE, MAX_ATTRIBUTES, MAX_NAME, Person, ValueError, attribute_name, check_language,
    check_text, check_time_zone,
};

/// False where the person is as before. What may not be changed by a flow: the number and the external id, which say
/// who somebody is.
pub fn apply(person: &mut Person, field: &str, change: &FieldChange) -> Result<bool, ValueError> {
    let known = match field {
        "time_zone" => person.time_zone.clone(),
        _ => person.field(field).map(str::to_string),
    };
    let value = match change {
        FieldChange::Set(text) if text.trim().is_empty() => None,
        FieldChange::Set(text) => Some(text.clone()),
        FieldChange::Clear => None,
        FieldChange::AddTag(tag) => tags(known.as_deref(), tag, true)?,
        FieldChange::RemoveTag(tag) => tags(known.as_deref(), tag, false)?,
    };
    if value == known {
        return Ok(false);
    }
    if let Some(text) = &value {
        match field {
            "time_zone" => check_time_zone(text)?,
            "language" => check_language(text)?,
            "first_name" | "last_name" => check_text(text, MAX_NAME)?,
            _ => check_text(text, MAX_ATTRIBUTE)?,
        }
    }
    match field {
        "time_zone" => person.time_zone = value,
        "language" => person.language = value,
        "first_name" => person.first_name = value,
        "last_name" => person.last_name = value,
        "phone" | "external_id" | "id" => {
            return Err(ValueError {
                code: "attribute.name",
                hint: "who somebody is cannot be changed by a flow",
            });
        }
        name => attribute(person, name, value)?,
    }
    Ok(true)
}

fn attribute(person: &mut Person, name: &str, value: Option<String>) -> Result<(), ValueError> {
    let Some(value) = value else {
        person.attributes.remove(name);
        return Ok(());
    };
    if attribute_name(name).as_deref() != Some(name) {
        return Err(ValueError {
            code: "attribute.name",
            hint: "attribute names are lower-case letters, digits and underscores, and begin with a letter",
        });
    }
    if person.attributes.len() >= MAX_ATTRIBUTES && !person.attributes.contains_key(name) {
        return Err(ValueError {
            code: "attribute.too_many",
            hint: "a contact has at most 100 attributes",
        });
    }
    person.attributes.insert(name.into(), value);
    Ok(())
}

/// Words in the order in which they came; none of them: no value.
fn tags(known: Option<&str>, tag: &str, wanted: bool) -> Result<Option<String>, ValueError> {
    let tag = tag.trim();
    if tag.is_empty() || tag.contains(',') {
        return Err(ValueError {
            code: "value.empty",
            hint: "a tag is one word without commas",
        });
    }
    let mut words: Vec<&str> = known
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    match (words.contains(&tag), wanted) {
        (false, true) => words.push(tag),
        (true, false) => words.retain(|word| *word != tag),
        _ => return Ok(known.map(str::to_string)),
    }
    Ok(Some(words.join(",")).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use contract::Phone;

    use super::*;

    fn person() -> Person {
        Person::new(Phone::from_digits(14_155_552_671).unwrap())
    }

    #[test]
    fn a_tag_is_added_once_and_the_last_one_takes_the_value_with_it() {
        let mut one = person();
        let add = |tag: &str| FieldChange::AddTag(tag.into());
        assert_eq!(apply(&mut one, "tags", &add("engaged")), Ok(true));
        assert_eq!(apply(&mut one, "tags", &add("engaged")), Ok(false));
        assert_eq!(apply(&mut one, "tags", &add("vip")), Ok(true));
        assert_eq!(one.field("tags"), Some("engaged,vip"));
        for tag in ["engaged", "vip"] {
            let gone = FieldChange::RemoveTag(tag.into());
            assert_eq!(apply(&mut one, "tags", &gone), Ok(true));
        }
        assert_eq!(one.field("tags"), None);
        assert!(apply(&mut one, "tags", &add("a,b")).is_err());
    }

    #[test]
    fn values_that_no_contact_may_have_are_refused_and_change_nothing() {
        let mut one = person();
        let set = |text: &str| FieldChange::Set(text.into());
        for (field, text) in [
            ("language", "x"),
            ("time_zone", "Mars/Olympus"),
            ("external_id", "other"),
            ("phone", "+14155552672"),
            ("No Name", "x"),
        ] {
            assert!(apply(&mut one, field, &set(text)).is_err(), "{field}");
        }
        assert_eq!(one, person());
        assert_eq!(apply(&mut one, "first_name", &set("Ada")), Ok(true));
        assert_eq!(apply(&mut one, "city", &set("London")), Ok(true));
        assert_eq!(apply(&mut one, "city", &FieldChange::Clear), Ok(true));
        assert_eq!(
            (one.field("first_name"), one.field("city")),
            (Some("Ada"), None)
        );
    }
}
