//! Who fires timers: the holder of a lease, known by the epoch under which it got it.

use contract::UnixMillis;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub holder: String,
    /// Grows with each change of the holder. Whoever acts under an older one acts no more.
    pub epoch: i64,
    pub until: UnixMillis,
}

/// How a scheduler stands to the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It holds it, under this epoch. That its time has run out means nothing as long as nobody took it.
    Mine(i64),
    /// It may take it, under this epoch.
    Free(i64),
    /// Somebody else has it until then.
    Taken(UnixMillis),
}

impl Lease {
    pub fn standing(&self, me: &str, now: UnixMillis) -> Standing {
        if self.holder == me {
            Standing::Mine(self.epoch)
        } else if self.until <= now {
            Standing::Free(self.epoch + 1)
        } else {
            Standing::Taken(self.until)
        }
    }

    /// Whether what was claimed under this epoch may still be committed.
    pub fn allows(&self, me: &str, epoch: i64) -> bool {
        self.holder == me && self.epoch == epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_passes_on_when_its_time_is_over_and_under_a_new_epoch() {
        let lease = Lease {
            holder: "a".into(),
            epoch: 4,
            until: UnixMillis(100),
        };
        assert_eq!(lease.standing("a", UnixMillis(50)), Standing::Mine(4));
        assert_eq!(lease.standing("a", UnixMillis(500)), Standing::Mine(4));
        assert_eq!(
            lease.standing("b", UnixMillis(99)),
            Standing::Taken(UnixMillis(100))
        );
        assert_eq!(lease.standing("b", UnixMillis(100)), Standing::Free(5));
        assert!(lease.allows("a", 4) && !lease.allows("a", 3) && !lease.allows("b", 4));
    }
}
