//! Which appointment an answer is about, and what it changes. Pure.

use chrono::NaiveDateTime;
use contract::{AppointmentId, MessageId, UnixMillis};

use super::model::{Appointment, Confirmation, Telling, TellingKind, TellingState};
use super::said::Said;

/// Two questions that came within this time of each other leave open which one is answered.
const CLOSE_TOGETHER_MS: i64 = 3_600_000;

/// What an answer is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Nothing that was asked; a human reads it.
    Nothing,
    /// These, and the answer is this.
    These(Said, Vec<Named>),
    /// One of these: ask which.
    Which(Said, Vec<AppointmentId>),
}

/// An appointment as the text named it that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub message: MessageId,
    pub kind: TellingKind,
    pub queued_at: UnixMillis,
    pub appointment: AppointmentId,
    pub version: u32,
    pub starts_at: UnixMillis,
    pub local: NaiveDateTime,
    pub location: String,
}

/// One text and the appointments it told of.
struct Question<'t> {
    kind: TellingKind,
    queued_at: UnixMillis,
    items: Vec<&'t Telling>,
}

/// Binds an answer. `tellings` is what the person was told, the last first; `appointments` are theirs as they are now.
/// `sender`: what they answered to.
pub fn about(
    said: Said,
    sender: &str,
    tellings: &[Telling],
    appointments: &[Appointment],
    now: UnixMillis,
) -> About {
    let open = |telling: &&Telling| {
        let of = |one: &&Appointment| one.id == telling.appointment;
        appointments
            .iter()
            .find(of)
            .is_some_and(|one| one.is_open(now))
    };
    let may_be_read =
        |telling: &&Telling| matches!(telling.state, TellingState::Queued | TellingState::Left);
    let theirs = |telling: &&Telling| telling.sender == sender;
    // Numbers of a pool: the text may have left from another one than was answered to.
    let from_it = tellings.iter().any(|telling| telling.sender == sender);
    let tellings: Vec<&Telling> = tellings
        .iter()
        .filter(may_be_read)
        .filter(open)
        .filter(|telling| !from_it || theirs(telling))
        .collect();
    let questions = questions(&tellings);
    let Some(last) = questions.first() else {
        return About::Nothing;
    };
    match said {
        Said::Other => About::Nothing,
        Said::Pick(_) | Said::All => picked(said, last),
        Said::Confirm | Said::Reschedule | Said::Cancel => answered(said, last, &questions),
    }
}

/// Texts with what they told, the last first.
fn questions<'t>(tellings: &[&'t Telling]) -> Vec<Question<'t>> {
    let mut questions: Vec<(MessageId, Question<'t>)> = Vec::new();
    for telling in tellings {
        match questions.last_mut() {
            Some((message, question)) if *message == telling.message => {
                question.items.push(telling);
            }
            _ => {
                let question = Question {
                    kind: telling.kind,
                    queued_at: telling.queued_at,
                    items: vec![telling],
                };
                questions.push((telling.message, question));
            }
        }
    }
    questions
        .into_iter()
        .map(|(_, question)| question)
        .collect()
}

fn named(telling: &Telling) -> Named {
    Named {
        message: telling.message,
        kind: telling.kind,
        queued_at: telling.queued_at,
        appointment: telling.appointment,
        version: telling.version,
        starts_at: telling.starts_at,
        local: telling.local,
        location: telling.location.clone(),
    }
}

/// 1, 2, … or ALL answers nothing but the question which one is meant.
fn picked(said: Said, last: &Question<'_>) -> About {
    let Some(answer) = last
        .items
        .first()
        .filter(|_| last.kind == TellingKind::Which)
        .and_then(|telling| telling.answer.as_deref())
        .and_then(Said::from_code)
    else {
        return About::Nothing;
    };
    let chosen = last.items.iter().filter(|telling| match said {
        Said::Pick(number) => telling.place == number,
        _ => true,
    });
    let chosen: Vec<Named> = chosen.map(|telling| named(telling)).collect();
    if chosen.is_empty() {
        About::Nothing
    } else {
        About::These(answer, chosen)
    }
}

