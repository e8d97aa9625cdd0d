//! Hours of a day. Pure.

/// Hours of a local day in which texts may arrive, as minutes from midnight: `from <= minute < to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    pub from: u16,
    pub to: u16,
}

impl Window {
    pub const ALL_DAY: Self = Self { from: 0, to: 1440 };

    /// From `08:00-21:00`; the end may be `24:00`.
    pub fn parse_clock(text: &str) -> Option<Self> {
        let minute = |text: &str| -> Option<u16> {
            let (hours, minutes) = text.split_once(':')?;
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours <= 24 && minutes < 60 && hours * 60 + minutes <= 1440)
                .then_some(hours * 60 + minutes)
        };
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minute(from)?, minute(to)?);
        (from < to).then_some(Self { from, to })
    }

    /// Open only where both are. Where they do not meet, nothing is inside.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            to: self.to.min(other.to),
        }
    }

    /// Right for any spread of zones, across midnight too: then the earliest minute is small.
    pub const fn contains(self, min: u16, max: u16) -> bool {
        self.from <= min && max < self.to
    }

    /// `08:00–21:00`, for people.
    pub fn words(self) -> String {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        format!("{}–{}", clock(self.from), clock(self.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_from_clock_times() {
        assert_eq!(
            Window::parse_clock("08:00-21:30"),
            Some(Window {
                from: 480,
                to: 1290
            })
        );
        assert_eq!(Window::parse_clock("00:00-24:00"), Some(Window::ALL_DAY));
        for bad in [
            "",
            "8-21",
            "21:00-08:00",
            "08:00-25:00",
            "08:60-21:00",
            "08:00-08:00",
        ] {
            assert_eq!(Window::parse_clock(bad), None, "{bad}");
        }
    }

    #[test]
    fn windows_that_do_not_meet_hold_nothing() {
        let never = Window { from: 480, to: 720 }.and(Window { from: 800, to: 900 });
        assert!((0..1440).all(|minute| !never.contains(minute, minute)));
    }
}
