//! Tables of this service: `template` (drafts) and `template_version` (published, never changed).

pub mod templates;
pub mod versions;