fn answered(said: Said, last: &Question<'_>, questions: &[Question<'_>]) -> About {
    let mut ids: Vec<AppointmentId> = last.items.iter().map(|item| item.appointment).collect();
    if last.kind == TellingKind::Which {
        // Asked once already; whoever repeats the answer still means one of these.
        return About::Which(said, ids);
    }
    // The text said "C confirms": of several it named, that is all of them. To move or cancel all of them is less sure.
    if last.items.len() > 1 {
        return match said {
            Said::Confirm => {
                About::These(said, last.items.iter().map(|item| named(item)).collect())
            }
            _ => About::Which(said, ids),
        };
    }
    let close =
        |question: &&Question<'_>| last.queued_at.0 - question.queued_at.0 <= CLOSE_TOGETHER_MS;
    for question in questions.iter().take_while(close) {
        for item in &question.items {
            if asks(item.kind) && !ids.contains(&item.appointment) {
                ids.push(item.appointment);
            }
        }
    }
    if ids.len() > 1 {
        return About::Which(said, ids);
    }
    About::These(said, last.items.iter().map(|item| named(item)).collect())
}

/// Whether such a text waits for an answer.
const fn asks(kind: TellingKind) -> bool {
    matches!(kind, TellingKind::Reminder | TellingKind::Moved)
}

/// What an answer does to one appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Confirm,
    AskForAnotherTime,
    AskToCancel,
    /// It was said before; nothing changes and nothing is sent again.
    Repeated,
    /// The person answered to a time or place that is not the agreed one any more: tell them the new one.
    TellNewTime,
    /// A confirmation after a wish to cancel: the slot may be gone.
    Human,
}

