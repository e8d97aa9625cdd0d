//! Short links: `{{ link("https://…") }}` becomes an address on the tenant's own domain, another one for
//! every text. Nothing is stored per text: the address is the place of the text, sealed ([`token`]).

pub mod target;
pub mod token;

use std::sync::Arc;

use contract::chunk::CHUNK_SIZE;
use minijinja::{Environment, Error, ErrorKind, State};

use crate::person::Person;
use token::{Seal, Spot};

/// Links one template can hold: their number has four bits in a token.
pub const MOST: usize = 16;

/// Where a text stands, for its links.
#[derive(Debug, Clone)]
pub struct Place {
    /// What stands before the token: `https://go.example.com/l/`.
    pub before: Arc<str>,
    pub seal: Arc<Seal>,
    /// Number of the run among those with links.
    pub run: u32,
    /// Place of the text in its run.
    pub index: u32,
}

impl Place {
    /// A place that leads nowhere, to try a template out.
    pub fn sample() -> Self {
        Self {
            before: Arc::from("https://go.example.com/l/"),
            seal: Arc::new(Seal::new([0; 32])),
            run: 0,
            index: 0,
        }
    }

    /// The address of link number `link`.
    pub fn address(&self, link: u8) -> Option<String> {
        let spot = Spot {
            run: self.run,
            index: self.index,
            link,
        };
        let token = self.seal.token(spot)?;
        Some(format!("{}{token}", self.before))
    }
}

/// A run whose texts hold short links.
#[derive(Debug, Clone)]
pub struct Run {
    /// What stands before the token.
    pub before: Arc<str>,
    pub seal: Arc<Seal>,
    /// Its number among those with links.
    pub number: u32,
}

impl Run {
    /// Where the links of one of its texts lead back to; `None` in chunks beyond 131,071 (67 million texts).
    pub fn place(&self, chunk: u32, position: u16) -> Option<Place> {
        let size = u32::try_from(CHUNK_SIZE).ok()?;
        Some(Place {
            before: Arc::clone(&self.before),
            seal: Arc::clone(&self.seal),
            run: self.number,
            index: chunk.checked_mul(size)?.checked_add(u32::from(position))?,
        })
    }
}

/// Adds `link(…)`, which knows the targets of its template.
pub fn add(engine: &mut Environment<'static>, targets: Arc<[String]>) {
    engine.add_function("link", move |state: &State, target: &str| {
        let number = targets.iter().position(|known| known == target);
        let number = number.and_then(|number| u8::try_from(number).ok());
        let person = Person::of(state);
        let place = person.as_ref().and_then(|person| person.place.as_ref());
        match (number, place) {
            (Some(number), Some(place)) => place.address(number),
            _ => None,
        }
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the link has no short address"))
    });
}
