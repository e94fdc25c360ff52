//! Models: the table compiled into the program, the lists that providers give, and help with names that do not exist.
//! Fetching is done by the provider.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::chat::{Catalogue, CatalogueSource, Effort, ModelInfo, ModelStatus, Param};

/// Names offered for one that does not exist.
const MAX_NEAREST: usize = 3;
/// A longer name is no typing mistake, and comparing it would take long.
const MAX_NAME: usize = 128;
/// Models that are taken from one list; the longest that is known has some hundreds, and a person finds no more.
pub const MOST_MODELS: usize = 5_000;
/// Bytes of an id; a longer one is passed over.
const MAX_ID: usize = 1_024;

/// The table compiled into the program, retired models included.
pub fn embedded_models() -> &'static Catalogue {
    &EMBEDDED.catalogue
}

/// The model that the table names as default.
pub fn default_model() -> &'static str {
    &EMBEDDED.default_model
}

/// What took the place of a model that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// A model that is offered.
    pub id: String,
    /// Day on which the old one went, `YYYY-MM-DD`.
    pub retired_on: Option<String>,
}

/// What to use in place of `model`, if it is known to be gone or was never the right spelling.
pub fn replacement(model: &str) -> Option<Replacement> {
    let catalogue = embedded_models();
    let canonical = EMBEDDED.aliases.get(model).map_or(model, String::as_str);
    let first = catalogue.get(canonical)?;
    let gone = |m: &ModelInfo| matches!(m.status, ModelStatus::Retired | ModelStatus::Dedicated);
    let mut current = first;
    // The table is small; a ring in it must not hang.
    for _ in 0..catalogue.models.len() {
        if !gone(current) {
            break;
        }
        let next = current.replaced_by.as_deref().unwrap_or(default_model());
        current = catalogue.get(next)?;
    }
    (current.id != model && !gone(current)).then(|| Replacement {
        id: current.id.clone(),
        retired_on: first.retired_on.clone(),
    })
}

/// Up to three offered models whose names are nearest to `name`, nearest first.
pub fn nearest(name: &str, catalogue: &Catalogue) -> Vec<String> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(MAX_NAME).collect();
    let mut ranked: Vec<_> = catalogue
        .offered()
        .map(|m| {
            let id: Vec<char> = m.id.to_lowercase().chars().take(MAX_NAME).collect();
            (distance(&wanted, &id), &m.id)
        })
        .collect();
    ranked.sort();
    ranked
        .into_iter()
        .take(MAX_NEAREST)
        .map(|(_, id)| id.clone())
        .collect()
}

/// Letters to insert, drop or change to make `a` into `b`.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let change = diagonal + usize::from(x != y);
            diagonal = *cell;
            *cell = change.min(left + 1).min(diagonal + 1);
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

/// Reads a list of models, rich or plain, and adds what the embedded table knows. `None` if it is no such list.
pub fn read_list(body: &[u8]) -> Option<Catalogue> {
    let list: List = serde_json::from_slice(body).ok()?;
    let Rows { models, left_out } = list.0;
    if left_out > 0 {
        let taken = models.len();
        tracing::warn!(taken, left_out, "a very long list of models");
    }
    Some(Catalogue {
        models,
        source: CatalogueSource::Live,
    })
}

/// What a server lists, alone or as `data` of an object. Read one model after the other: a tree of a whole list takes
/// twenty times its bytes.
struct List(Rows);

#[derive(Default)]
struct Rows {
    models: Vec<ModelInfo>,
    left_out: usize,
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(InList)
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(InRows)
    }
}

struct InList;

