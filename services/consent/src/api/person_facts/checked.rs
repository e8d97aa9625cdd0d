//! Facts as a caller tells them, checked.

use std::str::FromStr;

use chrono::NaiveDate;
use chrono_tz::Tz;
use contract::ContactId;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::api::intake::Fault;
use crate::app::App;
use crate::law::Region;
use crate::person::Reassignment;
use crate::person_facts::Update;

/// Facts of one person. What is absent stays as it is, `null` clears it.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewFacts {
    /// E.164, or absent if `contact` is given.
    pub phone: Option<String>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    /// Five digits.
    #[serde(deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    pub zip: Option<Option<String>>,
    /// `US` or `US-FL`.
    #[serde(deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    pub region: Option<Option<String>>,
    /// IANA name.
    #[serde(deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    pub zone: Option<Option<String>>,
    #[serde(deserialize_with = "told")]
    #[schema(value_type = Option<NaiveDate>)]
    pub born: Option<Option<NaiveDate>>,
    #[serde(deserialize_with = "told")]
    #[schema(value_type = Option<NaiveDate>)]
    pub purchased_on: Option<Option<NaiveDate>>,
    #[serde(deserialize_with = "told")]
    #[schema(value_type = Option<NaiveDate>)]
    pub inquired_on: Option<Option<NaiveDate>>,
    #[serde(deserialize_with = "told")]
    #[schema(value_type = Option<NewReassignment>)]
    pub reassignment: Option<Option<NewReassignment>>,
}

/// What the reassigned numbers database said, and when.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReassignment {
    /// `yes`, `no` or `no_data`.
    #[schema(value_type = String)]
    pub answer: Reassignment,
    pub on: NaiveDate,
}

/// `null` is told, what is absent is not.
fn told<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Checks the facts; the number apart.
pub fn checked(app: &App, new: &NewFacts) -> Result<Update, Fault> {
    let today = app.cx.clock.now().date_naive();
    for (pointer, day) in [
        ("/born", new.born.flatten()),
        ("/purchased_on", new.purchased_on.flatten()),
        ("/inquired_on", new.inquired_on.flatten()),
        (
            "/reassignment/on",
            new.reassignment
                .as_ref()
                .and_then(|one| Some(one.as_ref()?.on)),
        ),
    ] {
        if day.is_some_and(|day| day > today) {
            return Err(Fault::new(
                "facts.in_future",
                pointer,
                "the day lies in the future",
            ));
        }
    }
    if let Some(Some(zone)) = &new.zone
        && Tz::from_str(zone).is_err()
    {
        let detail = "not an IANA zone such as America/New_York";
        return Err(Fault::new("timezone.unknown", "/zone", detail));
    }
    if let Some(Some(region)) = &new.region
        && !Region::parse(region).is_some_and(|region| app.places.knows(region))
    {
        let detail = "not a country or state we know, such as US or US-FL";
        return Err(Fault::new("facts.region_unknown", "/region", detail));
    }
    let zip = match &new.zip {
        None => None,
        Some(None) => Some(None),
        Some(Some(text)) => {
            let fits = text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
            let zip: Option<u32> = text.parse().ok().filter(|_| fits);
            let known = zip.filter(|zip| app.places.zip(*zip).is_some());
            if known.is_none() {
                let detail = "not a ZIP of five digits that we know";
                return Err(Fault::new("facts.zip_unknown", "/zip", detail));
            }
            Some(known)
        }
    };
    let reassignment = new.reassignment.as_ref();
    Ok(Update {
        zip,
        region: new.region.clone(),
        zone: new.zone.clone(),
        born: new.born,
        purchased_on: new.purchased_on,
        inquired_on: new.inquired_on,
        reassignment: reassignment.map(|one| one.as_ref().map(|one| (one.answer, one.on))),
    })
}
