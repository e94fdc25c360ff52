//! JSON that fits a schema: for answers in a given shape and for the arguments of tool calls.
//! It knows the keywords that the real service allows and fills them in the simplest way that is valid.

use serde_json::{Map, Value, json};

/// Levels of nesting, as the real service allows.
const DEPTH: u32 = 10;

/// A value for `schema`; texts are about `subject`.
pub(crate) fn sample(schema: &Value, subject: &str) -> Value {
    Sampler {
        root: schema,
        subject,
    }
    .value(schema, "value", DEPTH)
}

struct Sampler<'a> {
    root: &'a Value,
    subject: &'a str,
}

impl Sampler<'_> {
    fn value(&self, schema: &Value, name: &str, depth: u32) -> Value {
        if depth == 0 {
            return Value::Null;
        }
        if let Some(fixed) = schema.get("const").or_else(|| schema.get("default")) {
            return fixed.clone();
        }
        if let Some(first) = schema
            .get("enum")
            .and_then(Value::as_array)
            .and_then(|all| all.first())
        {
            return first.clone();
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let pointed = target
                .strip_prefix('#')
                .and_then(|path| self.root.pointer(path));
            return pointed.map_or(Value::Null, |s| self.value(s, name, depth - 1));
        }
        if let Some(first) = ["anyOf", "oneOf", "allOf"]
            .iter()
            .find_map(|k| schema.get(k)?.as_array()?.first())
        {
            return self.value(first, name, depth - 1);
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, name, depth),
            "integer" => json!(whole(bound(schema, 3.0))),
            "number" => json!(bound(schema, 0.5)),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => self.text(schema, name),
        }
    }

    fn object(&self, schema: &Value, depth: u32) -> Value {
        let mut filled = Map::new();
        for (name, part) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            filled.insert(name.clone(), self.value(part, name, depth - 1));
        }
        Value::Object(filled)
    }

    fn array(&self, schema: &Value, name: &str, depth: u32) -> Value {
        let least = schema
            .get("minItems")
            .and_then(Value::as_u64)
            .unwrap_or(2)
            .clamp(1, 8);
        let items = schema.get("items").unwrap_or(&Value::Null);
        (0..least)
            .map(|_| self.value(items, name, depth - 1))
            .collect()
    }

    fn text(&self, schema: &Value, name: &str) -> Value {
        let text = match name {
            "path" | "file" | "filename" => "notes/today.md".to_owned(),
            "url" => "https://example.com/".to_owned(),
            "date" => "2026-11-22".to_owned(),
            "language" => "Rust".to_owned(),
            _ => format!("{name} of {}", self.subject),
        };
        let most = schema
            .get("maxLength")
            .and_then(Value::as_u64)
            .and_then(|n| usize::try_from(n).ok());
        json!(
            text.chars()
                .take(most.unwrap_or(usize::MAX))
                .collect::<String>()
        )
    }
}

fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or("string"),
        _ if schema.get("properties").is_some() => "object",
        _ => "string",
    }
}

fn bound(schema: &Value, usual: f64) -> f64 {
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    let low = limit("minimum").unwrap_or(f64::MIN);
    let high = limit("maximum").unwrap_or(f64::MAX).max(low);
    usual.clamp(low, high)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float's cast to i64 saturates, which is as good as any other value"
)]
fn whole(number: f64) -> i64 {
    number.ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_their_schema() {
        let schema = json!({
            "type": "object",
            "properties": {
                "path": { "type": "string" },
                "count": { "type": "integer", "minimum": 10 },
                "mode": { "enum": ["fast", "slow"] },
                "tags": { "type": "array", "items": { "$ref": "#/$defs/tag" } },
                "maybe": { "anyOf": [{ "type": "boolean" }, { "type": "null" }] }
            },
            "$defs": { "tag": { "type": "string", "maxLength": 6 } }
        });
        let expected = json!({
            "path": "notes/today.md", "count": 10, "mode": "fast", "tags": ["tags o", "tags o"], "maybe": true
        });
        assert_eq!(sample(&schema, "sorting"), expected);
        assert_eq!(sample(&Value::Null, "x"), json!("value of x"));
    }

    #[test]
    fn a_schema_that_names_itself_ends() {
        let schema = json!({ "type": "object", "properties": { "next": { "$ref": "#" } } });
        assert!(sample(&schema, "x").to_string().len() < 200);
    }
}
