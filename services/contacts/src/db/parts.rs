//! Where the members of an audience's part stand.

use contract::AudiencePart;
use uuid::Uuid;

/// The table of its members, the column there that names the part, and the value of that column. The contact is in
/// `contact`.
pub fn members(part: AudiencePart) -> (&'static str, &'static str, Uuid) {
    match part {
        AudiencePart::List(id) => ("list_member", "list", id.uuid()),
        AudiencePart::Segment(id) => ("segment_member", "segment", id.uuid()),
    }
}
