//! Codes in plain words, for readers who do not know the program. A code without words stays as it is.

/// What happened to a consent.
pub fn action(code: &str) -> &str {
    match code {
        "opt_in" => "Agreed to receive texts",
        "doi_confirm" => "Confirmed the agreement",
        "opt_out" => "Asked for no more texts",
        "restore" => "Agreed again after having asked for no more texts",
        "expire" => "The agreement ran out",
        "import" => "An agreement was taken over from another system",
        "hold" => "Wrote what may be a request for no more texts; texts were held",
        "release" => "Somebody read what the person wrote: it was no such request",
        "block" => "The carrier reported that the person blocks the sender",
        "unsuppress" => "Was taken off a list of numbers not to be texted",
        "reassign" => "The number passed to another holder",
        "restrict" => "The use of the person's data was restricted",
        "unrestrict" => "The restriction on the person's data ended",
        "object" => "Objected to marketing",
        "erase" => "The person's data was erased",
        other => other,
    }
}

/// Whether an action gives consent; then no programme named means the default one.
pub fn gives(action: &str) -> bool {
    matches!(action, "opt_in" | "doi_confirm" | "import")
}

/// How strong an agreement is (47 CFR 64.1200(a)(1), (f)(9)).
pub fn level(code: &str) -> &str {
    match code {
        "written" => "Prior express written consent",
        "express" => "Prior express consent",
        "implied" => "Implied consent, from a purchase or an inquiry",
        "soft" => "Existing customer, own similar goods",
        other => other,
    }
}

pub fn method(code: &str) -> &str {
    match code {
        "web" | "web_form" => "Web form",
        "keyword" => "Text message with a keyword",
        "reply" => "Reply to a text message",
        "paper" | "paper_form" => "On paper",
        "request" => "At the person's request",
        "retention" => "The time for which the data is kept had passed",
        "voice" => "By telephone",
        "pos" => "At a point of sale",
        "api" => "Through a connected system",
        "import" => "Taken over from a list",
        other => other,
    }
}

pub fn class(code: &str) -> &str {
    match code {
        "marketing" => "Marketing",
        "informational" | "transactional" => "Information about an order, a delivery or an account",
        "appointment" => "Appointment",
        "service_alert" => "Outage or closure",
        "emergency" => "Emergency",
        "otp" => "One-time password the person asked for",
        "opt_in_confirmation" => "Request to confirm an agreement",
        "opt_out_confirmation" => "Confirmation that no more texts follow",
        "help_reply" => "Answer to a request for help",
        "conversation" => "Personal answer to what the person wrote",
        other => other,
    }
}

pub fn effect(code: &str) -> &str {
    match code {
        "allow" => "Sending was allowed",
        "deny" => "Sending was refused",
        "defer" => "Sending was put off",
        other => other,
    }
}

/// How far a request for no more texts reaches.
pub fn scope(code: &str) -> String {
    match code.split_once(':') {
        Some(("class", name)) => format!("Texts of this kind: {}", class(name)),
        Some(("programme", name)) => format!("The programme {name}"),
        Some(("channel", name)) => format!("Everything over {name}"),
        _ if code == "global" => "Everything".to_string(),
        _ => code.to_string(),
    }
}

pub fn purpose(code: &str) -> &str {
    match code {
        "all" => "Every kind of text",
        "marketing" => "Marketing",
        "informational" => "Everything but marketing",
        other => other,
    }
}

