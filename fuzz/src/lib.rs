//! What is fed with anything: each body takes bytes and panics where a promise is broken.

use std::sync::Arc;

use contract::Class;
use contract::chunk::Encoding;
use contract::segments::{
    GSM7_PART, GSM7_SINGLE, UCS2_PART, UCS2_SINGLE, decode_gsm7, decode_ucs2, measure, split,
};
use renderer::clean::clean;
use renderer::content::{Channel, Content, Fragment, More, Options, SmartEncoding, Variant};
use renderer::fields::Contact;
use renderer::links::target;
use renderer::lint::lint;
use renderer::person::Person;
use renderer::published::build;
use renderer::template::Limits;
use renderer::{encode, hint, language, opt_out, scan};

/// Small, so that what is refused for its cost is refused soon.
const LIMITS: Limits = Limits {
    max_body_chars: 2_000,
    max_segments: 10,
    fuel: 2_000,
};

/// The parser and everything around it: no source panics, and what compiles renders or says why not.
pub fn template(data: &[u8]) {
    let whole = String::from_utf8_lossy(data);
    let (source, value) = whole.split_once('\u{1}').unwrap_or((&whole, "Ana"));
    let mut end = 0;
    for piece in scan::scan(source) {
        let range = match piece {
            scan::Piece::Text(range) => range,
            scan::Piece::Tag(tag) => tag.range,
        };
        assert_eq!(range.start, end, "the pieces are not the source");
        end = range.end;
    }
    assert_eq!(end, source.len(), "the pieces are not the source");
    let _ = hint::foreign(source);
    let fragment = Fragment {
        version: 1,
        language: None,
        body: "Reply STOP".into(),
        variants: vec![],
    };
    let content = Content {
        language: Some("en".into()),
        body: source.to_string(),
        more: More {
            variants: vec![Variant {
                channel: Channel::Sms,
                language: "cs".into(),
                body: source.to_string(),
            }],
            options: Options {
                smart_encoding: SmartEncoding::Accents,
                shorten_links: data.len() % 2 == 0,
                ..Options::default()
            },
            fragments: [("footer".to_string(), fragment)].into(),
        },
    };
    let Ok(published) = build(&content, LIMITS) else {
        return;
    };
    let _ = published.try_out();
    let names: Arc<[String]> = published.fields.clone().into();
    for text in 0..2 {
        let contact = Contact::new(&names, names.iter().map(|_| Some(value)));
        let person = Person {
            zone: Some(chrono_tz::Tz::America__New_York),
            place: None,
        };
        if let Ok(rendered) = published.render(text, contact, person) {
            assert!(rendered.measure.segments <= LIMITS.max_segments);
            assert_eq!(rendered.measure, measure(&rendered.text));
        }
    }
}

/// The encoders: what is cut into segments joins to the same text, and no pair is parted.
pub fn text(data: &[u8]) {
    let _ = (decode_gsm7(data), decode_ucs2(data));
    let text = String::from_utf8_lossy(data);
    segments(&text);
    // The same as what a handset would have shown, which is made of characters of the alphabet alone.
    segments(&decode_gsm7(data).replace('\u{FFFD}', "?"));
    segments(&decode_ucs2(data));
    for how in [SmartEncoding::Punctuation, SmartEncoding::Accents] {
        let (made, measured) = encode::smart(text.to_string(), how);
        assert_eq!(measured, measure(&made));
        assert!(
            measured.segments <= measure(&text).segments,
            "smart encoding costs more"
        );
    }
    if let Some(once) = clean(&text) {
        assert_eq!(clean(&once).as_ref(), Some(&once), "cleaning is not stable");
    }
    let _ = (lint(&text, Some(Class::Marketing)), opt_out::is_said(&text));
    let _ = (
        target::check(&text),
        target::in_text(&text),
        language::normal(&text),
    );
}

fn segments(text: &str) {
    let measured = measure(text);
    let (encoding, parts) = split(text);
    assert_eq!(
        (encoding, parts.len()),
        (measured.encoding, measured.segments)
    );
    let (single, part, width) = match encoding {
        Encoding::Gsm7 => (GSM7_SINGLE, GSM7_PART, 1),
        Encoding::Ucs2 => (UCS2_SINGLE, UCS2_PART, 2),
    };
    let limit = if parts.len() == 1 { single } else { part };
    assert!(
        parts.iter().all(|part| part.len() <= limit * width),
        "a part is too long"
    );
    let read = |part: &Vec<u8>| match encoding {
        Encoding::Gsm7 => decode_gsm7(part),
        Encoding::Ucs2 => decode_ucs2(part),
    };
    let joined: String = parts.iter().map(read).collect();
    assert_eq!(joined, text, "the parts do not join to the text");
}
