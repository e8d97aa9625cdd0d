//! Tables of this service: `template` (drafts), `template_version` (published, never changed), `fragment`;
//! `link_key`, `link_domain`, `link_text`.

pub mod fragments;
pub mod links;
pub mod templates;
pub mod versions;
