//! Marker types, one per kind of id.

use super::Kind;

pub enum Tenant {}
impl Kind for Tenant {
    const PREFIX: &'static str = "t";
}
pub enum Key {}
impl Kind for Key {
    const PREFIX: &'static str = "key";
}
pub enum Contact {}
impl Kind for Contact {
    const PREFIX: &'static str = "con";
}
pub enum List {}
impl Kind for List {
    const PREFIX: &'static str = "lst";
}
pub enum Segment {}
impl Kind for Segment {
    const PREFIX: &'static str = "seg";
}
pub enum Import {}
impl Kind for Import {
    const PREFIX: &'static str = "imp";
}
pub enum Consent {}
impl Kind for Consent {
    const PREFIX: &'static str = "cns";
}
pub enum Decision {}
impl Kind for Decision {
    const PREFIX: &'static str = "dec";
}
pub enum Template {}
impl Kind for Template {
    const PREFIX: &'static str = "tpl";
}
pub enum Campaign {}
impl Kind for Campaign {
    const PREFIX: &'static str = "cmp";
}
pub enum Run {}
impl Kind for Run {
    const PREFIX: &'static str = "run";
}
pub enum Message {}
impl Kind for Message {
    const PREFIX: &'static str = "msg";
}
pub enum Inbound {}
impl Kind for Inbound {
    const PREFIX: &'static str = "inb";
}
pub enum Review {}
impl Kind for Review {
    const PREFIX: &'static str = "rev";
}
pub enum Suppression {}
impl Kind for Suppression {
    const PREFIX: &'static str = "sup";
}
pub enum Incident {}
impl Kind for Incident {
    const PREFIX: &'static str = "inc";
}
pub enum Click {}
impl Kind for Click {
    const PREFIX: &'static str = "clk";
}
pub enum Route {}
impl Kind for Route {
    const PREFIX: &'static str = "rte";
}
pub enum SenderPool {}
impl Kind for SenderPool {
    const PREFIX: &'static str = "spl";
}
pub enum Appointment {}
impl Kind for Appointment {
    const PREFIX: &'static str = "apt";
}
pub enum ReminderPlan {}
impl Kind for ReminderPlan {
    const PREFIX: &'static str = "rpl";
}
pub enum Event {}
impl Kind for Event {
    const PREFIX: &'static str = "evt";
}
pub enum Journey {}
impl Kind for Journey {
    const PREFIX: &'static str = "jny";
}
pub enum JourneyRun {}
impl Kind for JourneyRun {
    const PREFIX: &'static str = "jrn";
}
pub enum Preflight {}
impl Kind for Preflight {
    const PREFIX: &'static str = "pfl";
}
