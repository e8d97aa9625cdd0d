use super::*;

#[test]
fn a_stop_word_in_a_sentence_is_looked_at_by_a_person() {
    all_read_as(
        "review",
        &[
            "can't stop loving this",
            "I'll stop by at 5",
            "is there a bus stop nearby",
            "cancel my appointment",
            "cancel my order",
            "end of June works",
            "stop smoking program?",
            "non-stop",
            "nonstop non stop fun",
            "when does the sale end",
            "quit my job today",
            "don't stop",
            "Don't stop texting me",
            "never stop",
            "please don't stop",
            "can not stop laughing",
            "do not unsubscribe me",
            "I don't want to unsubscribe",
            "don't remove me from the list",
            "I did not mean to stop",
            "stop by tomorrow at noon maybe",
            "See you at the bus stop",
            "stop sign",
            "I need to cancel",
            "can I cancel?",
            "the end",
            "weekend or end of month",
            "I quit smoking",
            "what happens if I unsubscribe",
            "I unsubscribed by accident",
            "remove the old address",
            "how do I cancel my order",
            "cancel my subscription box",
            "they won't stop",
            "revoke my license",
            "cancel my appointment please",
            "stop at the gas station",
            "pit stop",
            "opt out of the insurance",
            "take me off the waitlist",
            "remove me from the schedule",
            "don't leave me alone",
            "please stop over for tea",
            "no puedo parar de reír",
            "quiero cancelar mi cita",
            "я не могу отмена заказа",
            "我想取消预约",
            "ich stopp dich nicht",
            "予約をキャンセルしたい",
            "예약 취소 가능한가요",
        ],
    );
}

#[test]
fn an_opt_out_with_a_condition_is_looked_at_by_a_person() {
    all_read_as(
        "review",
        &[
            "don't text me while I'm driving",
            "don't text me before 9",
            "please do not text me at night",
            "don't text me on Sundays",
            "stop texting me so early",
            "don't text me until Monday",
            "stop texting me so much",
            "you never text me",
            "keine Nachricht bekommen",
            "why don't you text me",
            "you don't text me anymore",
            "I gave you the wrong number",
            "sorry I had the wrong number",
        ],
    );
}

#[test]
fn abuse_and_complaints_are_looked_at_by_a_person() {
    all_read_as(
        "review",
        &[
            "fuck off",
            "F off",
            "f u",
            "fuck you",
            "go to hell",
            "piss off",
            "screw you",
            "STFU",
            "get lost",
            "go away",
            "shut up",
            "spam",
            "this is spam",
            "reported as spam",
            "I will report you",
            "I never signed up for this",
            "I didn't subscribe to this",
            "not interested",
            "I'm not interested",
            "this is harassment",
            "🛑",
            "⛔️",
            "this isn't John's number",
            "wrong",
            "enough",
        ],
    );
}

#[test]
fn the_code_says_why() {
    for (text, why) in [
        ("quit my job today", "keyword_in_sentence"),
        ("when does the sale end", "question"),
        ("stop smoking program?", "question"),
        ("don't stop", "negated"),
        ("don't text me until Monday", "conditional"),
        ("what happens if I unsubscribe", "hypothetical"),
        ("you never text me", "statement"),
        ("take me off the waitlist", "other_matter"),
        ("fuck off", "abuse"),
        ("this is spam", "complaint"),
        ("not interested", "not_interested"),
        ("this isn't John's number", "maybe_wrong_number"),
        ("let me be", "unclear"),
        ("🛑", "stop_sign"),
        ("Liked “STOP”", "quoted"),
    ] {
        assert_eq!(read(text), Reading::Review { why }, "{text:?}");
    }
}

#[test]
fn a_certain_opt_out_beside_a_negation_is_an_opt_out() {
    all_read_as(
        "free_text",
        &[
            "I can't stop the bus. Stop texting me.",
            "don't stop there, unsubscribe me",
            "You don't stop! Take me off your list",
        ],
    );
}
