//! The JSON Schema (draft 2020-12) of the format, made of the same tables that the check uses.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::definition::JOURNEY;
use super::{Kind, Shape};

const DURATION: &str = "^P(?!$)(\\d+W)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+S)?)?$";
const OFFSET: &str = "^[+-]?P(?!$)(\\d+W)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+S)?)?$";

/// The schema as it is served and published.
pub fn document() -> Value {
    let mut defs = BTreeMap::new();
    let mut root = object(&JOURNEY, &mut defs);
    if let Some(root) = root.as_object_mut() {
        root.insert(
            "$schema".into(),
            "https://json-schema.org/draft/2020-12/schema".into(),
        );
        root.insert("$id".into(), "urn:hailmast:journey:v1".into());
        root.insert("title".into(), "Hailmast journey".into());
        root.insert(
            "$defs".into(),
            defs.into_iter()
                .map(|(name, schema)| (name.to_string(), schema.unwrap_or_default()))
                .collect::<Map<_, _>>()
                .into(),
        );
    }
    crate::journey::in_order(root)
}

/// The document as text, as it stands in docs/journey.schema.json.
pub fn published() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
        text.push('\n');
        text
    });
    &TEXT
}

/// `None` stands for a shape that is being written: shapes refer to one another in circles.
type Defs = BTreeMap<&'static str, Option<Value>>;

fn object(shape: &'static Shape, defs: &mut Defs) -> Value {
    let mut properties = Map::new();
    for field in shape.fields {
        let mut schema = of(field.kind, defs);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".into(), field.doc.into());
        }
        properties.insert(field.name.into(), schema);
    }
    let required: Vec<&str> = shape
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name)
        .collect();
    let dependent: Map<String, Value> = shape
        .fields
        .iter()
        .filter_map(|field| Some((field.name.to_string(), json!([field.with?]))))
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": shape.doc,
        "additionalProperties": false,
        "properties": properties,
    });
    if let Some(schema) = schema.as_object_mut() {
        let each = |names: &[&str]| -> Value {
            names
                .iter()
                .map(|name| json!({"required": [name]}))
                .collect()
        };
        if !required.is_empty() {
            schema.insert("required".into(), json!(required));
        }
        if !dependent.is_empty() {
            schema.insert("dependentRequired".into(), dependent.into());
        }
        if !shape.one_of.is_empty() {
            schema.insert("oneOf".into(), each(shape.one_of));
        }
        if !shape.any_of.is_empty() {
            schema.insert("anyOf".into(), each(shape.any_of));
        }
    }
    schema
}

fn of(kind: Kind, defs: &mut Defs) -> Value {
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
    match kind {
        Kind::Only(only) => json!({"const": only}),
        Kind::Word(words) => json!({"enum": words}),
        Kind::Text(most) => json!({"type": "string", "minLength": 1, "maxLength": most}),
        Kind::Name => pattern("^[a-z0-9][a-z0-9-]{1,62}$"),
        Kind::Id => pattern("^[a-z][a-z0-9_]{0,39}$"),
        Kind::Event => pattern("^[a-z][a-z0-9_]{0,39}(\\.[a-z][a-z0-9_]{0,39})*$"),
        Kind::Template => pattern("^[A-Za-z0-9_-]{1,64}$"),
        Kind::Sender => json!({"type": "string", "minLength": 1, "maxLength": 80}),
        Kind::Expression | Kind::Cron => {
            json!({"type": "string", "minLength": 1, "maxLength": 1000})
        }
        Kind::LocalTime => pattern("^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}$"),
        Kind::Duration(_) => pattern(DURATION),
        Kind::Offset(_) => pattern(OFFSET),
        Kind::Time => pattern("^([01]\\d|2[0-3]):[0-5]\\d$"),
        Kind::TimeOrEnd => pattern("^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$"),
        Kind::Zone | Kind::ZoneOrContact => {
            json!({"type": "string", "minLength": 1, "maxLength": 60})
        }
        Kind::Reentry => {
            json!({"anyOf": [{"enum": ["never", "always"]}, {"type": "string", "pattern": DURATION}]})
        }
        Kind::Url => pattern("^(https://[^@/]+|http://(localhost|127\\.0\\.0\\.1))"),
        Kind::Keyword => json!({"type": "string", "minLength": 1, "maxLength": 160}),
        Kind::Whole(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Kind::Truth => json!({"type": "boolean"}),
        Kind::Any => json!({}),
        Kind::Values => {
            json!({"type": "object", "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,39}$"}})
        }
        Kind::Targets => {
            json!({"type": "object", "propertyNames": {"pattern": "^(contact(\\.attrs)?|run|appointment)\\.[a-z][a-z0-9_]{0,39}$"}})
        }
        Kind::Headers => {
            json!({"type": "object", "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9-]{0,63}$"}, "additionalProperties": {"type": "string"}})
        }
        Kind::List(of_kind, least, most) => {
            json!({"type": "array", "items": of(*of_kind, defs), "minItems": least, "maxItems": most})
        }
        Kind::Map(of_kind) => {
            json!({"type": "object", "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,39}$"}, "additionalProperties": of(*of_kind, defs)})
        }
        Kind::Object(shape) => {
            if !defs.contains_key(shape.name) {
                defs.insert(shape.name, None);
                let schema = object(shape, defs);
                defs.insert(shape.name, Some(schema));
            }
            json!({"$ref": format!("#/$defs/{}", shape.name)})
        }
    }
}
