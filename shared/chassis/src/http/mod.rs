//! The HTTP side of every service: problems (RFC 9457), authentication, bodies, paging, and the listener.

mod auth;
mod body;
pub mod client;
mod etag;
mod nul;
mod page;
mod params;
mod path;
mod problem;
mod request;
pub mod serve;
mod timeout;

pub use auth::{Auth, Authenticator};
pub use body::Body;
pub use etag::{IfMatch, Tagged};
pub use page::{Listing, Page, cursor, no_such_cursor};
pub use params::Params;
pub use path::PathId;
pub use problem::{FieldError, Problem};
