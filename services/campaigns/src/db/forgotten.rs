//! Rows of contacts that were deleted.

use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use contract::{AppointmentId, ContactId, JourneyRunId, MessageId, Mode, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, Value};

use super::row::{self, sql};

/// Contacts of one tenant, as statements take them: the tenant at `$2`, the contacts at `$1`.
#[derive(Debug, Clone)]
pub struct Whom {
    engine: Engine,
    tenant: TenantId,
    lines: String,
}

impl Whom {
    pub fn new(engine: Engine, tenant: TenantId, contacts: &[ContactId]) -> anyhow::Result<Self> {
        let lines: Vec<[String; 1]> = contacts
            .iter()
            .map(|contact| [contact.uuid().simple().to_string()])
            .collect();
        Ok(Self {
            engine,
            tenant,
            lines: serde_json::to_string(&lines)?,
        })
    }

    fn among(&self) -> String {
        format!(
            "(SELECT {} FROM {} AS r)",
            self.engine.uuid("r.value->>0"),
            self.engine.rows("$1")
        )
    }

    fn values(&self) -> [Value; 2] {
        [self.lines.clone().into(), self.tenant.uuid().into()]
    }

    fn runs(&self) -> String {
        format!(
            "(SELECT id FROM journey_run WHERE tenant = $2 AND contact IN {})",
            self.among()
        )
    }
}

/// Every run of theirs, ended ones too.
pub async fn runs(tx: &Tx, whom: &Whom) -> anyhow::Result<Vec<(JourneyRunId, Mode)>> {
    let text = format!(
        "SELECT id, mode FROM journey_run WHERE tenant = $2 AND contact IN {} ORDER BY id",
        whom.among()
    );
    row::all(tx, text, whom.values(), |row| {
        Ok((row::id(row, "id")?, row::mode(row)?))
    })
    .await
}

/// What has arrived for them and is not worked in, what their runs would still call, and when they entered.
pub async fn drop_what_waits(tx: &Tx, whom: &Whom) -> anyhow::Result<()> {
    let (among, runs) = (whom.among(), whom.runs());
    for text in [
        format!(
            "DELETE FROM journey_input WHERE tenant = $2 AND (contact IN {among} OR run IN {runs})"
        ),
        format!("DELETE FROM journey_call WHERE tenant = $2 AND run IN {runs}"),
    ] {
        tx.execute_raw(sql(tx, text, whom.values())).await?;
    }
    let text = format!("DELETE FROM journey_entered WHERE contact IN {among}");
    tx.execute_raw(sql(tx, text, [whom.lines.clone().into()]))
        .await?;
    Ok(())
}

/// Texts to them that are not settled.
pub async fn texts(tx: &Tx, whom: &Whom) -> anyhow::Result<Vec<MessageId>> {
    let text = format!(
        "SELECT id FROM flow_text WHERE tenant = $2 AND contact IN {} AND vars IS NOT NULL AND state < {} ORDER BY id",
        whom.among(),
        Outcome::Expired.rank()
    );
    row::all(tx, text, whom.values(), |row| row::id(row, "id")).await
}

/// Their appointments that are agreed and still to come.
pub async fn appointments(
    tx: &Tx,
    whom: &Whom,
    now: UnixMillis,
) -> anyhow::Result<Vec<AppointmentId>> {
    let text = format!(
        "SELECT id FROM appointment WHERE tenant = $2 AND contact IN {} AND status = 'scheduled' AND starts_at > $3 ORDER BY id",
        whom.among()
    );
    let values = whom.values().into_iter().chain([now.0.into()]);
    row::all(tx, text, values, |row| row::id(row, "id")).await
}

/// What says of appointments whose they are. When and where they were is left to the figures.
pub async fn blank_appointments(tx: &Tx, whom: &Whom) -> anyhow::Result<()> {
    let text = format!(
        "UPDATE appointment SET subject = '', for_person = '', external_id = NULL WHERE tenant = $2 AND contact IN {}",
        whom.among()
    );
    tx.execute_raw(sql(tx, text, whom.values())).await?;
    Ok(())
}