impl<'de> Visitor<'de> for InList {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of models")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, rows: A) -> Result<List, A::Error> {
        InRows.visit_seq(rows).map(List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<List, A::Error> {
        let mut rows = None;
        while let Some(name) = object.next_key::<String>()? {
            if name == "data" {
                rows = Some(object.next_value()?);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        rows.map(List)
            .ok_or_else(|| de::Error::missing_field("data"))
    }
}

struct InRows;

impl<'de> Visitor<'de> for InRows {
    type Value = Rows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of models")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Rows, A::Error> {
        let mut rows = Rows::default();
        while rows.models.len() < MOST_MODELS
            && let Some(item) = items.next_element::<Value>()?
        {
            rows.models.extend(read_model(&item));
        }
        while items.next_element::<IgnoredAny>()?.is_some() {
            rows.left_out += 1;
        }
        Ok(rows)
    }
}

fn read_model(item: &Value) -> Option<ModelInfo> {
    let text = |name: &str| {
        item.get(name)
            .and_then(Value::as_str)
            .filter(|t| !t.is_empty())
    };
    let limit = |name: &str| item.get("limits")?.get(name)?.as_u64();
    let price = |name: &str| per_million(item.get("pricing")?.get(name)?);
    let can = |name: &str| item.get("capabilities")?.get(name)?.as_bool();
    let flag = |name: &str| item.get(name).and_then(Value::as_bool) == Some(true);
    let id = text("id").filter(|id| id.len() <= MAX_ID)?;
    let known = embedded_models().get(id);
    let mut model = known.cloned().unwrap_or_else(|| ModelInfo::unknown(id));
    // It is listed, whatever an older table says.
    model.status = match (flag("deprecated"), flag("preview")) {
        (true, _) => ModelStatus::Deprecated,
        (false, true) => ModelStatus::Preview,
        (false, false) => ModelStatus::Production,
    };
    if model.status != ModelStatus::Deprecated {
        model.replaced_by = None;
    }
    model.retired_on = None;
    model.refused = refused(item);
    if let Some(name) = text("name") {
        name.clone_into(&mut model.name);
    }
    if let Some(owner) = text("owned_by").filter(|_| model.owner.is_empty()) {
        owner.clone_into(&mut model.owner);
    }
    model.context_window = limit("max_context_length").or(model.context_window);
    model.max_output = limit("max_completion_tokens").or(model.max_output);
    model.price_in = price("prompt").or(model.price_in);
    model.price_out = price("completion").or(model.price_out);
    model.reasoning = can("reasoning").or(model.reasoning);
    model.vision = can("vision").unwrap_or(model.vision);
    Some(model)
}

/// The parameters that the list says are not supported; what it does not mention is taken.
fn refused(item: &Value) -> Vec<Param> {
    let supported = |param: &Param| {
        let name = match param {
            Param::Effort => "reasoning_effort",
            Param::MaxTokens => "max_completion_tokens",
            other => other.as_str(),
        };
        item.get("supported_parameters")?.get(name)?.as_bool()
    };
    let is_refused = |param: &Param| supported(param) == Some(false);
    Param::ALL.into_iter().filter(is_refused).collect()
}

/// A price per token, as text or number, made one per million tokens and rounded to what a price list says.
fn per_million(price: &Value) -> Option<f64> {
    let per_token = match price {
        Value::String(text) => text.trim().parse().ok()?,
        number => number.as_f64()?,
    };
    let price = (per_token * 1e12).round() / 1e6;
    (price.is_finite() && price >= 0.0).then_some(price)
}

struct Embedded {
    catalogue: Catalogue,
    default_model: String,
    aliases: HashMap<String, String>,
}

static EMBEDDED: LazyLock<Embedded> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("../../assets/models.toml"))
        .unwrap_or_else(|e| panic!("assets/models.toml: {e}"));
    Embedded {
        catalogue: Catalogue {
            models: table.model.into_iter().map(Row::into_model).collect(),
            source: CatalogueSource::Embedded,
        },
        default_model: table.default_model,
        aliases: table.alias.into_iter().map(|a| (a.from, a.to)).collect(),
    }
});

#[derive(Deserialize)]
struct Table {
    default_model: String,
    model: Vec<Row>,
    alias: Vec<Alias>,
}

#[derive(Deserialize)]
struct Alias {
    from: String,
    to: String,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    owner: String,
    status: Status,
    retired_on: Option<String>,
    replaced_by: Option<String>,
    context_window: Option<u64>,
    max_output: Option<u64>,
    price_in: Option<f64>,
    price_out: Option<f64>,
    speed_tps: Option<f64>,
    reasoning: Option<bool>,
    #[serde(default)]
    reasoning_efforts: Vec<Effort>,
    reasoning_default: Option<String>,
    #[serde(default)]
    vision: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Production,
    Preview,
    Deprecated,
    Dedicated,
    Retired,
}

