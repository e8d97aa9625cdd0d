//! The tables: every object of a journey and its fields.

use super::{Field, Kind, Shape, beside, field, needed};

/// The longest wait, timeout or offset, in days.
pub const LONGEST_DAYS: i64 = 366;
/// The longest a text may keep trying, in days; as for campaigns.
const VALID_DAYS: i64 = 30;
/// Channels in the words of the format.
pub const CHANNELS: &[&str] = &["sms", "mms", "rcs", "whatsapp", "telegram", "messenger"];
/// The kinds of step.
pub const STEP_KINDS: &[&str] = &[
    "send", "wait", "await", "branch", "split", "update", "emit", "webhook", "stop",
];
const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const FALLBACKS: &[&str] = &[
    "no_consent",
    "not_capable",
    "failed",
    "undelivered",
    "no_receipt",
];

static ONE_STEP: Kind = Kind::Object(&STEP);
static ONE_EXIT: Kind = Kind::Object(&EXIT);
static ONE_LIMIT: Kind = Kind::Object(&LIMIT);
static ONE_WAY: Kind = Kind::Object(&BRANCH);
static ONE_VARIANT: Kind = Kind::Object(&VARIANT);
static ONE_REPLY: Kind = Kind::Object(&REPLY);
const LENGTH: Kind = Kind::Duration(LONGEST_DAYS);
const WEEKDAYS: Kind = Kind::List(&Kind::Word(DAYS), 1, 7);

/// A rule that may be absent.
macro_rules! names {
    () => {
        &[]
    };
    ($names:expr) => {
        $names
    };
}

macro_rules! shape {
    ($id:ident, $name:literal, $doc:literal, [$($field:expr),* $(,)?] $(, one_of $one:expr)? $(, any_of $any:expr)?) => {
        pub static $id: Shape = Shape {
            name: $name,
            doc: $doc,
            fields: { static FIELDS: &[Field] = &[$($field),*]; FIELDS },
            one_of: names!($($one)?),
            any_of: names!($($any)?),
        };
    };
}

shape!(
    JOURNEY,
    "journey",
    "A journey: what starts it, whom it takes, and the steps each person goes through.",
    [
        needed("journey", Kind::Only("v1"), "The version of this format."),
        needed(
            "name",
            Kind::Name,
            "Names the journey within the tenant, and salts its splits."
        ),
        field(
            "description",
            Kind::Text(2_000),
            "For the people who read it."
        ),
        needed(
            "purpose",
            Kind::Word(&[
                "marketing",
                "informational",
                "transactional",
                "appointment",
                "service_alert"
            ]),
            "What the texts are in the eyes of the law; consent is asked for this."
        ),
        field(
            "programme",
            Kind::Id,
            "The programme that consent must be given for; `default` where absent."
        ),
        field(
            "sender",
            Kind::Sender,
            "Number or name the texts come from, where a step names none."
        ),
        field(
            "timezone",
            Kind::Zone,
            "The zone of contacts of whom none is known; UTC where absent."
        ),
        needed("trigger", Kind::Object(&TRIGGER), "What starts a run."),
        field(
            "entry",
            Kind::Object(&ENTRY),
            "Who may enter, and how often."
        ),
        field(
            "exit",
            Kind::List(&ONE_EXIT, 1, 20),
            "What ends a run early; looked at before every step and with everything that arrives."
        ),
        field(
            "replan",
            Kind::Object(&REPLAN),
            "What happens when the appointment moves."
        ),
        field(
            "window",
            Kind::Object(&WINDOW),
            "When texts may be sent; a step's own window stands above it."
        ),
        field(
            "limits",
            Kind::Object(&LIMITS),
            "How many texts one run may send; answers and notices of a move do not count."
        ),
        field("goal", Kind::Object(&GOAL), "What counts as success."),
        needed(
            "steps",
            Kind::List(&ONE_STEP, 1, 500),
            "The steps, in order."
        ),
    ]
);

shape!(
    TRIGGER,
    "trigger",
    "What starts a run: an event, a change of a segment, or a schedule.",
    [
        field(
            "event",
            Kind::Event,
            "Starts a run for the contact of each event of this name."
        ),
        field(
            "segment",
            Kind::Text(200),
            "Starts a run when a contact enters (or leaves) this segment."
        ),
        field(
            "schedule",
            Kind::Object(&SCHEDULE),
            "Starts runs for a whole audience, again and again."
        ),
        beside(
            "if",
            "event",
            Kind::Expression,
            "Only events for which this holds."
        ),
        beside(
            "key",
            "event",
            Kind::Expression,
            "There is one live run per key; the contact's id where absent."
        ),
        beside(
            "duplicate",
            "event",
            Kind::Word(&["ignore", "restart", "update"]),
            "What an event does whose run is already under way; `ignore` where absent."
        ),
        beside(
            "when",
            "segment",
            Kind::Word(&["enters", "leaves"]),
            "`enters` where absent."
        ),
        beside(
            "audience",
            "schedule",
            Kind::Text(200),
            "The list whose contacts enter."
        ),
    ],
    one_of & ["event", "segment", "schedule"]
);

