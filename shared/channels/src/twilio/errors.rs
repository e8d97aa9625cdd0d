//! Twilio's error codes in our words.
//!
//! Source: Twilio's error and warning dictionary (pages `api/errors/<code>` of its documentation), as far as
//! it concerns messages. A code that is not here is [`Fault::Unknown`].

use crate::fault::Fault;

/// The person has opted out of this sender at Twilio.
pub const UNSUBSCRIBED: u32 = 21610;

pub const fn fault(code: u32) -> Fault {
    match code {
        // To: no number, not a mobile one, or not one that exists
        21211 | 21214 | 21217 | 21401 | 21407 | 21421 | 21604 | 21614 | 21635 | 30005 | 63003
        | 63024 => Fault::Invalid,
        // no way to the handset or its network. 30004 is the line's block on such texts, not a person's wish
        21612 | 30003 | 30004 | 30006 => Fault::Unreachable,
        UNSUBSCRIBED => Fault::Blocked,
        // filters: content, fraud, hours that a law forbids
        21656 | 30007 | 30038 | 30039 | 30450 | 30453 | 30610 => Fault::Filtered,
        // pace, queues, quotas
        14107 | 20429 | 21611 | 30001 | 30022 | 30023 | 30027 | 30454 | 63018 | 63038 => {
            Fault::Throttled
        }
        30036 => Fault::Expired,
        // From, Body and other parameters
        20001
        | 21212
        | 21601
        | 21602
        | 21603
        | 21605
        | 21606
        | 21607
        | 21609
        | 21615..=21620
        | 21622
        | 21623
        | 21626
        | 21659..=21661
        | 21703
        | 30010
        | 30019
        | 30044 => Fault::Refused,
        // credentials, balance, permissions, registration
        20003..=20009
        | 20404
        | 21408
        | 21608
        | 21705
        | 30002
        | 30018
        | 30024
        | 30032..=30035
        | 30037
        | 30040 => Fault::Account,
        20500 | 20503 | 30017 | 30410 | 30500 => Fault::ProviderFault,
        _ => Fault::Unknown,
    }
}

/// A refusal of the account itself, which the next text would meet too. Missing permissions and registrations
/// concern single countries or senders, so they refuse the text alone.
pub const fn is_of_the_account(code: u32) -> bool {
    matches!(code, 20003..=20009 | 20404 | 30002)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart() {
        for (code, expected) in [
            (21211, Fault::Invalid),
            (21408, Fault::Account),
            (21610, Fault::Blocked),
            (21611, Fault::Throttled),
            (21612, Fault::Unreachable),
            (21614, Fault::Invalid),
            (21617, Fault::Refused),
            (20003, Fault::Account),
            (20429, Fault::Throttled),
            (30003, Fault::Unreachable),
            (30005, Fault::Invalid),
            (30006, Fault::Unreachable),
            (30007, Fault::Filtered),
            (30008, Fault::Unknown),
            (30036, Fault::Expired),
            (30034, Fault::Account),
            (30410, Fault::ProviderFault),
            (99999, Fault::Unknown),
        ] {
            assert_eq!(fault(code), expected, "{code}");
        }
    }

    #[test]
    fn a_block_is_the_only_code_that_consent_hears_of() {
        let blocks = (10_000..70_000).filter(|code| fault(*code) == Fault::Blocked);
        assert_eq!(blocks.collect::<Vec<_>>(), [UNSUBSCRIBED]);
    }

    #[test]
    fn what_closes_the_account_is_a_fault_of_the_account() {
        for code in (10_000..70_000).filter(|code| is_of_the_account(*code)) {
            assert_eq!(fault(code), Fault::Account, "{code}");
        }
        assert!(!is_of_the_account(21408));
    }
}
