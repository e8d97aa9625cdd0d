//! Who decides about a contact's appointments waits for whoever is deciding about them in another process.

use chassis::{Engine, Tx};
use contract::ContactId;
use sea_orm::{ConnectionTrait, Value};

use super::row::sql;

/// Keeps these locks apart from others of the database.
const SPACE: i64 = 0x6170_7400_0000;
/// Contacts share locks, so that a file of thousands holds no more than PostgreSQL has room for.
const LOCKS: u128 = 1024;

/// Takes the contacts' turn until the transaction ends. To be taken before any row of theirs is locked, and for all
/// contacts of the transaction at once: in one order, nobody waits in a circle. SQLite has one writer.
pub async fn take(
    tx: &Tx,
    engine: Engine,
    contacts: impl IntoIterator<Item = ContactId>,
) -> anyhow::Result<()> {
    if engine == Engine::Sqlite {
        return Ok(());
    }
    let lock = |contact: ContactId| i64::try_from(contact.raw() % LOCKS).map(|n| SPACE + n);
    let mut locks = contacts
        .into_iter()
        .map(lock)
        .collect::<Result<Vec<i64>, _>>()?;
    locks.sort_unstable();
    locks.dedup();
    for lock in locks {
        let take = "select pg_advisory_xact_lock($1)";
        tx.execute_raw(sql(tx, take, [Value::from(lock)])).await?;
    }
    Ok(())
}
