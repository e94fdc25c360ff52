//! A variant: provider profile, model, parameters and system prompt; what a pane asks with.
//!
//! Written `[PROFILE/]MODEL[?key=value&…]` on the command line; reading that form needs the profiles and is `config`'s.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::BudgetOn;

/// How hard a reasoning model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// No reasoning, where the model can switch it off.
    None,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
}

impl Effort {
    /// Every effort, least first.
    pub const ALL: [Self; 4] = [Self::None, Self::Low, Self::Medium, Self::High];

    /// The word on the wire and on screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.as_str() == word)
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a variant can set: a parameter of its requests, or what is expected of their answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Param {
    /// Reasoning effort.
    Effort,
    /// Sampling temperature.
    Temperature,
    /// Nucleus sampling.
    TopP,
    /// Upper bound of generated tokens.
    MaxTokens,
    /// Best-effort determinism.
    Seed,
    /// Texts that end the answer.
    Stop,
    /// Latency budget; it is not sent.
    BudgetMs,
    /// The figure that the budget is for; it is not sent.
    BudgetOn,
}

impl Param {
    /// Every parameter, the one that changes an answer most first.
    pub const ALL: [Self; 8] = [
        Self::Effort,
        Self::Temperature,
        Self::TopP,
        Self::MaxTokens,
        Self::Seed,
        Self::Stop,
        Self::BudgetMs,
        Self::BudgetOn,
    ];

    /// Its name on the command line and on screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Effort => "effort",
            Self::Temperature => "temperature",
            Self::TopP => "top_p",
            Self::MaxTokens => "max_tokens",
            Self::Seed => "seed",
            Self::Stop => "stop",
            Self::BudgetMs => "budget_ms",
            Self::BudgetOn => "budget_on",
        }
    }

    /// Whether requests carry it, so that a model may refuse it.
    pub fn is_sent(self) -> bool {
        !matches!(self, Self::BudgetMs | Self::BudgetOn)
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == name)
    }
}

/// Request parameters; only what is set is sent, since unknown or unwanted fields are refused. The budget is never sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Params {
    /// Reasoning effort.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Sampling temperature, 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Upper bound of generated tokens, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Best-effort determinism.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Up to four texts that end the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Latency budget in milliseconds instead of the profile's; 0 is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_ms: Option<u32>,
    /// The figure that the budget is for, instead of the profile's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_on: Option<BudgetOn>,
}

impl Params {
    /// The value of a parameter as people write it; `None`: it is not set.
    pub fn value(&self, param: Param) -> Option<String> {
        match param {
            Param::Effort => self.effort.map(|e| e.to_string()),
            Param::Temperature => self.temperature.map(|t| t.to_string()),
            Param::TopP => self.top_p.map(|p| p.to_string()),
            Param::MaxTokens => self.max_tokens.map(|m| m.to_string()),
            Param::Seed => self.seed.map(|s| s.to_string()),
            Param::Stop => {
                let texts: Vec<_> = self.stop.iter().map(|s| format!("{s:?}")).collect();
                (!texts.is_empty()).then(|| texts.join(", "))
            }
            Param::BudgetMs => self.budget_ms.map(|b| b.to_string()),
            Param::BudgetOn => self.budget_on.map(|b| b.to_string()),
        }
    }

    /// Takes one parameter over from `other`, set or not.
    pub fn take_over(&mut self, param: Param, other: &Self) {
        match param {
            Param::Effort => self.effort = other.effort,
            Param::Temperature => self.temperature = other.temperature,
            Param::TopP => self.top_p = other.top_p,
            Param::MaxTokens => self.max_tokens = other.max_tokens,
            Param::Seed => self.seed = other.seed,
            Param::Stop => self.stop.clone_from(&other.stop),
            Param::BudgetMs => self.budget_ms = other.budget_ms,
            Param::BudgetOn => self.budget_on = other.budget_on,
        }
    }

    /// Sends a parameter no longer, so that the model's default holds.
    pub fn reset(&mut self, param: Param) {
        self.take_over(param, &Self::default());
    }

    /// The parameters that are set.
    pub fn set(&self) -> impl Iterator<Item = Param> {
        let is_set = |param: &Param| self.value(*param).is_some();
        Param::ALL.into_iter().filter(is_set)
    }
}

/// What a pane asks with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Name of the provider profile.
    pub profile: String,
    /// Model id as the provider spells it.
    pub model: String,
    /// Parameters that differ from the model's defaults.
    #[serde(default)]
    pub params: Params,
    /// System prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

impl Variant {
    /// A variant with default parameters and no system prompt.
    pub fn new(profile: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            profile: profile.into(),
            model: model.into(),
            params: Params::default(),
            system: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_taken_over_and_reset_alone() {
        let full = Params {
            effort: Some(Effort::Low),
            temperature: Some(0.2),
            top_p: Some(0.9),
            max_tokens: Some(512),
            seed: Some(-7),
            stop: vec!["\n".to_owned(), "END".to_owned()],
            budget_ms: Some(500),
            budget_on: Some(BudgetOn::E2e),
        };
        assert_eq!(full.set().collect::<Vec<_>>(), Param::ALL);
        let values: Vec<_> = Param::ALL.iter().filter_map(|&p| full.value(p)).collect();
        let stops = r#""\n", "END""#;
        let expected = ["low", "0.2", "0.9", "512", "-7", stops, "500", "e2e"];
        assert_eq!(values, expected);
        for param in Param::ALL {
            let mut one = Params::default();
            one.take_over(param, &full);
            assert_eq!(one.set().collect::<Vec<_>>(), [param]);
            one.reset(param);
            assert_eq!(one, Params::default());
            assert_eq!(Param::parse(param.as_str()), Some(param));
        }
    }
}
