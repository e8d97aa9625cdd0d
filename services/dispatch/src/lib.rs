//! dispatch: how a text leaves, and what the carrier says about it.
//!
//! Owns lanes and pace, the routes to carriers, the ledger of hand-overs and the states that receipts give.
//! Hears `cmd.dispatch.send_chunk`, `send_urgent_chunk`, `accept_texts`, `recheck_texts`, `record_receipts` and `forget_person`,
//! and `evt.contacts.contact_deleted`; answers
//! `qry.dispatch.take_reply`, `find_send`, `find_sender_pool`, `forecast`, `spend_of` and `undelivered_of`; says
//! `evt.dispatch.hand_overs_recorded`, `receipts_recorded`, `unknown_settled`,
//! `texts_accepted` and `texts_routed`; asks consent for permits just before each hand-over.
//!
//! A chunk's way: [`consumers::send_chunk`] cuts it into [`slots`] and those into [`legs`]; [`routing`] and [`route`] say
//! over which carriers a leg may go; [`hand_over`] waits for link and its turn in [`traffic`], asks for permits, hands
//! over ([`failover`]); [`recorder`] makes outcomes durable, tells the others and has the
//! permits closed; what surely did not leave comes back ([`retry`], [`attempts`]). A text of the API alone: [`sends`]. A receipt's way: [`tasks::intake`] → [`recorder`] → [`book`] → [`receipt_fold`].
//! What stays in [`doubt`] is looked up ([`reconcile`], [`tasks::look_up`]); what surely failed may be sent anew ([`redrive`]).

pub mod api;
pub mod app;
pub mod attempts;
pub mod blocks;
pub mod book;
pub mod carrier_receipt;
pub mod config;
pub mod consumers;
pub mod db;
pub mod doubt;
pub mod failover;
pub mod flow;
pub mod forecast;
pub mod hand_over;
pub mod hands;
pub mod in_doubt;
pub mod in_hand;
pub mod lanes;
pub mod legs;
pub mod link_health;
pub mod links;
pub mod money;
pub mod odd;
pub mod outcomes;
pub mod pace;
pub mod pick;
pub mod pools;
pub mod queries;
pub mod receipt_fold;
pub mod reconcile;
pub mod recorder;
pub mod redrive;
pub mod retry;
pub mod rise;
pub mod route;
pub mod routing;
pub mod senders;
pub mod sends;
pub mod slots;
pub mod standing;
pub mod start;
pub mod takeover;
pub mod tasks;
pub mod traffic;

pub const SERVICE: chassis::Service = chassis::Service {
    name: "dispatch",
    migrations: db::MIGRATIONS,
    defaults: include_str!("defaults.toml"),
    start: |cx| Box::pin(start::start(cx)),
};