/// The sentence for a reason code. A sender's own codes have none.
pub fn reason(code: &str) -> Option<&'static str> {
    Some(match code {
        "OK" => "Every rule in force allowed the text.",
        "OK_REPLY" => "It answers what the person wrote.",
        "OK_EMERGENCY" => "It is an emergency text that somebody vouched for.",
        "NO_CONSENT" => "The person had not agreed to such texts.",
        "CONSENT_LEVEL_TOO_LOW" => "The person's agreement was not strong enough for such texts.",
        "CONSENT_SCOPE_MISMATCH" => "The person had agreed to other texts, not to these.",
        "CONSENT_PENDING_CONFIRMATION" => "The person had not confirmed the agreement yet.",
        "CONSENT_EXPIRED" => "The person's agreement had run out.",
        "CONSENT_EVIDENCE_MISSING" => "The proof of the agreement was not complete.",
        "OPTED_OUT_GLOBAL" => "The person had asked for no more texts of any kind.",
        "OPTED_OUT_CLASS" => "The person had asked for no more texts of this kind.",
        "OPTED_OUT_PROGRAM" => "The person had asked for no more texts of this programme.",
        "OPTED_OUT_CHANNEL" => "The person had asked for no more messages over this channel.",
        "OPTED_OUT_PENDING_CLARIFICATION" => {
            "The person had asked for no more texts and not yet said which."
        }
        "OPT_OUT_UNDER_REVIEW" => {
            "The person had written what may be a request for no more texts, and nobody had read it yet."
        }
        "PROVIDER_BLOCKED" => "The carrier reported that the person blocks the sender.",
        "SUPPRESSED_HASH" => "The number is on a list of numbers not to be texted.",
        "PROCESSING_RESTRICTED" => "The use of the person's data was restricted.",
        "OBJECTED" => "The person had objected to marketing.",
        "NUMBER_REASSIGNED" => "The number had passed to another holder.",
        "REASSIGNMENT_CHECK_STALE" => {
            "It was not checked of late whether the number had passed to another holder."
        }
        "AGE_RESTRICTED" => "The person's age was not proven for such content.",
        "NATIONAL_DNC" => "The number is on the National Do Not Call list.",
        "STATE_DNC" => "The number is on a state's do-not-call list.",
        "DNC_LIST_STALE" => "The copy of the do-not-call list was too old.",
        "NO_SEND_DAY" => "Such texts may not be sent on that day, at the person's place.",
        "QUIET_HOURS" => {
            "It was outside the hours in which such texts may be sent, at the person's place."
        }
        "COURTESY_HOURS" => "It was outside the hours the sender keeps to, at the person's place.",
        "TIMEZONE_UNKNOWN" => {
            "The person's local time was not known, so the hours could not be kept."
        }
        "FREQUENCY_CAP_LAW" | "FREQUENCY_CAP_EXEMPTION" => {
            "The person had got as many such texts as the law allows for the time."
        }
        "FREQUENCY_CAP_TENANT" => {
            "The person had got as many texts as the sender allows itself for the time."
        }
        "CONFIRMATION_TOO_LATE" => "The time in which an opt-out may be confirmed had passed.",
        "CONFIRMATION_ALREADY_SENT" => "The opt-out had been confirmed before.",
        "CONFIRMATION_OWNED_BY_CARRIER" => "The carrier confirms the opt-out itself.",
        "POLICY_ERROR" => "The rules could not be applied; in doubt nothing is sent.",
        "FACTS_UNAVAILABLE" => {
            "What was on record of the person could not be read; in doubt nothing is sent."
        }
        "INVALID_NUMBER" => "The number is none that can be texted.",
        "UNSUPPORTED_REGION" => "No rules are on record for where the number belongs.",
        "CAMPAIGN_NOT_REGISTERED" => "The sender was not registered with the carriers.",
        "TEMPLATE_NOT_REGISTERED" => "The words were not registered where the law asks for it.",
        "CONTENT_NOT_ALLOWED_FOR_CLASS" => {
            "The text advertised something, and texts of its kind may not."
        }
        "CONTENT_PROHIBITED" => "The content is one that may not be sent by text.",
        "OPT_OUT_TEXT_MISSING" => "The text did not say how to get no more of them.",
        "EMERGENCY_NOT_ATTESTED" => "Nobody had vouched that it was an emergency.",
        "OTP_NOT_REQUESTED" => "The person had not asked for the password.",
        "REPLY_RATE_LIMITED" => "The person had got enough such answers for the time.",
        "CARRIER_DAILY_CAP" => "The carriers took no more texts of the sender on that day.",
        "NO_MATCHING_PERMIT" => "No rule allowed the text.",
        "MESSAGE_EXPIRED" => "The text would have come too late to be of use.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_without_words_stays_as_it_is() {
        assert_eq!(action("opt_in"), "Agreed to receive texts");
        assert_eq!(action("something_new"), "something_new");
        assert_eq!(reason("LUNCH_BREAK"), None);
        assert_eq!(scope("solar:system"), "solar:system");
    }

    #[test]
    fn every_reason_of_the_law_pack_has_its_sentence() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
        let mut reasons = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let named = text.split("@reason(\"").skip(1);
            reasons.extend(named.filter_map(|rest| Some(rest.split('"').next()?.to_string())));
        }
        assert!(reasons.len() > 30, "{}", reasons.len());
        reasons.retain(|code| reason(code).is_none());
        assert_eq!(reasons, [""; 0]);
    }
}