shape!(
    SCHEDULE,
    "schedule",
    "When a schedule fires.",
    [
        needed(
            "cron",
            Kind::Cron,
            "Five fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday)."
        ),
        field(
            "timezone",
            Kind::Zone,
            "The zone of the fields; UTC where absent."
        ),
        field(
            "missed",
            Kind::Word(&["skip", "run_once"]),
            "What a slot missed by downtime does; `skip` where absent."
        ),
    ]
);

shape!(
    ENTRY,
    "entry",
    "Who may enter, and how often.",
    [
        field("if", Kind::Expression, "Only contacts for whom this holds."),
        field(
            "reentry",
            Kind::Reentry,
            "Whether somebody may enter again: `always` (where absent), `never`, or once this long has gone by since the last start."
        ),
        field(
            "max_active_per_contact",
            Kind::Whole(1, 100),
            "Live runs of one contact, at most."
        ),
    ]
);

shape!(
    EXIT,
    "exit",
    "What ends a run early.",
    [
        field(
            "event",
            Kind::Event,
            "An event of this name, of the same contact."
        ),
        field(
            "if",
            Kind::Expression,
            "A condition; beside `event` it is about that event."
        ),
        field("after", LENGTH, "This long after the start."),
        field(
            "as",
            Kind::Word(&["goal", "cancelled", "expired"]),
            "How the run counts; `cancelled` where absent."
        ),
    ],
    any_of & ["event", "if", "after"]
);

shape!(
    REPLAN,
    "replan",
    "What happens when the appointment moves: waits are computed again, in one go.",
    [
        needed("event", Kind::Event, "The event that tells of the move."),
        field(
            "reset",
            Kind::List(&Kind::Text(80), 1, 20),
            "Values of the appointment that count as unset again, such as `appointment.confirmation`."
        ),
        field(
            "notice",
            Kind::Object(&SEND),
            "The text that tells of the move."
        ),
        beside(
            "notice_if",
            "notice",
            Kind::Word(&["already_contacted", "always", "never"]),
            "`already_contacted` (where absent): only to those who were told the old time."
        ),
    ]
);

shape!(
    WINDOW,
    "window",
    "A span of the local day, and what happens outside of it.",
    [
        needed("from", Kind::Time, "When it opens."),
        needed(
            "to",
            Kind::TimeOrEnd,
            "When it closes; before `from`: on the day after."
        ),
        field(
            "days",
            WEEKDAYS,
            "Days on which it opens; every day where absent."
        ),
        field(
            "timezone",
            Kind::ZoneOrContact,
            "Whose clock; `contact` where absent."
        ),
        field(
            "outside",
            Kind::Word(&["later", "earlier", "skip"]),
            "`later` (where absent) waits for the window, `earlier` moves the wait before the step forward, `skip` drops the text."
        ),
        field(
            "earlier_at",
            Kind::Time,
            "With `earlier`: the time of day it is moved to, where the window has it."
        ),
    ]
);

shape!(
    LIMITS,
    "limits",
    "How many texts one run may send.",
    [
        field(
            "per_contact",
            Kind::List(&ONE_LIMIT, 1, 10),
            "What is beyond is skipped."
        ),
        field(
            "min_gap",
            Kind::Duration(31),
            "Time between two texts; the second waits."
        ),
    ]
);

shape!(
    LIMIT,
    "limit",
    "At most so many texts in any span of this length.",
    [
        needed("max", Kind::Whole(1, 1_000), "Texts."),
        needed("per", Kind::Duration(LONGEST_DAYS), "The span."),
    ]
);

shape!(
    GOAL,
    "goal",
    "What counts as success. It is recorded, and ends nothing: for that there is `exit`.",
    [
        needed("event", Kind::Event, "The event."),
        field("if", Kind::Expression, "Only such events."),
        field(
            "within",
            LENGTH,
            "Counted from the start; also after the run has ended."
        ),
        field("value", Kind::Expression, "What it was worth, a number."),
    ]
);

shape!(STEP, "step", "One step: its id, perhaps a condition, and one kind of step.", [
    needed("id", Kind::Id, "Unique within the journey; runs stand on it when a new version comes."),
    field("if", Kind::Expression, "The step is passed over where this does not hold."),
    field("send", Kind::Object(&SEND), "Sends a text."),
    field("wait", Kind::Object(&WAIT), "Waits for a time."),
    field("await", Kind::Object(&AWAIT), "Waits for an event or a reply."),
    field("branch", Kind::List(&ONE_WAY, 1, 50), "Takes the first way whose condition holds."),
    field("split", Kind::Object(&SPLIT), "Parts contacts at random, the same contact always the same way."),
    field("update", Kind::Targets, "Sets values: `contact.…`, `run.…` or `appointment.…`."),
    field("emit", Kind::Object(&EMIT), "Says an event of the same contact."),
    field("webhook", Kind::Object(&WEBHOOK), "Posts JSON to an address."),
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
    [needed(
        "variants",
        Kind::List(&ONE_VARIANT, 2, 20),
        "Weights come to 100."
    ),]
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
    "Posts JSON to an address.",
    [
        needed("url", Kind::Url, "The address."),
        field(
            "body",
            Kind::Values,
            "What is posted beside run, step and contact."
        ),
    ]
);
