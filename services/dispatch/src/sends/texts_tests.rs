use std::collections::BTreeMap;

use contract::Mode;
use contract::chunk::Encoding;
use contract::ids::{MessageId, TemplateId};
use contract::texts::{Origin, OriginKind};

use super::*;

const NOW: UnixMillis = UnixMillis(1_000);

fn text(not_before: Option<i64>, valid_until: i64, class: Class) -> FlowText {
    FlowText {
        message: MessageId::from_raw(1 << 40),
        origin: Origin {
            kind: OriginKind::Journey,
            id: "run".into(),
        },
        contact: ContactId::from_raw(7),
        class,
        programme: "default".into(),
        sender: "+15005550006".into(),
        template: TemplateId::from_raw(1),
        template_version: None,
        vars: BTreeMap::new(),
        mode: Mode::Test,
        not_before: not_before.map(UnixMillis),
        valid_until: UnixMillis(valid_until),
    }
}

fn words(opt_out_said: bool) -> TextRendered {
    TextRendered::Text(OneText {
        body: "Hi".into(),
        encoding: Encoding::Gsm7,
        segments: 1,
        version: 4,
        opt_out_said,
    })
}

fn fate(text: FlowText, known: bool, words: Option<TextRendered>) -> Fate {
    let person = Person {
        phone: Phone::from_digits(15_005_550_006).unwrap(),
        zone: Some("America/New_York".into()),
    };
    let resolved = one(text, known.then_some(&person), words, NOW);
    let goes = matches!(resolved.fate, Fate::Now | Fate::Later(_));
    assert_eq!(resolved.chunk.texts.len(), usize::from(goes));
    assert_eq!(resolved.said(NOW).is_none(), resolved.fate == Fate::Now);
    resolved.fate
}

#[test]
fn every_text_goes_now_or_later_or_has_its_reason() {
    let (plain, marketing) = (Class::Appointment, Class::Marketing);
    let settled = |outcome, reason| Fate::Settled(outcome, reason);
    let expired = settled(Outcome::Expired, Reason::MESSAGE_EXPIRED);
    let missing = Reason::MERGE_FIELD_MISSING;
    let cases = [
        (
            text(None, 2_000, plain),
            true,
            Some(words(false)),
            Fate::Now,
        ),
        (
            text(Some(900), 2_000, plain),
            true,
            Some(words(false)),
            Fate::Now,
        ),
        (
            text(Some(1_500), 2_000, plain),
            true,
            Some(words(false)),
            Fate::Later(UnixMillis(1_500)),
        ),
        (text(None, 1_000, plain), true, None, expired.clone()),
        (text(Some(2_000), 2_000, plain), true, None, expired),
        (
            text(None, 2_000, plain),
            false,
            None,
            settled(Outcome::Suppressed, Reason::CONTACT_GONE),
        ),
        (
            text(None, 2_000, plain),
            true,
            Some(TextRendered::Failed(missing.clone())),
            settled(Outcome::Failed, missing),
        ),
        (
            text(None, 2_000, marketing),
            true,
            Some(words(false)),
            settled(Outcome::Suppressed, Reason::OPT_OUT_TEXT_MISSING),
        ),
        (
            text(None, 2_000, marketing),
            true,
            Some(words(true)),
            Fate::Now,
        ),
    ];
    for (text, known, words, wanted) in cases {
        assert_eq!(fate(text, known, words), wanted);
    }
}
