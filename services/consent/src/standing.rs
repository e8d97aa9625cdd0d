//! Where a person stands: a fold over the ledger. Pure; the `standing` table keeps its result.

/// The programme an opt-in is for when none is named. An opt-in to it covers every programme.
pub const DEFAULT_PROGRAMME: &str = "default";

/// What one ledger entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    OptIn,
    OptOut,
    /// START: back to what was there before an opt-out.
    Restore,
}

impl Action {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptIn => "opt_in",
            Self::OptOut => "opt_out",
            Self::Restore => "restore",
        }
    }
}

/// Why an entry is not taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A permission never silently beats a later revocation.
    #[error("the person opted out after this opt-in was given")]
    NewerRevocation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Programme {
    name: String,
    opted_in: bool,
    at: i64,
}

/// Consent of one person towards one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    programmes: Vec<Programme>,
    /// When everything was revoked; `None` while it is not. Programmes are kept as they were, for START.
    pub opted_out_at: Option<i64>,
    /// Counts the entries folded in.
    pub revision: i64,
}

impl Standing {
    /// From the columns of the `standing` table.
    pub fn decode(programmes: &str, opted_out_at: Option<i64>, revision: i64) -> Self {
        let programmes = programmes
            .split_ascii_whitespace()
            .filter_map(|entry| {
                let (head, name) = entry.split_once(':')?;
                let opted_in = head.starts_with('+');
                let at = head.get(1..)?.parse().ok()?;
                Some(Programme {
                    name: name.to_string(),
                    opted_in,
                    at,
                })
            })
            .collect();
        Self {
            programmes,
            opted_out_at,
            revision,
        }
    }

    /// The `programmes` column: `+<millis>:<name>` for an opt-in, `-<millis>:<name>` for an opt-out.
    pub fn encode_programmes(&self) -> String {
        let mut text = String::new();
        for programme in &self.programmes {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push(if programme.opted_in { '+' } else { '-' });
            text.push_str(&programme.at.to_string());
            text.push(':');
            text.push_str(&programme.name);
        }
        text
    }

    /// In or out of a programme; `None` when nothing was ever said. "default" stands in for a programme
    /// of which nothing is known.
    pub fn programme(&self, name: &str) -> Option<bool> {
        let find = |wanted: &str| {
            self.programmes
                .iter()
                .find(|p| p.name == wanted)
                .map(|p| p.opted_in)
        };
        find(name).or_else(|| find(DEFAULT_PROGRAMME))
    }

    /// Programmes opted in to, as they count now.
    pub fn opted_in_programmes(&self) -> Vec<&str> {
        if self.opted_out_at.is_some() {
            return Vec::new();
        }
        self.programmes
            .iter()
            .filter(|p| p.opted_in)
            .map(|p| p.name.as_str())
            .collect()
    }

    /// Folds one entry in. `at` is when the person acted. An opt-out always counts, however old it is.
    pub fn apply(
        &mut self,
        action: Action,
        programme: Option<&str>,
        at: i64,
    ) -> Result<(), Refused> {
        match (action, programme) {
            (Action::OptOut, None) => {
                self.opted_out_at = Some(self.opted_out_at.map_or(at, |old| old.max(at)));
            }
            (Action::OptOut, Some(name)) => self.set(name, false, at),
            (Action::OptIn, programme) => {
                self.opt_in(programme.unwrap_or(DEFAULT_PROGRAMME), at)?;
            }
            (Action::Restore, _) => {
                if self.programmes.iter().any(|p| p.opted_in) {
                    self.opted_out_at = None;
                } else {
                    self.opt_in(
                        DEFAULT_PROGRAMME,
                        self.opted_out_at.map_or(at, |out| at.max(out + 1)),
                    )?;
                }
            }
        }
        self.revision += 1;
        Ok(())
    }

