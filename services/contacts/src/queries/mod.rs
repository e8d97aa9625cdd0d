//! Questions of other services. One file per query.

pub mod find_by_phone;
pub mod find_contacts;
pub mod list_fields;
pub mod load_recipients;
pub mod page_audience;
