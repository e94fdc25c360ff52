//! The models that the mock serves, and how the two listings describe them.
//! Their pace is a scenario in `assets/scenarios/models`; what they say is the business of `answer`.

use serde_json::{Value, json};

use super::reject::Refusal;

/// A model of the mock.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The id in requests.
    pub id: &'static str,
    /// One line for lists.
    pub about: &'static str,
    pub(crate) name: &'static str,
    pub(crate) owner: &'static str,
    pub(crate) hugging_face_id: &'static str,
    pub(crate) created: u64,
    /// USD per token, as the catalogue writes it.
    pub(crate) prices: [&'static str; 2],
    /// The efforts it takes, the default first; empty if it does not reason.
    pub(crate) efforts: &'static [Effort],
    pub(crate) vision: bool,
    /// Tokens of the prompt's template.
    pub(crate) template: u64,
    /// Completion tokens that never become text.
    pub(crate) hidden: u64,
    pub(crate) style: Style,
    /// Its scenario.
    pub(crate) scenario: &'static str,
}

/// How long a model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    None,
    Low,
    Medium,
    High,
}

impl Effort {
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "none" => Self::None,
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            _ => return None,
        })
    }
}

/// How a model writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Headings, tables, everything.
    Thorough,
    /// The point, then the code.
    Brief,
    /// A few paragraphs.
    Plain,
}

const OSS_EFFORTS: &[Effort] = &[Effort::Medium, Effort::Low, Effort::High];
const QWEN_EFFORTS: &[Effort] = &[Effort::High, Effort::None, Effort::Low, Effort::Medium];

const FAULTY: Model = Model {
    id: "",
    about: "",
    name: "",
    owner: "waferdeck",
    hugging_face_id: "",
    created: 0,
    prices: ["0", "0"],
    efforts: &[],
    vision: false,
    template: 15,
    hidden: 0,
    style: Style::Plain,
    scenario: "",
};

/// The models of the mock, in the order of the listings.
pub const MODELS: &[Model] = &[
    Model {
        id: "gpt-oss-120b",
        about: "3,000 tok/s, always reasons, about 8 tokens in a delta; thorough answers",
        name: "OpenAI GPT OSS 120B (mock)",
        owner: "OpenAI",
        hugging_face_id: "openai/gpt-oss-120b",
        created: 1_754_438_400,
        prices: ["0.00000035", "0.00000075"],
        efforts: OSS_EFFORTS,
        vision: false,
        template: 65,
        hidden: 10,
        style: Style::Thorough,
        scenario: include_str!("../../assets/scenarios/models/gpt-oss-120b.toml"),
    },
    Model {
        id: "qwen-3.8-27b",
        about: "1,850 tok/s, reasons unless told not to; brief answers",
        name: "Qwen 3.8 27B (mock)",
        owner: "Alibaba",
        hugging_face_id: "Qwen/Qwen3.8-27B",
        created: 0,
        prices: ["0.00000099", "0.00000149"],
        efforts: QWEN_EFFORTS,
        vision: true,
        template: 15,
        hidden: 0,
        style: Style::Brief,
        scenario: include_str!("../../assets/scenarios/models/qwen-3.8-27b.toml"),
    },
    Model {
        id: "mock-gpu-50",
        about: "50 tok/s, one token in a delta: an ordinary GPU endpoint for comparison",
        name: "Mock: GPU at 50 tok/s",
        scenario: include_str!("../../assets/scenarios/models/mock-gpu-50.toml"),
        ..FAULTY
    },
    Model {
        id: "mock-limited",
        about: "always 429, with a retry-after of 2 seconds",
        name: "Mock: rate limited",
        scenario: include_str!("../../assets/scenarios/models/mock-limited.toml"),
        ..FAULTY
    },
    Model {
        id: "mock-stall",
        about: "stops sending in the middle of an answer and holds the connection",
        name: "Mock: stalls",
        scenario: include_str!("../../assets/scenarios/models/mock-stall.toml"),
        ..FAULTY
    },
    Model {
        id: "mock-break",
        about: "cuts the connection in the middle of a token",
        name: "Mock: breaks",
        scenario: include_str!("../../assets/scenarios/models/mock-break.toml"),
        ..FAULTY
    },
    Model {
        id: "mock-flaky",
        about: "fails with 503, 429 and 500 before it answers: shows the retries",
        name: "Mock: flaky",
        style: Style::Brief,
        scenario: include_str!("../../assets/scenarios/models/mock-flaky.toml"),
        ..FAULTY
    },
];

