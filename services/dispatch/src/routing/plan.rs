//! The carriers that a leg may go over, in the order in which they are tried.

use std::sync::Arc;

use contract::dispatch::Passed;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Name of the route.
    pub route: Arc<str>,
    /// Index of its carrier's link.
    pub link: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// At least one.
    pub candidates: Vec<Candidate>,
    /// Routes that stood before the first but whose carriers are not well.
    pub passed: Vec<Passed>,
    /// A route that somebody wrote down was chosen; that is worth recording.
    pub chosen: bool,
}

impl Plan {
    /// One carrier, without a choice.
    pub fn plain(route: Arc<str>, link: usize) -> Self {
        Self {
            candidates: vec![Candidate { route, link }],
            passed: Vec::new(),
            chosen: false,
        }
    }

    /// Index of the link that is tried first.
    pub fn first_link(&self) -> usize {
        self.candidates.first().map_or(usize::MAX, |one| one.link)
    }
}
