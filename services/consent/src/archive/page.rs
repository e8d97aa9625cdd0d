//! `index.html`: the evidence for a reader without programs. No scripts, nothing loaded from elsewhere.

use std::collections::HashMap;

use ed25519_dalek::VerifyingKey;
use serde_json::Value;

use super::contents::left_out;
use super::html::{Html, label, moment, plain, when};
use super::{ChainedEntry, Dossier, keys, words};
use crate::standing::Change;

pub fn page(dossier: &Dossier, key: &VerifyingKey) -> String {
    let mut html = Html::default();
    html.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
        .raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
        .raw("<title>Evidence: ")
        .text(&dossier.subject)
        .raw("</title>\n<style>\n")
        .raw(include_str!("style.css"))
        .raw("</style></head><body>\n<h1>Evidence of consent to text messages</h1>\n");
    summary(&mut html, dossier, key);
    agreements(&mut html, dossier);
    messages(&mut html, dossier);
    decisions(&mut html, &dossier.decisions);
    policy_sets(&mut html, &dossier.policy_sets);
    html.raw(include_str!("how_to_verify.html"));
    html.raw("</body></html>\n");
    html.finish()
}

fn summary(html: &mut Html, dossier: &Dossier, key: &VerifyingKey) {
    html.raw("<table>\n")
        .row("About", &dossier.subject)
        .row("Sender's account", &dossier.tenant)
        .row("Made on", &when(dossier.generated_at))
        .row("Made by", &dossier.generated_by)
        .row("Consent entries", &dossier.ledger.len().to_string())
        .row(
            "Earlier entries left out",
            &left_out(&dossier.ledger).to_string(),
        )
        .row("Messages", &dossier.messages.len().to_string());
    if let Some(head) = dossier.chain_head {
        let newest = format!("number {}, hash {}", head.seq, hex::encode(head.hash));
        html.row("Newest entry of the whole ledger", &newest);
    }
    html.row("Signed with key", &keys::public_hex(key))
        .row("Fingerprint of the key", &keys::fingerprint(key))
        .raw("</table>\n");
}

fn agreements(html: &mut Html, dossier: &Dossier) {
    html.raw("<h2>What was agreed to, and taken back</h2>\n");
    if dossier.ledger.is_empty() {
        html.paragraph("The ledger holds no entry about this.");
    }
    for entry in &dossier.ledger {
        agreement(html, entry);
    }
}

fn agreement(html: &mut Html, entry: &ChainedEntry) {
    let link = &entry.link;
    html.raw("<h3>").text(&moment(link.acted_at)).raw(": ");
    html.text(words::action(&link.action)).raw("</h3>\n");
    let personal = entry.personal.as_ref();
    let evidence = personal.and_then(|personal| serde_json::from_str(&personal.text).ok());
    if let Some(words) = disclosure(evidence.as_ref()) {
        html.paragraph("The words shown to the person:");
        html.raw("<blockquote>").text(words).raw("</blockquote>\n");
    }
    let programme = match &link.programme {
        Some(programme) => programme,
        None if words::gives(&link.action) => "default, which covers every programme",
        None => "not limited to one",
    };
    // What follows the first '|' are the ids that stand in columns of their own.
    let detail = link.detail.rsplitn(3, '|').last().unwrap_or_default();
    let change: Option<Change> = serde_json::from_str(detail).ok();
    let gives = change
        .as_ref()
        .filter(|change| words::gives(change.action.as_str()));
    let level = gives.map(|change| words::level(change.level.as_str()));
    let reach = change.as_ref().and_then(|change| change.scope.as_ref());
    let expires_at = change.as_ref().and_then(|change| change.expires_at);
    html.raw("<table>\n")
        .row("How", words::method(&link.method))
        .row_if(
            "For",
            gives.map(|change| words::purpose(change.purpose.as_str())),
        )
        .row_if(
            "Reaches",
            reach
                .map(|scope| words::scope(&scope.to_string()))
                .as_deref(),
        )
        .row_if("Kind of texts", link.class.as_deref().map(words::class))
        .row("Programme", programme)
        .row("Channel", &link.channel)
        .row_if(
            "Strength",
            link.level.as_deref().map(words::level).or(level),
        )
        .row_if(
            "Valid until",
            link.expires_at.or(expires_at).map(moment).as_deref(),
        )
        .row("Recorded", &moment(link.recorded_at));
    match (personal, &evidence) {
        (None, _) => {
            html.row("Personal data", "Erased. The entry still verifies.");
        }
        (Some(_), Some(Value::Object(fields))) => {
            let inner = fields.get("evidence").and_then(Value::as_object);
            let outer = fields
                .iter()
                .filter(|(name, _)| inner.is_none() || *name != "evidence");
            further(
                html,
                outer.chain(inner.into_iter().flatten()),
                &[DISCLOSURE],
            );
        }
        (Some(personal), _) => {
            html.row("Personal data", &personal.text);
        }
    }
    let place = format!(
        "{} of the ledger, {} about this person",
        link.seq, link.revision
    );
    html.row("Entry number", &place)
        .row("Entry id", &hex::encode(link.id))
        .row("Person, as a keyed hash", &hex::encode(link.person))
        .row("Hash", &hex::encode(entry.hash))
        .raw("</table>\n");
}