/// The model of that id, or what the service says about ids it does not know.
pub(crate) fn find(id: &str) -> Result<&'static Model, Refusal> {
    MODELS
        .iter()
        .find(|m| m.id == id)
        .ok_or_else(|| Refusal::no_model(id == "zai-glm-4.7"))
}

/// Tokens that fit: the whole window, and the answer's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) context: u64,
    pub(crate) output: u64,
}

impl Window {
    pub(crate) const PAID: Self = Self {
        context: 131_072,
        output: 40_960,
    };
    pub(crate) const FREE: Self = Self {
        context: 65_536,
        output: 32_768,
    };
}

/// `GET /v1/models`.
pub(crate) fn listing() -> Value {
    json!({ "object": "list", "data": MODELS.iter().map(short).collect::<Vec<_>>() })
}

/// One entry of `GET /v1/models`.
pub(crate) fn short(model: &Model) -> Value {
    json!({ "id": model.id, "object": "model", "created": 0, "owned_by": "Cerebras" })
}

/// `GET /public/v1/models`: every model with what is known of it.
pub fn catalogue() -> Value {
    json!({ "object": "list", "data": MODELS.iter().map(entry).collect::<Vec<_>>() })
}

fn entry(model: &Model) -> Value {
    let [prompt, completion] = model.prices;
    let modality = if model.vision { "text+vision" } else { "text" };
    let instruct = if model.template == 65 {
        "harmony"
    } else {
        "chatml"
    };
    json!({
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": model.owner,
        "name": model.name,
        "description": model.about,
        "hugging_face_id": model.hugging_face_id,
        "pricing": { "prompt": prompt, "completion": completion },
        "capabilities": {
            "streaming": true, "function_calling": true, "structured_outputs": true, "vision": model.vision,
            "json_mode": true, "tools": true, "tool_choice": true, "parallel_tool_calls": model.vision,
            "response_format": true, "reasoning": !model.efforts.is_empty()
        },
        "supported_parameters": {
            "temperature": true, "top_p": true, "seed": true, "stop": true, "max_completion_tokens": true,
            "logprobs": false, "top_logprobs": false, "frequency_penalty": true, "presence_penalty": true,
            "logit_bias": true, "repetition_penalty": false
        },
        "architecture": { "modality": modality, "tokenizer": "GPT", "instruct_type": instruct },
        "limits": {
            "max_context_length": Window::PAID.context, "max_completion_tokens": Window::PAID.output,
            "requests_per_minute": null, "tokens_per_minute": null
        },
        "datacenter_locations": [],
        "deprecated": false,
        "preview": false,
        "quantization": null
    })
}

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::*;

    #[test]
    fn every_model_is_listed_and_has_a_valid_scenario() {
        for model in MODELS {
            Scenario::from_toml(model.scenario).expect(model.id);
            assert!(find(model.id).is_ok());
        }
        let ids = |list: &Value| {
            list["data"]
                .as_array()
                .map(|d| d.iter().map(|m| m["id"].clone()).collect::<Vec<_>>())
        };
        assert_eq!(ids(&listing()), ids(&catalogue()));
        assert_eq!(ids(&listing()).map(|i| i.len()), Some(MODELS.len()));
    }

    #[test]
    fn retired_models_are_not_found() {
        let code = |id| find(id).err().map(|r| r.body.code);
        assert_eq!(code("zai-glm-4.7").as_deref(), Some("model_archived"));
        assert_eq!(code("llama-3.3-70b").as_deref(), Some("model_not_found"));
    }
}
