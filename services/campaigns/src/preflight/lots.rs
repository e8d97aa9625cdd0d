//! Who of an audience would get which text.

use contract::ContactId;

use super::brief::Brief;
use crate::variants::{Lot, Shares, lot};

/// A page of an audience, by what falls to its people.
#[derive(Debug, Default, PartialEq)]
pub struct Lots {
    /// They get nothing.
    pub held_out: Vec<ContactId>,
    /// Those who get the same text, and which variant's it is; `None`: the campaign's own.
    pub groups: Vec<(Option<u8>, Vec<ContactId>)>,
}

/// The split is that of a run. Those who wait for a winner are counted with the first variant.
pub fn lots(brief: &Brief, contacts: &[ContactId]) -> Lots {
    let Some(cut) = &brief.partition else {
        return Lots {
            held_out: Vec::new(),
            groups: vec![(None, contacts.to_vec())],
        };
    };
    let weights: Vec<u32> = cut.letters.iter().map(|letter| letter.weight).collect();
    let shares = Shares {
        holdout: cut.holdout,
        test: cut.winner.as_ref().map(|rule| rule.test),
        weights: &weights,
    };
    let mut lots = Lots::default();
    for contact in contacts {
        let variant = match lot(cut.campaign, *contact, shares) {
            Lot::Holdout => {
                lots.held_out.push(*contact);
                continue;
            }
            Lot::Goes(variant) => variant,
            Lot::Rest => (!cut.letters.is_empty()).then_some(0),
        };
        match lots.groups.iter_mut().find(|(of, _)| *of == variant) {
            Some((_, people)) => people.push(*contact),
            None => lots.groups.push((variant, vec![*contact])),
        }
    }
    lots.groups.sort_by_key(|(variant, _)| *variant);
    lots
}

impl Brief {
    /// The same for those who get this variant.
    pub fn of_variant(&self, variant: Option<u8>) -> Self {
        let mut brief = self.clone();
        let letters = self.partition.as_ref().map(|cut| &cut.letters);
        let letter = letters
            .zip(variant)
            .and_then(|(all, at)| all.get(usize::from(at)));
        if let Some(letter) = letter {
            brief.template = letter.template;
            brief.template_version = letter.version;
            brief.field_names.clone_from(&letter.field_names);
        }
        brief
    }
}
