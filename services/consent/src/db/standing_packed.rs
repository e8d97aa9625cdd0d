//! Many people's `standing` in one row of SQLite's. Rows come from its thread one by one, each with a value of
//! its own per column and a wake-up of whoever reads: for a batch of permits that costs more than finding them.

use ahash::AHashMap;
use anyhow::Context;
use chassis::Engine;
use contract::{Phone, TenantId};
use sea_orm::{ConnectionTrait, Value};

use super::by_phone;
use super::standing::Known;
use crate::person::PersonFacts;
use crate::standing::Standing;

/// What is known of these people; `None` when a row of the first schema is among them.
pub async fn load(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phones: Value,
) -> anyhow::Result<Option<AHashMap<Phone, Known>>> {
    let sql = format!(
        "SELECT max(t.state IS NULL), \
         group_concat(t.phone || ' ' || t.revision || ' ' || hex(t.state) || ' ' || hex(t.facts), char(10)) FROM {}",
        by_phone(engine, "standing")
    );
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), phones]))
        .await?
        .context("an aggregate has one row")?;
    if row.try_get_by_index::<Option<i64>>(0)? == Some(1) {
        return Ok(None);
    }
    let packed: Option<String> = row.try_get_by_index(1)?;
    let packed = packed.unwrap_or_default();
    let mut bytes = Vec::new();
    packed
        .lines()
        .map(|line| read(line, &mut bytes).context("a packed standing cannot be read"))
        .collect::<anyhow::Result<_>>()
        .map(Some)
}

/// One line of it; `bytes` is only there to be used again.
fn read(line: &str, bytes: &mut Vec<u8>) -> Option<(Phone, Known)> {
    let mut fields = line.split(' ');
    let phone = super::phone(fields.next()?.parse().ok()?)?;
    let revision = fields.next()?.parse().ok()?;
    let standing = Standing::decode(unhex(fields.next()?, bytes)?, revision);
    let facts = PersonFacts::decode(Some(unhex(fields.next()?, bytes)?));
    Some((phone, Known { standing, facts }))
}

fn unhex<'b>(digits: &str, bytes: &'b mut Vec<u8>) -> Option<&'b [u8]> {
    bytes.clear();
    bytes.resize(digits.len() / 2, 0);
    hex::decode_to_slice(digits, bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::Level;
    use crate::standing::Change;

    #[test]
    fn a_packed_person_is_read_as_stored() {
        let mut standing = Standing::default();
        let opt_in = Change::opt_in(Some("promo"), Level::Written, 7);
        standing.apply(&opt_in).unwrap();
        let facts = PersonFacts {
            zip: Some(10_001),
            ..PersonFacts::default()
        };
        let (state, told) = (
            hex::encode_upper(standing.encode()),
            hex::encode(facts.encode()),
        );
        let mut bytes = Vec::new();
        for (line, expected) in [
            (format!("15005550006 1 {state} {told}"), &facts),
            (format!("15005550006 1 {state} "), &PersonFacts::default()),
        ] {
            let (phone, known) = read(&line, &mut bytes).unwrap();
            assert_eq!(phone.digits(), 15_005_550_006);
            assert_eq!(known.standing.as_ref(), Some(&standing));
            assert_eq!(&known.facts, expected);
        }
    }

    #[test]
    fn a_state_of_another_version_is_nobody_to_be_texted_and_a_torn_line_an_error() {
        let mut bytes = Vec::new();
        let (_, known) = read("15005550006 1 FF00 ", &mut bytes).unwrap();
        assert!(known.standing.is_none());
        for torn in ["", "15005550006 1", "15005550006 1 F ", "x 1 FF00 "] {
            assert!(read(torn, &mut bytes).is_none(), "{torn}");
        }
    }
}
