//! The texts that consent itself asks dispatch to send. Each is a run of its own, named after what it
//! answers, so that a repetition asks for the same permit.

use contract::chunk::{ChunkHead, Text};
use contract::dispatch::SendAnswer;
use contract::{
    CampaignId, Class, ConsentId, ContactId, DecisionId, InboundId, Mode, Phone, RunId, TemplateId,
    UnixMillis, segments,
};

/// Bits of a run id that stand for (chunk, position).
const PLACE_BITS: u32 = 40;
/// A confirmation is only allowed within five minutes; HELP deserves no older answer either.
pub const VALID_MILLIS: i64 = 5 * 60 * 1000;

/// One text of our own.
#[derive(Debug, Clone)]
pub struct ServiceText<'t> {
    pub class: Class,
    pub programme: &'t str,
    pub run: RunId,
    pub contact: Option<ContactId>,
    pub to: Phone,
    pub sender: &'t str,
    pub mode: Mode,
    pub decision: DecisionId,
    pub body: &'t str,
    pub now: UnixMillis,
    pub valid_until: UnixMillis,
}

/// The run of an opt-out's confirmation.
pub fn confirmation_run(consent: ConsentId) -> RunId {
    RunId::from_raw(consent.raw() >> PLACE_BITS << PLACE_BITS)
}

/// The run of the answer to a HELP.
pub fn help_run(inbound: InboundId) -> RunId {
    RunId::from_raw(inbound.raw() >> PLACE_BITS << PLACE_BITS)
}

impl ServiceText<'_> {
    /// The command that sends it: chunk 0, position 0, no campaign and no template.
    pub fn command(&self) -> SendAnswer {
        let measure = segments::measure(self.body);
        let nobody = ContactId::from_raw(0);
        SendAnswer {
            head: ChunkHead {
                run: self.run,
                campaign: CampaignId::from_raw(0),
                chunk: 0,
                class: self.class,
                programme: self.programme.to_string(),
                template: TemplateId::from_raw(0),
                template_version: 0,
                sender: self.sender.to_string(),
                mode: self.mode,
                valid_until: self.valid_until,
                released_at: self.now,
                zones: Vec::new(),
                field_names: Vec::new(),
            },
            texts: vec![Text {
                position: 0,
                contact: self.contact.unwrap_or(nobody),
                phone: self.to,
                zone: None,
                decision: self.decision,
                encoding: measure.encoding,
                segments: u8::try_from(measure.segments).unwrap_or(u8::MAX),
                body: self.body.to_string(),
            }],
        }
    }
}
