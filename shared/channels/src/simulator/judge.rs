//! Reads the carrier's log, and nothing else, and says what we did to people.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use ahash::{AHashMap, AHashSet};
use anyhow::Context;
use serde::Serialize;

use super::entry::{Entry, Event};
use super::persons::{Person, Wish, wish};
use super::stops::{StopFigures, StopLog};

/// Counts out of the log. The three that must be 0 are `texts_twice`, `texts_after_confirmed_stop`
/// and (for campaigns of whole texts) `texts_incomplete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whole texts, parts joined, confirmations apart.
    pub texts: u64,
    /// PDUs taken, confirmations included.
    pub segments: u64,
    /// PDUs thrown back.
    pub rejected: u64,
    pub confirmations: u64,
    /// Distinct numbers that got a text.
    pub recipients: u64,
    /// Texts whose receipt said so, confirmations apart.
    pub delivered: u64,
    pub undelivered: u64,
    pub replies: u64,
    pub stops: u64,
    /// The same text to the same number again, or a confirmation that no STOP asked for.
    pub texts_twice: u64,
    /// Anything but a confirmation that reached the carrier after the confirmation of a STOP did.
    pub texts_after_confirmed_stop: u64,
    /// Anything but a confirmation that reached the carrier after we had answered a STOP with OK.
    pub texts_after_recorded_stop: u64,
    /// Long texts of which parts are missing.
    pub texts_incomplete: u64,
    pub first_submit_us: u64,
    pub last_submit_us: u64,
    pub first_receipt_us: u64,
    pub last_receipt_us: u64,
}

/// Judges a log. A text that contains `confirmation_marker` is the confirmation of an opt-out.
pub fn judge(log: &Path, confirmation_marker: &str) -> anyhow::Result<Verdict> {
    Ok(read(open(log)?, StopLog::default(), confirmation_marker)?.verdict())
}

/// Judges a log together with that of a client that texted STOP: a text is also too late after the instant at
/// which the platform itself says that the person's opt-out was confirmed.
pub fn judge_stops(
    log: &Path,
    stops: &Path,
    confirmation_marker: &str,
) -> anyhow::Result<(Verdict, StopFigures)> {
    judge_stop_lines(open(log)?, open(stops)?, confirmation_marker)
}

/// The same over the lines of both logs.
pub fn judge_stop_lines(
    log: impl BufRead,
    stops: impl BufRead,
    confirmation_marker: &str,
) -> anyhow::Result<(Verdict, StopFigures)> {
    let judge = read(log, StopLog::read(stops)?, confirmation_marker)?;
    let figures = judge.stop_log.figures(|number| {
        judge
            .persons
            .get(number)
            .map(|person| person.seen)
            .unwrap_or_default()
    });
    Ok((judge.verdict(), figures))
}

fn open(log: &Path) -> anyhow::Result<BufReader<File>> {
    let file = File::open(log).with_context(|| format!("cannot read the log {}", log.display()))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

fn read(mut reader: impl BufRead, stop_log: StopLog, marker: &str) -> anyhow::Result<Judge> {
    let mut judge = Judge {
        marker: marker.to_owned(),
        stop_log,
        ..Judge::default()
    };
    let (mut line, mut number) = (String::new(), 0u64);
    while reader.read_line(&mut line)? > 0 {
        number += 1;
        if !line.trim().is_empty() {
            match serde_json::from_str::<Entry<'_>>(&line) {
                Ok(entry) => judge.read(&entry),
                // a process that was killed leaves half a line, but only at the end
                Err(_) if !line.ends_with('\n') => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("line {number} of the SMSC's log"));
                }
            }
        }
        line.clear();
    }
    Ok(judge)
}

#[derive(Default)]
struct Judge {
    marker: String,
    stop_log: StopLog,
    verdict: Verdict,
    persons: AHashMap<Box<str>, Person>,
    /// Parts of long texts by sender, recipient and reference.
    parts: AHashMap<(String, String, u16), Parts>,
    /// Ids of confirmations: their receipts do not count.
    confirmations: AHashSet<String>,
    /// Replies by id that asked to stop.
    stops: AHashSet<String>,
}

#[derive(Default)]
struct Parts {
    texts: Vec<Option<String>>,
    ids: Vec<String>,
    /// A part of it came after the STOP was confirmed, recorded.
    after: (bool, bool),
}

impl Judge {
    fn read(&mut self, entry: &Entry<'_>) {
        match entry.e {
            Event::Submit => self.on_submit(entry),
            Event::Reject => {
                self.verdict.rejected += 1;
                // thrown back or not: it was handed over
                let text = entry.text.as_deref().unwrap_or_default();
                if !self.is_confirmation(text) {
                    let after = self.after(entry);
                    self.count_after(after);
                }
            }
            Event::Receipt => self.on_receipt(entry),
            Event::Reply if !entry.again => self.on_reply(entry),
            Event::ReplyOk if self.stops.contains(&*entry.id) => {
                self.person(&entry.from).record_stop(entry.t);
            }
            _ => {}
        }
    }

