//! The tables of steps: what each kind of them may say.

use super::definition::{LENGTH, LONGEST_DAYS, WEEKDAYS, WINDOW};
use super::{Field, Kind, Shape, beside, field, needed};

/// The longest a text may keep trying, in days; as for campaigns.
const VALID_DAYS: i64 = 30;
/// Channels in the words of the format.
pub const CHANNELS: &[&str] = &["sms", "mms", "rcs", "whatsapp", "telegram", "messenger"];
/// The kinds of step.
pub const STEP_KINDS: &[&str] = &[
    "send", "wait", "await", "branch", "split", "update", "emit", "webhook", "stop",
];
const FALLBACKS: &[&str] = &[
    "no_consent",
    "not_capable",
    "failed",
    "undelivered",
    "no_receipt",
];

pub(super) static ONE_STEP: Kind = Kind::Object(&STEP);
static ONE_WAY: Kind = Kind::Object(&BRANCH);
static ONE_WINNER: Kind = Kind::Object(&WINNER);
static ONE_VARIANT: Kind = Kind::Object(&VARIANT);
static ONE_REPLY: Kind = Kind::Object(&REPLY);

shape!(STEP, "step", "One step: its id, perhaps a condition, and one kind of step.", [
    needed("id", Kind::Id, "Unique within the journey; runs stand on it when a new version comes."),
    field("if", Kind::Expression, "The step is passed over where this does not hold."),
    field("send", Kind::Object(&SEND), "Sends a text."),
    field("wait", Kind::Object(&WAIT), "Waits for a time."),
    field("await", Kind::Object(&AWAIT), "Waits for an event or a reply."),
    field("branch", Kind::List(&ONE_WAY, 1, 50), "Takes the first way whose condition holds."),
    field("split", Kind::Object(&SPLIT), "Parts contacts at random, the same contact always the same way."),
    field("update", Kind::Targets, "Sets values: `contact.…`, `run.…` or `appointment.…`; `contact.tags` takes \"+word\" and \"-word\"."),
    field("emit", Kind::Object(&EMIT), "Says an event of the same contact."),
    field("webhook", Kind::Object(&WEBHOOK), "Calls an address with JSON, and waits for its answer."),
    field("stop", Kind::Word(&["completed", "goal"]), "Ends the run."),
], one_of STEP_KINDS);

shape!(
    SEND,
    "send",
    "A text to the contact of the run.",
    [
        needed(
            "template",
            Kind::Template,
            "Name of a template as bound at publishing, or its id."
        ),
        field(
            "channels",
            Kind::List(&Kind::Word(CHANNELS), 1, 6),
            "Tried in order; `sms` where absent. What is not set up here is passed over."
        ),
        field(
            "sender",
            Kind::Sender,
            "Number or name the text comes from."
        ),
        field(
            "valid_for",
            Kind::Duration(VALID_DAYS),
            "How long it may keep trying; a day where absent."
        ),
        field(
            "fallback",
            Kind::Object(&FALLBACK),
            "When the next channel is tried."
        ),
        field(
            "window",
            Kind::Object(&WINDOW),
            "In place of the journey's window."
        ),
        field(
            "late",
            Kind::Word(&["skip", "send_now"]),
            "After downtime, when its time has long gone by: `send_now` where absent."
        ),
        field(
            "min_lead",
            Kind::Duration(LONGEST_DAYS),
            "Not sent when the appointment is nearer than this."
        ),
        field(
            "vars",
            Kind::Values,
            "Merge fields of the template; texts of the form `{{ expression }}` are computed."
        ),
    ]
);

shape!(
    FALLBACK,
    "fallback",
    "When the next channel is tried.",
    [
        field(
            "if",
            Kind::List(&Kind::Word(FALLBACKS), 1, 5),
            "What the last try must have come to; `no_consent` and `not_capable` where absent."
        ),
        field(
            "no_receipt_after",
            Kind::Duration(3),
            "How long to wait for a receipt, with `no_receipt`."
        ),
    ]
);

shape!(
    WAIT,
    "wait",
    "Waits: for a length, until an instant, or to the next time of day.",
    [
        field(
            "for",
            LENGTH,
            "This long. Days are days of the calendar in the contact's zone, hours are elapsed time."
        ),
        field(
            "until",
            Kind::Expression,
            "The instant this comes to, such as `appointment.starts_at`."
        ),
        beside(
            "offset",
            "until",
            Kind::Offset(LONGEST_DAYS),
            "This far from it: `-P2D` keeps the time of day, `-PT48H` is elapsed time."
        ),
        field(
            "at",
            Kind::Time,
            "The next time the clock shows this; beside `until`: on that day."
        ),
        field("days", WEEKDAYS, "Only on these days, with `at`."),
        field(
            "timezone",
            Kind::ZoneOrContact,
            "Whose clock; `contact` where absent."
        ),
        beside(
            "past",
            "until",
            Kind::Word(&["skip_next", "continue"]),
            "When the instant has gone by: `skip_next` (where absent) passes over the next step too."
        ),
    ],
    any_of & ["for", "until", "at"]
);

