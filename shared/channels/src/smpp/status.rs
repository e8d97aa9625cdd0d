//! What a carrier's status word means for a text.

use rusmpp::CommandStatus;

/// What to do after a submit was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Taken,
    /// We write too fast: slow down, and try this one again.
    TooFast,
    /// This recipient's queue is full: try this one again a little later.
    QueueFull,
    Refused,
}

pub(super) const fn meaning(status: CommandStatus) -> Meaning {
    match status {
        CommandStatus::EsmeRok => Meaning::Taken,
        CommandStatus::EsmeRthrottled => Meaning::TooFast,
        CommandStatus::EsmeRmsgqful => Meaning::QueueFull,
        _ => Meaning::Refused,
    }
}

/// The name in the specification (`ESME_RINVDSTADR`), or the number of a carrier's own status.
pub(super) fn name(status: CommandStatus) -> String {
    if let CommandStatus::Other(number) = status {
        return format!("0x{number:08x}");
    }
    let name = format!("{status:?}").to_ascii_uppercase();
    match name.strip_prefix("ESME") {
        Some(rest) => format!("ESME_{rest}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_the_names_of_the_specification() {
        assert_eq!(name(CommandStatus::EsmeRinvdstadr), "ESME_RINVDSTADR");
        assert_eq!(name(CommandStatus::Other(0x401)), "0x00000401");
        assert_eq!(meaning(CommandStatus::EsmeRthrottled), Meaning::TooFast);
        assert_eq!(meaning(CommandStatus::EsmeRsyserr), Meaning::Refused);
    }
}