    fn on_submit(&mut self, entry: &Entry<'_>) {
        self.verdict.segments += 1;
        if self.verdict.first_submit_us == 0 {
            self.verdict.first_submit_us = entry.t;
        }
        self.verdict.last_submit_us = self.verdict.last_submit_us.max(entry.t);
        let text = entry.text.as_deref().unwrap_or_default();
        let after = self.after(entry);
        match (entry.reference, entry.part, entry.parts) {
            (Some(reference), Some(part), Some(count))
                if count > 1 && (1..=count).contains(&part) =>
            {
                self.on_part(entry, text, (reference, part, count), after);
            }
            _ => self.on_whole(entry, text, after, &[entry.id.to_string()]),
        }
    }

    fn on_part(
        &mut self,
        entry: &Entry<'_>,
        text: &str,
        place: (u16, u8, u8),
        after: (bool, bool),
    ) {
        let (reference, part, count) = place;
        let key = (entry.from.to_string(), entry.to.to_string(), reference);
        let parts = self.parts.entry(key.clone()).or_default();
        parts.texts.resize(usize::from(count), None);
        let twice = parts.texts[usize::from(part) - 1]
            .replace(text.to_owned())
            .is_some();
        parts.ids.push(entry.id.to_string());
        parts.after = (parts.after.0 | after.0, parts.after.1 | after.1);
        self.verdict.texts_twice += u64::from(twice);
        if parts.texts.iter().all(Option::is_some)
            && let Some(parts) = self.parts.remove(&key)
        {
            let whole: String = parts.texts.into_iter().flatten().collect();
            self.on_whole(entry, &whole, parts.after, &parts.ids);
        }
    }

    fn on_whole(&mut self, entry: &Entry<'_>, text: &str, after: (bool, bool), ids: &[String]) {
        if self.is_confirmation(text) {
            self.verdict.confirmations += 1;
            let too_many = self.person(&entry.to).confirm(entry.t);
            self.verdict.texts_twice += u64::from(too_many);
            self.confirmations.extend(ids.iter().cloned());
            return;
        }
        self.verdict.texts += 1;
        let person = self.person(&entry.to);
        let (first, twice) = (!person.texted, person.has_had(text));
        person.texted = true;
        self.verdict.recipients += u64::from(first);
        self.verdict.texts_twice += u64::from(twice);
        self.count_after(after);
    }

    fn on_receipt(&mut self, entry: &Entry<'_>) {
        if self.verdict.first_receipt_us == 0 {
            self.verdict.first_receipt_us = entry.t;
        }
        self.verdict.last_receipt_us = self.verdict.last_receipt_us.max(entry.t);
        if entry.again || entry.dup || self.confirmations.contains(&*entry.id) {
            return;
        }
        match &*entry.state {
            "DELIVRD" => self.verdict.delivered += 1,
            "UNDELIV" => self.verdict.undelivered += 1,
            _ => {}
        }
    }

    fn on_reply(&mut self, entry: &Entry<'_>) {
        self.verdict.replies += 1;
        match wish(entry.text.as_deref().unwrap_or_default()) {
            Wish::Stop => {
                self.verdict.stops += 1;
                self.stops.insert(entry.id.to_string());
                self.person(&entry.from).stop();
            }
            Wish::Start => self.person(&entry.from).start(),
            Wish::Talk => {}
        }
    }

    fn is_confirmation(&self, text: &str) -> bool {
        !self.marker.is_empty() && text.contains(&self.marker)
    }

    fn count_after(&mut self, (confirmed, recorded): (bool, bool)) {
        self.verdict.texts_after_confirmed_stop += u64::from(confirmed);
        self.verdict.texts_after_recorded_stop += u64::from(recorded);
    }

    /// Whether this text comes after its person's STOP was confirmed, and recorded.
    fn after(&mut self, entry: &Entry<'_>) -> (bool, bool) {
        let on_record = self.stop_log.confirmed.get(&*entry.to);
        let on_record = on_record.is_some_and(|confirmed| *confirmed <= entry.t);
        self.person(&entry.to).after(on_record)
    }

    fn person(&mut self, number: &str) -> &mut Person {
        self.persons.entry(number.into()).or_default()
    }

    fn verdict(mut self) -> Verdict {
        for parts in std::mem::take(&mut self.parts).into_values() {
            self.verdict.texts_incomplete += 1;
            self.count_after(parts.after);
        }
        self.verdict
    }
}
