//! The tables of a journey as a whole; those of its steps stand in [`super::steps`].

use super::steps::{ONE_STEP, SEND};
use super::{Field, Kind, Shape, beside, field, needed};

/// The longest wait, timeout or offset, in days.
pub const LONGEST_DAYS: i64 = 366;
const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

static ONE_EXIT: Kind = Kind::Object(&EXIT);
static ONE_LIMIT: Kind = Kind::Object(&LIMIT);
pub(super) const LENGTH: Kind = Kind::Duration(LONGEST_DAYS);
pub(super) const WEEKDAYS: Kind = Kind::List(&Kind::Word(DAYS), 1, 7);

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
            "The id of the list whose contacts enter; everybody where absent."
        ),
    ],
    one_of & ["event", "segment", "schedule"]
);

shape!(
    SCHEDULE,
    "schedule",
    "When a schedule fires.",
    [
        field(
            "cron",
            Kind::Cron,
            "Five fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday)."
        ),
        field(
            "rrule",
            Kind::Text(500),
            "A rule of RFC 5545, such as FREQ=MONTHLY;BYDAY=-1FR."
        ),
        beside(
            "start",
            "rrule",
            Kind::LocalTime,
            "Where the rule begins, such as 2026-12-01T10:00."
        ),
        field(
            "timezone",
            Kind::ZoneOrContact,
            "The zone of the clock it speaks of, or `contact`: each contact enters by their own; UTC where absent."
        ),
        field(
            "missed",
            Kind::Word(&["skip", "run_once"]),
            "What slots missed by a downtime of over an hour do; `skip` where absent, `run_once` starts the last of them."
        ),
    ],
    one_of & ["cron", "rrule"]
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