/// What becomes of one appointment. `named` is how the answered text named it.
pub fn deed(said: Said, named: &Named, appointment: &Appointment) -> Deed {
    let wanted = match said {
        Said::Confirm => Confirmation::Confirmed,
        Said::Reschedule => Confirmation::RescheduleRequested,
        _ => Confirmation::CancelRequested,
    };
    let true_still =
        named.starts_at == appointment.starts_at && named.location == appointment.agreed.location;
    if said == Said::Confirm && !true_still {
        return Deed::TellNewTime;
    }
    match (appointment.confirmation, wanted) {
        (now, wanted) if now == wanted => Deed::Repeated,
        (Confirmation::CancelRequested, _) => Deed::Human,
        (_, Confirmation::Confirmed) => Deed::Confirm,
        (_, Confirmation::RescheduleRequested) => Deed::AskForAnotherTime,
        _ => Deed::AskToCancel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appointment::testing::{appointment, telling};

    const NOW: UnixMillis = UnixMillis(1_795_000_000_000);
    const SENDER: &str = "+15005550100";
    const HOUR: i64 = CLOSE_TOGETHER_MS;

    fn other(id: u128) -> Appointment {
        Appointment {
            id: AppointmentId::from_raw(id),
            ..appointment()
        }
    }

    fn told(of: &Appointment, message: u128, at: i64) -> Telling {
        Telling {
            queued_at: UnixMillis(at),
            ..telling(of, message, TellingState::Left)
        }
    }

    fn ids(about: &About) -> Vec<u128> {
        match about {
            About::These(_, these) => these.iter().map(|one| one.appointment.raw()).collect(),
            About::Which(_, these) => these.iter().map(|id| id.raw()).collect(),
            About::Nothing => Vec::new(),
        }
    }

    #[test]
    fn an_answer_is_about_the_last_text_that_may_have_been_read() {
        let both = [other(1), other(2)];
        let tellings = [
            Telling {
                state: TellingState::Never,
                ..told(&both[0], 3, 90 * HOUR)
            },
            told(&both[1], 2, 80 * HOUR),
            told(&both[0], 1, 10 * HOUR),
        ];
        let bound = about(Said::Confirm, SENDER, &tellings, &both, NOW);
        assert_eq!(ids(&bound), [2]);
        assert!(matches!(bound, About::These(Said::Confirm, _)));
        let late = about(Said::Confirm, SENDER, &tellings, &both, both[0].starts_at);
        assert_eq!(late, About::Nothing);
        assert_eq!(
            about(Said::Other, SENDER, &tellings, &both, NOW),
            About::Nothing
        );
    }

    #[test]
    fn two_questions_close_together_are_told_apart_by_a_third() {
        let both = [other(1), other(2)];
        let tellings = [told(&both[1], 2, HOUR + 5), told(&both[0], 1, 5)];
        let bound = about(Said::Cancel, SENDER, &tellings, &both, NOW);
        assert!(matches!(bound, About::Which(Said::Cancel, _)));
        assert_eq!(ids(&bound), [2, 1]);
        let which = |n: usize, place| Telling {
            kind: TellingKind::Which,
            answer: Some("cancel".into()),
            place,
            ..told(&both[n], 3, HOUR + 9)
        };
        let asked: Vec<Telling> = [which(1, 1), which(0, 2)]
            .into_iter()
            .chain(tellings)
            .collect();
        let picked = |said| about(said, SENDER, &asked, &both, NOW);
        assert_eq!(ids(&picked(Said::Pick(2))), [1]);
        assert!(matches!(
            picked(Said::Pick(2)),
            About::These(Said::Cancel, _)
        ));
        assert_eq!(ids(&picked(Said::All)), [2, 1]);
        assert_eq!(picked(Said::Pick(3)), About::Nothing);
        assert!(matches!(picked(Said::Cancel), About::Which(..)));
        let unasked = about(Said::Pick(1), SENDER, &asked[2..], &both, NOW);
        assert_eq!(unasked, About::Nothing);
    }

    #[test]
    fn c_confirms_all_that_one_text_names_and_x_asks_which() {
        let both = [other(1), other(2)];
        let tellings = [told(&both[0], 1, 5), told(&both[1], 1, 5)];
        let confirmed = about(Said::Confirm, SENDER, &tellings, &both, NOW);
        assert!(matches!(confirmed, About::These(..)));
        assert_eq!(ids(&confirmed), [1, 2]);
        let which = about(Said::Cancel, SENDER, &tellings, &both, NOW);
        assert!(matches!(which, About::Which(..)));
    }

    #[test]
    fn an_answer_to_one_sender_is_not_about_what_another_one_asked() {
        let both = [other(1), other(2)];
        let elsewhere = Telling {
            sender: "+15005550199".into(),
            ..told(&both[1], 2, 9)
        };
        let tellings = [elsewhere, told(&both[0], 1, 5)];
        assert_eq!(
            ids(&about(Said::Confirm, SENDER, &tellings, &both, NOW)),
            [1]
        );
        let pool = about(Said::Confirm, "+15005550177", &tellings, &both, NOW);
        assert!(matches!(pool, About::Which(..)));
    }

    #[test]
    fn answers_change_what_they_may_and_repeat_nothing() {
        let mut now = other(1);
        let named = named(&told(&now, 1, 5));
        assert_eq!(deed(Said::Confirm, &named, &now), Deed::Confirm);
        assert_eq!(
            deed(Said::Reschedule, &named, &now),
            Deed::AskForAnotherTime
        );
        assert_eq!(deed(Said::Cancel, &named, &now), Deed::AskToCancel);
        now.confirmation = Confirmation::Confirmed;
        assert_eq!(deed(Said::Confirm, &named, &now), Deed::Repeated);
        assert_eq!(deed(Said::Cancel, &named, &now), Deed::AskToCancel);
        now.confirmation = Confirmation::CancelRequested;
        assert_eq!(deed(Said::Confirm, &named, &now), Deed::Human);
        let mut elsewhere = now.clone();
        elsewhere.agreed.location = "Oak St".into();
        assert_eq!(deed(Said::Confirm, &named, &elsewhere), Deed::TellNewTime);
        now.starts_at = UnixMillis(now.starts_at.0 + 1);
        assert_eq!(deed(Said::Confirm, &named, &now), Deed::TellNewTime);
    }
}