impl Row {
    fn into_model(self) -> ModelInfo {
        ModelInfo {
            status: match self.status {
                Status::Production => ModelStatus::Production,
                Status::Preview => ModelStatus::Preview,
                Status::Deprecated => ModelStatus::Deprecated,
                Status::Dedicated => ModelStatus::Dedicated,
                Status::Retired => ModelStatus::Retired,
            },
            id: self.id,
            name: self.name,
            owner: self.owner,
            replaced_by: self.replaced_by,
            retired_on: self.retired_on,
            context_window: self.context_window,
            max_output: self.max_output,
            price_in: self.price_in,
            price_out: self.price_out,
            speed_tps: self.speed_tps,
            reasoning: self.reasoning,
            efforts: self.reasoning_efforts,
            default_effort: self.reasoning_default.as_deref().and_then(Effort::parse),
            refused: Vec::new(),
            vision: self.vision,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_models_that_exist() {
        let catalogue = embedded_models();
        assert_eq!(catalogue.offered().count(), 2);
        assert!(catalogue.get(default_model()).is_some());
        for model in &catalogue.models {
            if let Some(next) = &model.replaced_by {
                assert!(catalogue.get(next).is_some(), "{next}");
            }
        }
        let model = catalogue.get("gpt-oss-120b").unwrap();
        assert_eq!(model.efforts, [Effort::Low, Effort::Medium, Effort::High]);
        assert_eq!(model.default_effort, Some(Effort::Medium));
    }

    #[test]
    fn what_is_gone_leads_to_what_is_offered() {
        let to = |name| replacement(name).map(|r| r.id);
        assert_eq!(to("zai-glm-4.6").as_deref(), Some("gpt-oss-120b"));
        assert_eq!(to("gemma-4-31b").as_deref(), Some("qwen-3.8-27b"));
        assert_eq!(to("llama-3.1-8b").as_deref(), Some("gpt-oss-120b"));
        assert_eq!(
            to("deepseek-r1-distill-llama-70b").as_deref(),
            Some("gpt-oss-120b")
        );
        assert_eq!(to("gpt-oss-120b"), None);
        assert_eq!(to("no-such-model"), None);
        let day = replacement("zai-glm-4.7").unwrap().retired_on;
        assert_eq!(day.as_deref(), Some("2026-08-17"));
    }

    #[test]
    fn the_nearest_name_comes_first() {
        let catalogue = embedded_models();
        assert_eq!(
            nearest("gpt-oss-120", catalogue),
            ["gpt-oss-120b", "qwen-3.8-27b"]
        );
        assert_eq!(
            nearest("QWEN-3.8", catalogue),
            ["qwen-3.8-27b", "gpt-oss-120b"]
        );
        assert_eq!(nearest(&"x".repeat(1 << 20), catalogue).len(), 2);
        assert_eq!(nearest("x", &Catalogue::default()), Vec::<String>::new());
        let count = |a: &str, b: &str| {
            let chars = |t: &str| t.chars().collect::<Vec<_>>();
            distance(&chars(a), &chars(b))
        };
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(
            (count("", "abc"), count("abc", ""), count("ab", "ba")),
            (3, 3, 2)
        );
    }

    #[test]
    fn a_list_without_end_is_taken_up_to_a_bound() {
        let long = "x".repeat(MAX_ID + 1);
        let ids = std::iter::once(long).chain((0..MOST_MODELS + 9).map(|n| format!("m{n}")));
        let items: Vec<_> = ids.map(|id| serde_json::json!({ "id": id })).collect();
        let catalogue = read_list(&serde_json::to_vec(&items).unwrap()).unwrap();
        assert_eq!(catalogue.models.len(), MOST_MODELS);
        assert_eq!(catalogue.models[0].id, "m0");
        let cut = br#"{"data":[{"id":"a"},{"id":"b"}"#;
        assert_eq!(read_list(cut), None);
    }

    #[test]
    fn a_rich_list_is_merged_with_what_we_know() {
        let body = br#"{"object":"list","data":[
            {"id":"gpt-oss-120b","created":0,"owned_by":"OpenAI","name":"GPT OSS","pricing":{"prompt":"0.00000035","completion":"0.00000075"},
             "capabilities":{"reasoning":true,"vision":false},"limits":{"max_context_length":131072,"max_completion_tokens":40960,"requests_per_minute":null},"preview":true},
            {"id":"zai-glm-4.7"},{"id":"new-model","pricing":{"prompt":"dear"},"limits":[],
             "supported_parameters":{"temperature":true,"seed":false,"max_completion_tokens":false,"stop":"?","logprobs":false}},
            {"id":"gemma-4-31b","deprecated":true},{"id":7},null]}"#;
        let catalogue = read_list(body).unwrap();
        let ids: Vec<_> = catalogue.models.iter().map(|m| m.id.as_str()).collect();
        assert_eq!(
            ids,
            ["gpt-oss-120b", "zai-glm-4.7", "new-model", "gemma-4-31b"]
        );
        let refused = |id| catalogue.get(id).unwrap().refused.clone();
        assert_eq!(refused("new-model"), [Param::MaxTokens, Param::Seed]);
        assert_eq!(refused("gpt-oss-120b"), []);
        let replaced_by = |id| catalogue.get(id).unwrap().replaced_by.clone();
        assert_eq!(replaced_by("gemma-4-31b").as_deref(), Some("qwen-3.8-27b"));
        assert_eq!(
            replaced_by("zai-glm-4.7"),
            None,
            "it is listed, so it is not gone"
        );
        let model = catalogue.get("gpt-oss-120b").unwrap();
        assert_eq!((model.price_in, model.price_out), (Some(0.35), Some(0.75)));
        assert_eq!(
            (model.status, model.efforts.len()),
            (ModelStatus::Preview, 3)
        );
        assert_eq!(
            catalogue.get("zai-glm-4.7").unwrap().status,
            ModelStatus::Production
        );
        assert_eq!(catalogue.source, CatalogueSource::Live);
        for body in [
            "",
            "{}",
            "7",
            "{\"data\":{}}",
            "{\"data\":7}",
            "[1] 2",
            "<html>",
        ] {
            assert_eq!(read_list(body.as_bytes()), None, "{body}");
        }
    }
}