    fn opt_in(&mut self, name: &str, at: i64) -> Result<(), Refused> {
        if self.opted_out_at.is_some_and(|out| out >= at) {
            return Err(Refused::NewerRevocation);
        }
        if self
            .programmes
            .iter()
            .any(|p| p.name == name && !p.opted_in && p.at >= at)
        {
            return Err(Refused::NewerRevocation);
        }
        if self.opted_out_at.take().is_some() {
            // Consent given anew to one programme brings back no other.
            for other in self.programmes.iter_mut().filter(|p| p.name != name) {
                other.opted_in = false;
            }
        }
        self.set(name, true, at);
        Ok(())
    }

    fn set(&mut self, name: &str, opted_in: bool, at: i64) {
        match self.programmes.iter_mut().find(|p| p.name == name) {
            Some(programme) => {
                programme.opted_in = opted_in;
                programme.at = programme.at.max(at);
            }
            None => self.programmes.push(Programme {
                name: name.to_string(),
                opted_in,
                at,
            }),
        }
    }
}

/// Programme names are lower-case words such as `newsletter` or `spring-sale_2`.
pub fn is_programme_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(entries: &[(Action, Option<&str>, i64)]) -> Standing {
        let mut standing = Standing::default();
        for (action, programme, at) in entries {
            standing.apply(*action, *programme, *at).unwrap();
        }
        standing
    }

    #[test]
    fn an_opt_in_to_default_covers_a_programme_nothing_is_known_of() {
        let standing = folded(&[(Action::OptIn, None, 1)]);
        assert_eq!(standing.programme("newsletter"), Some(true));
        assert_eq!(Standing::default().programme("default"), None);
    }

    #[test]
    fn an_opt_out_of_one_programme_leaves_the_others() {
        let standing = folded(&[(Action::OptIn, None, 1), (Action::OptOut, Some("news"), 2)]);
        assert_eq!(
            (standing.programme("news"), standing.programme("default")),
            (Some(false), Some(true))
        );
        assert_eq!(standing.opted_out_at, None);
    }

    #[test]
    fn an_opt_in_given_before_the_opt_out_is_refused() {
        let mut standing = folded(&[(Action::OptOut, None, 10)]);
        assert_eq!(
            standing.apply(Action::OptIn, None, 9),
            Err(Refused::NewerRevocation)
        );
        assert_eq!(
            standing.apply(Action::OptIn, None, 10),
            Err(Refused::NewerRevocation),
            "in doubt, the revocation"
        );
        assert_eq!((standing.revision, standing.opted_out_at), (1, Some(10)));
        assert_eq!(standing.apply(Action::OptIn, None, 11), Ok(()));
        assert_eq!(standing.opted_out_at, None);
    }

    #[test]
    fn an_old_opt_out_that_arrives_late_still_counts() {
        let standing = folded(&[(Action::OptIn, None, 10), (Action::OptOut, None, 5)]);
        assert_eq!(standing.opted_out_at, Some(5));
    }

    #[test]
    fn start_restores_what_was_there_and_else_opts_in_to_default() {
        let restored = folded(&[
            (Action::OptIn, Some("news"), 1),
            (Action::OptOut, None, 2),
            (Action::Restore, None, 3),
        ]);
        assert_eq!(
            (restored.programme("news"), restored.programme("default")),
            (Some(true), None)
        );
        let fresh = folded(&[(Action::OptOut, None, 2), (Action::Restore, None, 3)]);
        assert_eq!(
            (fresh.programme("default"), fresh.opted_out_at),
            (Some(true), None)
        );
    }

    #[test]
    fn consent_given_anew_brings_back_no_other_programme() {
        let standing = folded(&[
            (Action::OptIn, Some("news"), 1),
            (Action::OptOut, None, 2),
            (Action::OptIn, Some("sale"), 3),
        ]);
        assert_eq!(
            (standing.programme("news"), standing.programme("sale")),
            (Some(false), Some(true))
        );
    }

    #[test]
    fn the_column_reads_back_as_it_was_written() {
        let standing = folded(&[(Action::OptIn, None, 1), (Action::OptOut, Some("news"), 2)]);
        assert_eq!(standing.encode_programmes(), "+1:default -2:news");
        assert_eq!(Standing::decode("+1:default -2:news", None, 2), standing);
    }
}
