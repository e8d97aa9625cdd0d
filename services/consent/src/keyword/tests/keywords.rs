use super::*;

#[test]
fn every_spelling_of_the_federal_words_is_a_keyword() {
    all_read_as(
        "keyword",
        &[
            "STOP",
            "stop",
            "  Stop!! ",
            "\"STOP\"",
            "'stop'",
            "‘stop’",
            "“Stop”",
            "«Stop»",
            "(stop)",
            "[STOP]",
            "STOP.",
            "STOP\n",
            "\u{feff}STOP",
            "stop 🛑",
            "🛑 STOP 🛑",
            "STOP!!!!!",
            "ＳＴＯＰ",
            "Ｓｔｏｐ",
            "s\u{200b}top",
            "s\u{ad}top",
            "s\u{2060}t\u{200d}op",
            "S.T.O.P",
            "s t o p",
            "S-T-O-P",
            "ⓢⓣⓞⓟ",
            "𝐒𝐓𝐎𝐏",
            "𝓼𝓽𝓸𝓹",
            "S̶T̶O̶P̶",
            "stóp",
            "stooop",
            "STOPPPP",
            "stop stop stop",
            "STOP, STOP!",
            "STOP\nSTOP",
            "stopall",
            "Stop all",
            "STOP-ALL",
            "quit",
            "QUIT.",
            "end",
            "End!",
            "revoke",
            "Revoke",
            "cancel",
            "CANCEL",
            "unsubscribe",
            "UNSUBSCRIBE",
            "un-subscribe",
            "Unsuscribe",
            "unsubcribe",
            "opt out",
            "OPT OUT",
            "opt-out",
            "Opt‑out",
            "optout",
            "OptOut",
            "o p t out",
            "o p t o u t",
            "opt_out",
            "opt.out",
            "remove",
            "TD",
            "STOP to end",
            "Reply STOP",
            "stop2end",
            "stop 2 end",
            "text stop to opt out",
            "END END",
            "cancel all",
            "STP",
            "quit quit",
        ],
    );
}

#[test]
fn a_stop_word_with_courtesies_is_an_opt_out_in_free_text() {
    all_read_as(
        "free_text",
        &[
            "STOP PLEASE",
            "please stop",
            "stop now",
            "Stop, thanks",
            "pls stop",
            "plz stop!!",
            "stop pls thx",
            "Stop right now",
            "ok stop",
            "just stop",
            "Please just stop",
            "hey stop",
            "cancel please",
            "unsubscribe please",
            "please unsubscribe",
            "End please",
            "quit please, thank you",
            "STOP immediately",
            "stop already",
            "stop asap",
            "opt out please",
            "please opt-out",
            "please remove",
            "STOP. Sent from my iPhone",
            "Hi, please stop. Thank you!",
            "stop por favor",
            "alto por favor",
            "arrêt s'il vous plaît",
            "stop svp",
            "bitte stopp",
            "Abmelden bitte, danke",
            "parar por favor",
            "sair, obrigado",
            "annulla per favore",
            "afmelden aub",
            "avsluta tack",
            "wypisz proszę",
            "iptal lütfen",
            "стоп пожалуйста",
            "cancelar gracias",
            "s t o p please",
            "stop it",
            "stop this",
            "Stop that!",
            "stop texts",
        ],
    );
}

#[test]
fn stop_all_and_free_text_ask_for_everything_and_a_word_alone_does_not() {
    for (text, everything) in [
        ("STOP", false),
        ("opt out", false),
        ("stop 2 end", false),
        ("STOPALL", true),
        ("stop all", true),
        ("STOP all stop", true),
        ("unsubscribe all", true),
        ("stop please", true),
        ("remove my number", true),
        ("stop texting me", true),
        ("wrong number", true),
    ] {
        let Reading::Stop(stop) = read(text) else {
            panic!("{text:?} is {:?}", read(text));
        };
        assert_eq!(stop.everything, everything, "{text:?}");
    }
}

