//! What the pipeline needs of one chunk of people, in one statement.

use std::collections::HashMap;
use std::sync::Arc;

use contract::Envelope;
use contract::contacts::{LoadRecipients, RecipientData, RecipientsLoaded};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::app::App;
use crate::db;
use crate::person::{Attributes, STANDARD_FIELDS};

/// Most contacts of one question.
const MOST: usize = 4096;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<LoadRecipients>,
) -> anyhow::Result<RecipientsLoaded> {
    let (tenant, ask) = (envelope.tenant, envelope.body);
    anyhow::ensure!(
        ask.contacts.len() <= MOST,
        "more than {MOST} contacts in one question"
    );
    let engine = app.db.engine();
    let wanted = Wanted::of(&ask.field_names);
    let places: Vec<(usize, String)> = ask
        .contacts
        .iter()
        .map(|id| id.uuid().simple().to_string())
        .enumerate()
        .collect();
    // CROSS JOIN keeps SQLite from walking all contacts and looking each up among the few asked for.
    let sql = format!(
        "SELECT CAST(r.value->>0 AS BIGINT) AS place, c.phone, c.time_zone{} FROM {} AS r CROSS JOIN contact AS c \
         WHERE c.tenant = $1 AND c.id = {}",
        wanted.columns,
        engine.rows("$2"),
        engine.uuid("r.value->>1")
    );
    let values = [tenant.uuid().into(), serde_json::to_string(&places)?.into()];
    let rows = app.db.read().query_all_raw(engine.sql(sql, values)).await?;

    let mut zones = Zones::default();
    let mut recipients = vec![None; ask.contacts.len()];
    for row in &rows {
        let place = usize::try_from(row.try_get_by_index::<i64>(0)?)?;
        let zone = row
            .try_get_by_index::<Option<String>>(2)?
            .and_then(|name| zones.place(name));
        let phone = db::contacts::phone(row.try_get_by_index(1)?)?;
        if let Some(recipient) = recipients.get_mut(place) {
            *recipient = Some(RecipientData {
                phone,
                zone,
                fields: wanted.read(row)?,
            });
        }
    }
    Ok(RecipientsLoaded {
        zones: zones.names,
        recipients,
    })
}

/// Where a field asked for is found.
enum Source {
    Column(usize),
    Attribute(String),
}

/// The columns to read for the fields asked for.
struct Wanted {
    columns: String,
    sources: Vec<Source>,
    /// Column of the attributes, where any is wanted.
    attributes: Option<usize>,
}

impl Wanted {
    fn of(field_names: &[String]) -> Self {
        let mut next = 3;
        let mut wanted = Self {
            columns: String::new(),
            sources: Vec::new(),
            attributes: None,
        };
        for name in field_names {
            if STANDARD_FIELDS.contains(&name.as_str()) {
                wanted.columns.push_str(&format!(", c.{name}"));
                wanted.sources.push(Source::Column(next));
                next += 1;
            } else {
                wanted.sources.push(Source::Attribute(name.clone()));
            }
        }
        if wanted
            .sources
            .iter()
            .any(|source| matches!(source, Source::Attribute(_)))
        {
            wanted.columns.push_str(", c.attributes");
            wanted.attributes = Some(next);
        }
        wanted
    }

    fn read(&self, row: &QueryResult) -> anyhow::Result<Vec<Option<String>>> {
        let attributes = match self.attributes {
            Some(column) => {
                db::contacts::parse_attributes(&row.try_get_by_index::<String>(column)?)?
            }
            None => Attributes::new(),
        };
        let fields = self.sources.iter().map(|source| match source {
            Source::Column(column) => Ok(row.try_get_by_index(*column)?),
            Source::Attribute(name) => Ok(attributes.get(name.as_str()).cloned()),
        });
        fields.collect()
    }
}

/// The zones met so far.
#[derive(Default)]
struct Zones {
    names: Vec<String>,
    places: HashMap<String, u8>,
}

impl Zones {
    /// `None` once 256 are named, far more than one chunk of people has: their zones are then those of
    /// their numbers.
    fn place(&mut self, name: String) -> Option<u8> {
        if let Some(place) = self.places.get(&name) {
            return Some(*place);
        }
        let place = u8::try_from(self.names.len()).ok()?;
        self.names.push(name.clone());
        self.places.insert(name, place);
        Some(place)
    }
}
