//! Renders a chunk: texts for those it can, outcomes for the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;
use contract::Reason;
use contract::chunk::{Outcome, OutcomeGroup, Screened, Text};
use contract::renderer::RenderChunk;

use crate::fault::RenderError;
use crate::fields::Contact;
use crate::links::Run;
use crate::person::Person;
use crate::published::{LANGUAGE_FIELD, Published, zone};

/// What became of a chunk. Together they name every recipient once.
#[derive(Debug, Default)]
pub struct Written {
    pub texts: Vec<Text>,
    pub failed: Vec<OutcomeGroup>,
}

/// What a chunk's texts share, beside the template.
struct Shared<'a> {
    names: Arc<[String]>,
    zones: Vec<Option<Tz>>,
    /// Which of the fields is the language.
    language: Option<usize>,
    template: &'a Published,
    links: Option<&'a Run>,
    chunk: u32,
}

/// Writes the texts of a chunk; without a template everybody in it fails. `links` is the run's place among
/// those with short links.
pub fn write(chunk: &RenderChunk, template: Option<&Published>, links: Option<&Run>) -> Written {
    let head = &chunk.head;
    let shared = template.map(|template| Shared {
        names: head.field_names.clone().into(),
        zones: head.zones.iter().map(|name| zone(Some(name))).collect(),
        language: head
            .field_names
            .iter()
            .position(|name| name == LANGUAGE_FIELD),
        template,
        links,
        chunk: head.chunk,
    });
    let mut failed: BTreeMap<Reason, OutcomeGroup> = BTreeMap::new();
    let mut texts = Vec::with_capacity(chunk.recipients.len());
    for screened in &chunk.recipients {
        let reason = match &shared {
            None => Reason::RENDER_FAILED,
            Some(shared) => match text(screened, shared) {
                Ok(text) => {
                    texts.push(text);
                    continue;
                }
                Err(error) => error.reason(),
            },
        };
        let group = failed
            .entry(reason.clone())
            .or_insert_with(|| OutcomeGroup {
                outcome: Outcome::Failed,
                reason,
                until: None,
                positions: Vec::new(),
                contacts: Vec::new(),
                decisions: Vec::new(),
            });
        group.positions.push(screened.recipient.position);
        group.contacts.push(screened.recipient.contact);
        group.decisions.push(screened.decision);
    }
    Written {
        texts,
        failed: failed.into_values().collect(),
    }
}