#[test]
fn opt_in_is_a_word_alone_or_with_courtesies() {
    all_read_as(
        "start",
        &[
            "START",
            "start",
            "Start!",
            "\"START\"",
            "ＳＴＡＲＴ",
            "unstop",
            "UN-STOP",
            "UNSTOP.",
            "subscribe",
            "Resume",
            "start please",
            "please start",
            "START now",
            "unstop thanks",
            "s t a r t",
            "opt in",
            "iniciar",
            "commencer",
            "старт",
            "başlat",
            "订阅",
        ],
    );
    all_read_as(
        "none",
        &[
            "start at nine",
            "when do we start",
            "let's start",
            "start start over",
            "resume attached",
            "my resume",
            "can you start monday",
            "we subscribe to the paper",
        ],
    );
}

#[test]
fn help_and_yes_are_the_whole_text() {
    all_read_as(
        "help",
        &[
            "help",
            "HELP",
            "Help?",
            "INFO",
            "info!",
            "aide",
            "AYUDA",
            "Hilfe",
            "ajuda",
            "aiuto",
            "hulp",
            "hjälp",
            "pomoc",
            "yardım",
            "YARDIM",
            "помощь",
            "帮助",
            "ヘルプ",
            "도움말",
            "βοήθεια",
            "مساعدة",
            "hjelp",
            "hjælp",
            "apua",
        ],
    );
    all_read_as(
        "yes",
        &[
            "Yes", "yes", "YES!", "y", "Y", "si", "sí", "oui", "ja", "sim", "da", "evet", "да",
            "是", "はい", "네", "tak",
        ],
    );
    all_read_as(
        "none",
        &[
            "yes please",
            "help me find parking",
            "yes I will be there",
            "info about the venue",
            "I need help with my order",
        ],
    );
}

#[test]
fn the_vectors_of_the_specification_come_out_as_written() {
    all_read_as(
        "keyword",
        &[
            "STOP",
            "  Stop!! ",
            "\"STOP\"",
            "OPT OUT",
            "optout",
            "STOP ALL",
            "ＳＴＯＰ",
            "s\u{200b}top",
            "ARRÊT",
            "PARAR",
            "СТОП",
            "stop 🛑",
            "停止",
        ],
    );
    all_read_as(
        "free_text",
        &[
            "please stop texting me",
            "STOP PLEASE",
            "don't text me again",
            "take me off your list",
            "I revoke my consent",
            "no more texts",
            "No más",
            "leave me alone",
            "How do I unsubscribe?",
        ],
    );
    all_read_as("wrong_number", &["wrong number"]);
    all_read_as(
        "review",
        &[
            "can't stop loving this",
            "I'll stop by at 5",
            "is there a bus stop nearby",
            "cancel my appointment",
        ],
    );
    all_read_as("start", &["START"]);
    all_read_as("yes", &["Yes"]);
    all_read_as("help", &["help"]);
    all_read_as("none", &["thanks", "yes please"]);
}

#[test]
fn a_tenant_adds_words_but_cannot_take_one_away() {
    let own = Keywords::with(
        &[
            "Tschüss".to_string(),
            "no   thanks 7".to_string(),
            " ".to_string(),
        ],
        &[
            "JOIN".to_string(),
            "stop".to_string(),
            "I am in again".to_string(),
        ],
        &["Was ist das".to_string(), "cancel".to_string()],
    );
    assert!(matches!(read_with(&own, "TSCHÜSS!"), Reading::Stop(_)));
    assert!(matches!(read_with(&own, "no thanks 7"), Reading::Stop(_)));
    assert_eq!(read_with(&own, "tschüss bis morgen"), Reading::None);
    assert_eq!(read_with(&own, "join"), Reading::Start);
    assert_eq!(read_with(&own, "I am in, again!"), Reading::Start);
    assert_eq!(read_with(&own, "was ist das?"), Reading::Help);
    assert!(matches!(read_with(&own, "stop"), Reading::Stop(_)));
    assert!(matches!(read_with(&own, "cancel"), Reading::Stop(_)));
    assert_eq!(read_with(&own, ""), Reading::None);
    assert_eq!(read("join"), Reading::None);
}
