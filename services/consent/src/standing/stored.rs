//! How a standing is kept in its row.

use super::{DEFAULT_PROGRAMME, Grant, Purpose, Revocation, SMS, Scope, Standing};
use crate::law::Level;

/// First byte of the `state` column; a change of shape takes the next.
const VERSION: u8 = 1;

impl Standing {
    /// From the `state` column. `None` when it cannot be read: such a person is not texted.
    pub fn decode(state: &[u8], revision: i64) -> Option<Self> {
        let (version, body) = state.split_first()?;
        if *version != VERSION {
            return None;
        }
        let mut standing: Self = postcard::from_bytes(body).ok()?;
        standing.revision = revision;
        Some(standing)
    }

    /// The `state` column.
    pub fn encode(&self) -> Vec<u8> {
        let mut state = vec![VERSION];
        state.extend(postcard::to_stdvec(self).unwrap_or_default());
        state
    }

    /// From the columns that rows of the first schema have: `+<millis>:<name>` for an opt-in,
    /// `-<millis>:<name>` for an opt-out of a programme. Their opt-ins had their evidence checked when they
    /// were recorded, and count as written.
    pub fn decode_first(programmes: &str, opted_out_at: Option<i64>, revision: i64) -> Self {
        let mut standing = Self {
            revision,
            ..Self::default()
        };
        for entry in programmes.split_ascii_whitespace() {
            let Some((head, name)) = entry.split_once(':') else {
                continue;
            };
            let Some(at) = head.get(1..).and_then(|at| at.parse().ok()) else {
                continue;
            };
            if head.starts_with('+') {
                standing.grants.push(Grant {
                    programme: name.to_string(),
                    channel: SMS.to_string(),
                    level: Level::Written,
                    purpose: Purpose::All,
                    pending: false,
                    ended: false,
                    proven: true,
                    at,
                    expires_at: None,
                });
            } else {
                standing.revocations.push(Revocation {
                    scope: if name == DEFAULT_PROGRAMME {
                        Scope::Class(contract::Class::Marketing)
                    } else {
                        Scope::Programme(name.to_string())
                    },
                    at,
                    by: "api".to_string(),
                });
            }
        }
        if let Some(at) = opted_out_at {
            standing.revocations.push(Revocation {
                scope: Scope::Global,
                at,
                by: "keyword".to_string(),
            });
        }
        standing
    }
}