fn text(screened: &Screened, shared: &Shared) -> Result<Text, RenderError> {
    let recipient = &screened.recipient;
    let fields = &recipient.fields;
    let wanted = shared
        .language
        .and_then(|place| fields.get(place)?.as_deref());
    let contact = Contact::new(&shared.names, fields.iter().map(Option::as_deref));
    let zone = recipient.zone.map(usize::from);
    let person = Person {
        zone: zone.and_then(|place| shared.zones.get(place).copied().flatten()),
        place: shared
            .links
            .and_then(|run| run.place(shared.chunk, recipient.position)),
    };
    let rendered = shared
        .template
        .render(shared.template.pick(wanted), contact, person)?;
    Ok(Text {
        position: recipient.position,
        contact: recipient.contact,
        phone: recipient.phone,
        zone: recipient.zone,
        decision: screened.decision,
        encoding: rendered.measure.encoding,
        segments: u8::try_from(rendered.measure.segments).unwrap_or(u8::MAX),
        body: rendered.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Channel, Content, More, Variant};
    use crate::published::build;
    use crate::template::Limits;
    use contract::chunk::{ChunkHead, Recipient};
    use contract::{ContactId, DecisionId, Mode, Phone, RunId, UnixMillis};

    const LIMITS: Limits = Limits {
        max_body_chars: 1_000,
        max_segments: 1,
        fuel: 10_000,
    };

    fn chunk(values: &[Option<&str>]) -> RenderChunk {
        let head = ChunkHead {
            run: RunId::from_raw(0),
            campaign: contract::CampaignId::from_raw(1),
            chunk: 0,
            class: contract::Class::Marketing,
            programme: "default".into(),
            template: contract::TemplateId::from_raw(2),
            template_version: 1,
            sender: "+15005550100".into(),
            mode: Mode::Test,
            valid_until: UnixMillis(1),
            released_at: UnixMillis(0),
            zones: vec![],
            field_names: vec!["first_name".into()],
        };
        let recipients = (0u16..).zip(values).map(|(position, value)| Screened {
            recipient: Recipient {
                position,
                contact: ContactId::from_raw(u128::from(position)),
                phone: Phone::from_digits(15_005_550_006).unwrap(),
                zone: None,
                fields: vec![value.map(str::to_string)],
            },
            decision: DecisionId::from_raw(9),
        });
        RenderChunk {
            head,
            recipients: recipients.collect(),
        }
    }

    #[test]
    fn everybody_gets_a_text_or_a_reason() {
        let content = Content {
            language: None,
            body: "Hi {{ contact.first_name }}".into(),
            more: More::default(),
        };
        let template = build(&content, LIMITS).unwrap();
        let long = "x".repeat(200);
        let written = write(
            &chunk(&[Some("Ana"), None, Some(&long), Some("Bo"), None]),
            Some(&template),
            None,
        );
        assert_eq!(
            written
                .texts
                .iter()
                .map(|t| (t.position, t.body.as_str()))
                .collect::<Vec<_>>(),
            [(0, "Hi Ana"), (3, "Hi Bo")]
        );
        let failed: Vec<_> = written
            .failed
            .iter()
            .map(|g| (g.reason.as_str(), g.positions.clone()))
            .collect();
        assert_eq!(
            failed,
            [
                ("MERGE_FIELD_MISSING", vec![1, 4]),
                ("TEXT_TOO_LONG", vec![2])
            ]
        );
    }

    #[test]
    fn each_person_gets_their_language_and_zone() {
        let variant = |language: &str, body: &str| Variant {
            channel: Channel::Sms,
            language: language.into(),
            body: body.into(),
        };
        let content = Content {
            language: Some("en".into()),
            body: "At {{ contact.at | time }}".into(),
            more: More {
                variants: vec![variant("de", "Um {{ contact.at | time }}")],
                ..More::default()
            },
        };
        let template = build(&content, LIMITS).unwrap();
        let mut chunk = chunk(&[Some("de-AT"), None, Some("fr"), Some("de")]);
        chunk.head.field_names = vec!["language".into(), "at".into()];
        chunk.head.zones = vec!["Europe/Berlin".into(), "no zone".into()];
        let at = [
            "2026-03-14T22:30:00Z",
            "2026-03-14T22:30:00Z",
            "2026-03-14T22:30",
            "soon",
        ];
        for (screened, at) in chunk.recipients.iter_mut().zip(at) {
            screened.recipient.fields.push(Some(at.into()));
        }
        chunk.recipients[0].recipient.zone = Some(0);
        chunk.recipients[1].recipient.zone = Some(1);
        let written = write(&chunk, Some(&template), None);
        let texts: Vec<&str> = written
            .texts
            .iter()
            .map(|text| text.body.as_str())
            .collect();
        assert_eq!(texts, ["Um 23:30", "At 10:30 PM", "At 10:30 PM"]);
        assert_eq!(
            (&written.failed[0].reason, &written.failed[0].positions),
            (&Reason::MERGE_FIELD_INVALID, &vec![3])
        );
    }

    #[test]
    fn without_its_template_a_whole_chunk_fails() {
        let written = write(&chunk(&[Some("Ana"), None]), None, None);
        assert!(written.texts.is_empty());
        assert_eq!(
            (
                written.failed[0].reason.clone(),
                written.failed[0].positions.len()
            ),
            (Reason::RENDER_FAILED, 2)
        );
    }
}
