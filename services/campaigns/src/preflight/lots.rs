//! Who of an audience would get which text, and from when on.

use contract::chunk::{CHUNK_SIZE, Outcome};
use contract::{ContactId, Reason, UnixMillis};

use super::brief::Brief;
use crate::variants::{Part, Person, Piece};

/// A page of an audience, by what falls to its people.
#[derive(Debug, Default, PartialEq)]
pub struct Lots {
    /// They get nothing, and why.
    pub never: Vec<(Reason, Vec<ContactId>)>,
    pub groups: Vec<Group>,
}

/// At most one chunk of people who get the same text from the same instant on.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Whose text it is; `None`: the campaign's own.
    pub variant: Option<u8>,
    pub leaves_at: UnixMillis,
    pub valid_until: UnixMillis,
    /// Why they wait until then; `None`: they do not.
    pub waits: Option<Reason>,
    pub contacts: Vec<ContactId>,
}

/// The cut is that of a run. Those who wait for a winner are counted with the first variant.
pub fn lots(brief: &Brief, people: &[Person]) -> Lots {
    let mut lots = Lots::default();
    let Some(cut) = &brief.partition else {
        let chunks = people.chunks(CHUNK_SIZE);
        lots.groups = chunks
            .map(|people| Group::at_start(brief, people))
            .collect();
        return lots;
    };
    for piece in cut.cut(people, brief.start) {
        if piece.mark.outcome.is_settled() {
            lots.never.push((piece.mark.reason, piece.people));
        } else {
            lots.groups.push(Group::of(piece, !cut.letters.is_empty()));
        }
    }
    lots
}

impl Lots {
    /// How many different texts there are.
    pub fn texts(&self) -> usize {
        let mut variants: Vec<_> = self.groups.iter().map(|group| group.variant).collect();
        variants.sort_unstable();
        variants.dedup();
        variants.len()
    }
}

impl Group {
    fn at_start(brief: &Brief, people: &[Person]) -> Self {
        Self {
            variant: None,
            leaves_at: brief.start,
            valid_until: brief.valid_until,
            waits: None,
            contacts: people.iter().map(|person| person.contact).collect(),
        }
    }

    fn of(piece: Piece, has_variants: bool) -> Self {
        let first = (piece.part == Part::Rest && has_variants).then_some(0);
        let held = piece.mark.outcome == Outcome::Held;
        Self {
            variant: piece.variant.or(first),
            leaves_at: piece.leaves_at,
            valid_until: piece.valid_until,
            waits: held.then_some(piece.mark.reason),
            contacts: piece.people,
        }
    }
}

impl Brief {
    /// The same for those of a group.
    pub fn of_group(&self, group: &Group) -> Self {
        let mut brief = self.clone();
        (brief.start, brief.valid_until) = (group.leaves_at, group.valid_until);
        let letters = self.partition.as_ref().map(|cut| &cut.letters);
        let letter = letters
            .zip(group.variant)
            .and_then(|(all, at)| all.get(usize::from(at)));
        if let Some(letter) = letter {
            brief.template = letter.template;
            brief.template_version = letter.version;
            brief.field_names.clone_from(&letter.field_names);
        }
        brief
    }
}