shape!(
    AWAIT,
    "await",
    "Waits for an event or a reply.",
    [
        field(
            "event",
            Kind::Event,
            "An event of this name, of the same contact."
        ),
        beside("if", "event", Kind::Expression, "Only such events."),
        beside(
            "then",
            "event",
            Kind::List(&ONE_STEP, 1, 500),
            "Steps once it has come."
        ),
        field(
            "replies",
            Kind::Map(&ONE_REPLY),
            "What the person may text back, by a name of your choice."
        ),
        field(
            "other",
            Kind::List(&ONE_STEP, 1, 500),
            "Steps after a reply that nothing matches."
        ),
        field("timeout", LENGTH, "Waits this long at most."),
        field(
            "until",
            Kind::Expression,
            "Waits until this instant at most."
        ),
        field(
            "background",
            Kind::Truth,
            "Listens for the rest of the run (or up to the end of the waiting) and lets the next step go on at once."
        ),
        field(
            "on_timeout",
            Kind::List(&ONE_STEP, 1, 500),
            "Steps when nothing came in time."
        ),
    ],
    any_of & ["event", "replies"]
);

shape!(
    REPLY,
    "reply",
    "A reply and its steps.",
    [
        needed(
            "match",
            Kind::List(&Kind::Keyword, 1, 50),
            "Texts that mean this, in quotes; case, punctuation and spaces around do not count."
        ),
        needed(
            "steps",
            Kind::List(&ONE_STEP, 1, 500),
            "The steps. What they send answers the person: no window, no limits."
        ),
    ]
);

shape!(
    BRANCH,
    "way",
    "One way of a branch.",
    [
        field(
            "if",
            Kind::Expression,
            "When it is taken; the last way may have none."
        ),
        needed("steps", Kind::List(&ONE_STEP, 1, 500), "Its steps."),
    ]
);

shape!(
    SPLIT,
    "split",
    "Parts contacts at random.",
    [
        needed(
            "variants",
            Kind::List(&ONE_VARIANT, 2, 20),
            "Weights come to 100."
        ),
        field(
            "winner",
            ONE_WINNER,
            "When the better variant gets everybody who comes later."
        ),
    ]
);

shape!(
    WINNER,
    "winner",
    "When the better of the variants that have steps gets everybody who comes later.",
    [
        needed(
            "metric",
            Kind::Word(&["goal_rate"]),
            "What is compared: the share of runs that reached the goal."
        ),
        needed(
            "after",
            LENGTH,
            "This long after the publishing, at the earliest."
        ),
        needed(
            "min_sample",
            Kind::Whole(1, 10_000_000),
            "Runs of each variant, at least."
        ),
    ]
);

shape!(
    VARIANT,
    "variant",
    "One part of a split.",
    [
        needed("name", Kind::Id, "Unique within the split."),
        needed("weight", Kind::Whole(1, 99), "Per cent."),
        field(
            "steps",
            Kind::List(&ONE_STEP, 1, 500),
            "Its steps; none for a holdout."
        ),
    ]
);

shape!(
    EMIT,
    "emit",
    "Says an event of the same contact.",
    [
        needed(
            "event",
            Kind::Event,
            "Its name; not the one that starts this journey."
        ),
        field(
            "data",
            Kind::Values,
            "Its data; texts of the form `{{ expression }}` are computed."
        ),
    ]
);

shape!(
    WEBHOOK,
    "webhook",
    "Calls an address. What it answers is `run.called.<step>`: `ok`, `status`, and `body` where it is JSON.",
    [
        needed("url", Kind::Url, "The address."),
        field(
            "method",
            Kind::Word(&["POST", "PUT", "PATCH", "DELETE", "GET"]),
            "`POST` where absent."
        ),
        field(
            "headers",
            Kind::Headers,
            "Headers of the request; texts of the form `{{ expression }}` are computed."
        ),
        field(
            "body",
            Kind::Values,
            "The `data` of what is sent, beside journey, run, step and contact."
        ),
        field(
            "timeout",
            Kind::Duration(1),
            "How long one try may take, at most PT30S; PT10S where absent."
        ),
        field(
            "on_error",
            Kind::List(&ONE_STEP, 1, 500),
            "Steps when it refuses, or does not answer after several tries."
        ),
    ]
);
