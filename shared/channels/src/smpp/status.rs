//! What a carrier's status word means for a text.
//!
//! Names, numbers and meanings: SMPP 3.4 specification, section 5.1.3, table 5-2; the numbers from 0x100 on
//! come from SMPP 5.0, section 4.7.6. 0x400–0x4FF are each carrier's own.

use rusmpp::CommandStatus;

use crate::fault::Fault;

/// What to do after a submit was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Taken,
    /// We write too fast: slow down, and try this one again.
    TooFast,
    /// This recipient's queue is full: try this one again a little later.
    QueueFull,
    /// A final no; the text has not left.
    Refused(Fault),
}

pub(super) fn meaning(status: CommandStatus) -> Meaning {
    match status {
        CommandStatus::EsmeRok => Meaning::Taken,
        CommandStatus::EsmeRthrottled => Meaning::TooFast,
        CommandStatus::EsmeRmsgqful => Meaning::QueueFull,
        refused => Meaning::Refused(fault(refused)),
    }
}

/// What a refusal means. A status word is an answer: the text was not taken, whatever the fault.
pub(super) fn fault(status: CommandStatus) -> Fault {
    use CommandStatus as S;
    match status {
        S::EsmeRinvdstadr
        | S::EsmeRinvdstton
        | S::EsmeRinvdstnpi
        | S::EsmeRinvdstaddrsubunit
        | S::EsmeRinvnumdests
        | S::EsmeRinvdlname
        | S::EsmeRinvdestflag => Fault::Invalid,
        S::EsmeRinvsrcadr
        | S::EsmeRinvsrcton
        | S::EsmeRinvsrcnpi
        | S::EsmeRinvsrcaddrsubunit
        | S::EsmeRinvmsglen
        | S::EsmeRinvcmdlen
        | S::EsmeRinvcmdid
        | S::EsmeRinvprtflg
        | S::EsmeRinvregdlvflg
        | S::EsmeRinvesmclass
        | S::EsmeRinvdcs
        | S::EsmeRinvsched
        | S::EsmeRinvexpiry
        | S::EsmeRinvdftmsgid
        | S::EsmeRinvrepflag
        | S::EsmeRinvsubrep
        | S::EsmeRinvmsgid
        | S::EsmeRinvtlvstream
        | S::EsmeRtlvnotallwd
        | S::EsmeRinvtlvlen
        | S::EsmeRmissingtlv
        | S::EsmeRinvtlvval => Fault::Refused,
        S::EsmeRthrottled | S::EsmeRmsgqful => Fault::Throttled,
        S::EsmeRinvbndsts
        | S::EsmeRalybnd
        | S::EsmeRbindfail
        | S::EsmeRinvpaswd
        | S::EsmeRinvsysid
        | S::EsmeRinvsystyp
        | S::EsmeRinvsertyp
        | S::EsmeRsertypunauth
        | S::EsmeRsertypdenied
        | S::EsmeRprohibited => Fault::Account,
        S::EsmeRsyserr
        | S::EsmeRsubmitfail
        | S::EsmeRdeliveryfailure
        | S::EsmeRxTAppn
        | S::EsmeRxPAppn
        | S::EsmeRxRAppn
        | S::EsmeRsertypunavail => Fault::ProviderFault,
        _ => Fault::Unknown,
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
    }

    #[test]
    fn every_status_of_smpp_3_4_has_a_meaning() {
        for (number, expected) in [
            (0x00, Meaning::Taken),
            (0x01, Meaning::Refused(Fault::Refused)),
            (0x08, Meaning::Refused(Fault::ProviderFault)),
            (0x0A, Meaning::Refused(Fault::Refused)),
            (0x0B, Meaning::Refused(Fault::Invalid)),
            (0x0E, Meaning::Refused(Fault::Account)),
            (0x14, Meaning::QueueFull),
            (0x45, Meaning::Refused(Fault::ProviderFault)),
            (0x50, Meaning::Refused(Fault::Invalid)),
            (0x58, Meaning::TooFast),
            (0x62, Meaning::Refused(Fault::Refused)),
            (0x101, Meaning::Refused(Fault::Account)),
            (0xFF, Meaning::Refused(Fault::Unknown)),
            (0x401, Meaning::Refused(Fault::Unknown)),
        ] {
            assert_eq!(
                meaning(CommandStatus::from(number)),
                expected,
                "{number:#x}"
            );
        }
        let named = (0x01..=0x0F)
            .chain([0x11, 0x13, 0x14, 0x15, 0x33, 0x34])
            .chain(0x40..=0x67)
            .map(CommandStatus::from)
            .filter(|status| !matches!(status, CommandStatus::Other(_)));
        let unexplained: Vec<String> = named
            .filter(|status| fault(*status) == Fault::Unknown)
            .map(name)
            .collect();
        // These never answer a submit.
        let elsewhere = [
            "ESME_RCANCELFAIL",
            "ESME_RREPLACEFAIL",
            "ESME_RCNTSUBDL",
            "ESME_RINVNUMMSGS",
            "ESME_RQUERYFAIL",
        ];
        assert!(
            unexplained
                .iter()
                .all(|name| elsewhere.contains(&name.as_str())),
            "{unexplained:?}"
        );
    }
}
