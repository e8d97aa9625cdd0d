//! Reads and checks the law files once, when the service starts.

use ahash::AHashSet;
use chrono::NaiveDate;
use contract::Class;
use sha2::{Digest, Sha256};

use super::holidays::Holidays;
use super::rows::{InForce, LawFile, Place};

/// The files as they are.
pub const TEXTS: &[(&str, &str)] = &[
    ("us_federal", include_str!("../../data/law/us_federal.toml")),
    ("us_states", include_str!("../../data/law/us_states.toml")),
    ("us_strict", include_str!("../../data/law/us_strict.toml")),
    ("canada", include_str!("../../data/law/canada.toml")),
    ("europe", include_str!("../../data/law/europe.toml")),
    (
        "asia_pacific",
        include_str!("../../data/law/asia_pacific.toml"),
    ),
    ("others", include_str!("../../data/law/others.toml")),
];

/// Why the law files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LawError {
    #[error("law file {file}: {fault}")]
    File { file: String, fault: String },
    #[error("law row {0} stands twice")]
    Twice(String),
    #[error("law row {row}: {fault}")]
    Row { row: String, fault: String },
    #[error("{0}")]
    Holidays(String),
}

/// Everything the files say, in one place.
#[derive(Debug, Clone, Default)]
pub struct Law {
    pub rows: LawFile,
    /// Version by file.
    pub versions: Vec<(String, String)>,
    pub holidays: Holidays,
    /// SHA-256 over all files: part of the name of a policy set.
    pub hash: [u8; 32],
}

impl Law {
    /// The embedded files.
    pub fn load() -> Result<Self, LawError> {
        let mut law = Self::of(TEXTS)?;
        law.holidays = Holidays::load().map_err(LawError::Holidays)?;
        law.check()?;
        Ok(law)
    }

    fn of(files: &[(&str, &str)]) -> Result<Self, LawError> {
        let mut law = Self::default();
        let mut hash = Sha256::new();
        for (name, text) in files {
            hash.update([0]);
            hash.update(text);
            let file: LawFile = toml::from_str(text).map_err(|e| LawError::File {
                file: (*name).to_string(),
                fault: e.to_string(),
            })?;
            law.versions
                .push(((*name).to_string(), file.version.clone()));
            law.add(file);
        }
        law.hash = hash.finalize().into();
        Ok(law)
    }

    fn add(&mut self, file: LawFile) {
        let rows = &mut self.rows;
        rows.hours.extend(file.hours);
        rows.cap.extend(file.cap);
        rows.consent.extend(file.consent);
        rows.expiry.extend(file.expiry);
        rows.ebr.extend(file.ebr);
        rows.dnc.extend(file.dnc);
        rows.reassigned.extend(file.reassigned);
        rows.registration.extend(file.registration);
        rows.opt_out.extend(file.opt_out);
        rows.exemption.extend(file.exemption);
        rows.switches.extend(file.switches);
    }

    fn check(&self) -> Result<(), LawError> {
        let mut seen = AHashSet::new();
        for row in self.listed() {
            if !seen.insert(row.id) {
                return Err(LawError::Twice(row.id.to_string()));
            }
            let dates = row.in_force;
            if dates
                .effective_until
                .is_some_and(|until| until <= dates.effective_from)
            {
                return Err(LawError::Row {
                    row: row.id.to_string(),
                    fault: "it ends before it begins".to_string(),
                });
            }
        }
        for row in &self.rows.hours {
            if row.holiday.is_some() && !row.holidays.is_some_and(|set| self.holidays.knows(set)) {
                return Err(LawError::Row {
                    row: row.id.clone(),
                    fault: "hours on holidays need a set of holidays that is known".to_string(),
                });
            }
        }
        Ok(())
    }

    /// Every row in short, for the list of what is in force.
    pub fn listed(&self) -> impl Iterator<Item = Listed<'_>> {
        macro_rules! each {
            ($($kind:literal $rows:ident $classes:expr;)*) => {
                std::iter::empty()$(.chain(self.rows.$rows.iter().map(|row| Listed {
                    kind: $kind, id: &row.id, region: Some(row.region), classes: $classes(row).to_vec(),
                    in_force: row.in_force, source: &row.source, verified: row.verified, note: &row.note,
                })))*
            };
        }
        const NONE: &[Class] = &[];
        each! {
            "hours" hours |row: &'_ super::rows::HoursRow| row.classes.clone();
            "cap" cap |row: &'_ super::rows::CapRow| row.classes.clone();
            "consent" consent |row: &'_ super::rows::ConsentRow| row.classes.clone();
            "expiry" expiry |_| NONE;
            "ebr" ebr |_| NONE;
            "dnc" dnc |_| NONE;
            "reassigned" reassigned |_| NONE;
            "registration" registration |row: &'_ super::rows::RegistrationRow| row.classes.clone();
            "opt_out" opt_out |_| NONE;
            "exemption" exemption |_| NONE;
        }
    }

    /// The date of a switch such as `tcpa.revoke_all_from`.
    pub fn switch(&self, id: &str) -> Option<NaiveDate> {
        self.rows
            .switches
            .iter()
            .find(|row| row.id == id)
            .map(|row| row.date)
    }
}

/// One row in short.
#[derive(Debug, Clone)]
pub struct Listed<'l> {
    pub kind: &'static str,
    pub id: &'l str,
    pub region: Option<Place>,
    pub classes: Vec<Class>,
    pub in_force: InForce,
    pub source: &'l str,
    pub verified: bool,
    pub note: &'l str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_law_loads_and_says_what_is_not_verified() {
        let law = Law::load().unwrap();
        assert!(law.rows.hours.len() > 40 && law.listed().count() > 80);
        assert!(law.listed().any(|row| !row.verified));
        assert!(law.versions.iter().all(|(_, version)| version.len() == 10));
        assert!(law.switch("tcpa.revoke_all_from").is_some());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_with_its_place() {
        let fault = Law::of(&[("x", "version = \"2026-11-22\"\n[[hours]]\nid = 5")]).unwrap_err();
        assert!(fault.to_string().starts_with("law file x: "), "{fault}");
    }

    #[test]
    fn a_row_twice_and_dates_the_wrong_way_round_are_refused() {
        let row = "[[ebr]]\nid = \"a\"\nregion = \"US\"\npurchase_months = 18\ninquiry_months = 3\nsource = \"s\"\nverified = true\neffective_from = \"2024-01-01\"\n";
        let twice = Law::of(&[("x", &format!("{row}{row}"))]).unwrap();
        assert!(matches!(twice.check(), Err(LawError::Twice(_))));
        let ended = Law::of(&[("x", &format!("{row}effective_until = \"2023-01-01\"\n"))]).unwrap();
        assert!(matches!(ended.check(), Err(LawError::Row { .. })));
    }
}
