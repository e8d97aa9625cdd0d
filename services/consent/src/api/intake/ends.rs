//! When a consent ends: as the caller says or, for implied consent, as the law does.

use chrono::Months;
use contract::{Phone, UnixMillis};

use super::body::NewConsent;
use super::fault::Fault;
use crate::law::{self, Law, Region};

/// Months that an implied consent lasts for a person in these regions; the shortest counts.
pub(super) fn expiry(law: &Law, regions: &[Region], basis: &str) -> Option<u32> {
    let here = |place: &law::Place| match place {
        law::Place::Elsewhere => false,
        law::Place::In(at) => regions.iter().any(|region| at.contains(*region)),
    };
    law.rows
        .expiry
        .iter()
        .filter(|row| here(&row.region) && (row.basis == basis || row.basis == "any"))
        .map(|row| row.months)
        .min()
}

pub(super) fn expires_at(
    new: &NewConsent,
    phone: Phone,
    acted_at: i64,
    months: impl Fn(Phone, &str) -> Option<u32>,
) -> Result<Option<i64>, Fault> {
    let given = new.expires_at.map(|at| at.timestamp_millis());
    if given.is_some_and(|at| at <= acted_at) {
        let detail = "it would end before it was given";
        return Err(Fault::new(
            "consent.dates_contradict",
            "/expires_at",
            detail,
        ));
    }
    let implied = new.level.as_deref() == Some("implied");
    let basis = match new.basis.as_deref() {
        None if implied => {
            let detail = "implied consent needs its basis: purchase, inquiry or contract";
            return Err(Fault::new("field.required", "/basis", detail));
        }
        None => "any",
        Some(basis @ ("purchase" | "inquiry" | "contract")) => basis,
        Some(_) => {
            let detail = "a basis is purchase, inquiry or contract";
            return Err(Fault::new("field.invalid", "/basis", detail));
        }
    };
    let by_law = months(phone, basis).and_then(|months| {
        UnixMillis(acted_at)
            .to_utc()
            .checked_add_months(Months::new(months))
            .map(|at| at.timestamp_millis())
    });
    Ok(given.into_iter().chain(by_law).min())
}