const DISCLOSURE: &str = "disclosure_text";

/// Stands at the top of the personal data or in an `evidence` object within.
fn disclosure(evidence: Option<&Value>) -> Option<&str> {
    let evidence = evidence?;
    let inner = || evidence.get("evidence")?.get(DISCLOSURE);
    evidence.get(DISCLOSURE).or_else(inner)?.as_str()
}

/// The fields that have no place of their own.
fn further<'v>(
    html: &mut Html,
    fields: impl Iterator<Item = (&'v String, &'v Value)>,
    shown: &[&str],
) {
    for (name, value) in fields {
        if !shown.contains(&name.as_str()) && !value.is_null() {
            html.row(&label(name), &plain(name, value));
        }
    }
}

fn messages(html: &mut Html, dossier: &Dossier) {
    html.raw("<h2>What was sent, or not, and why</h2>\n");
    if dossier.messages.is_empty() {
        html.paragraph("No message is on record.");
    }
    let named = |decision| Some((string(decision, "id")?, decision));
    let decisions: HashMap<&str, &Value> = dossier.decisions.iter().filter_map(named).collect();
    for message in &dossier.messages {
        let title = string(message, "message").unwrap_or("Message");
        html.raw("<h3>").text(title).raw("</h3>\n<table>\n");
        if let Some(at) = message.get("granted_at").filter(|at| !at.is_null()) {
            html.row("Permitted", &plain("granted_at", at));
        }
        html.row_if("Campaign", string(message, "campaign"))
            .row_if("Kind of text", string(message, "class").map(words::class))
            .row_if("Text", string(message, "text"));
        let id = string(message, "decision");
        match id.and_then(|id| decisions.get(id)) {
            Some(decision) => {
                outcome(html, decision);
                html.raw("<tr><th>Decision</th><td><a href=\"#")
                    .text(id.unwrap_or_default());
                html.raw("\">")
                    .text(id.unwrap_or_default())
                    .raw("</a></td></tr>\n");
            }
            None => {
                html.row("Decision", "none: nobody judged this message");
            }
        }
        if let Value::Object(fields) = message {
            let shown = [
                "message",
                "granted_at",
                "campaign",
                "class",
                "text",
                "decision",
            ];
            further(html, fields.iter(), &shown);
        }
        html.raw("</table>\n");
    }
}

fn outcome(html: &mut Html, decision: &Value) {
    html.row_if("Outcome", string(decision, "effect").map(words::effect));
    if let Some(code) = string(decision, "reason") {
        let why = words::reason(code).map_or_else(
            || {
                format!(
                    "The code {code}; this program has no sentence for it. The rules below may."
                )
            },
            |sentence| format!("{sentence} ({code})"),
        );
        html.row("Why", &why);
    }
}

fn decisions(html: &mut Html, decisions: &[Value]) {
    html.raw("<h2>The decisions in full</h2>\n");
    html.paragraph(
        "Equal facts under equal rules make one decision, so many messages may share it.",
    );
    for decision in decisions {
        let id = string(decision, "id").unwrap_or_default();
        html.raw("<h3 id=\"").text(id).raw("\">").text(id);
        html.raw("</h3>\n<table>\n");
        outcome(html, decision);
        if let Value::Object(fields) = decision {
            further(html, fields.iter(), &["id", "effect", "reason"]);
        }
        html.raw("</table>\n");
    }
}

fn policy_sets(html: &mut Html, sets: &[Value]) {
    html.raw("<h2>The rules in force</h2>\n");
    for set in sets {
        html.raw("<h3>Policy set ");
        html.text(string(set, "hash").unwrap_or_default())
            .raw("</h3>\n");
        let Value::Object(fields) = set else { continue };
        html.raw("<table>\n");
        further(html, fields.iter(), &["hash", "texts"]);
        html.raw("</table>\n");
        for (file, text) in fields
            .get("texts")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            html.raw("<p><code>").text(file).raw("</code></p>\n<pre>");
            html.text(&plain(file, text)).raw("</pre>\n");
        }
    }
}

fn string<'v>(object: &'v Value, field: &str) -> Option<&'v str> {
    object.get(field)?.as_str()
}
