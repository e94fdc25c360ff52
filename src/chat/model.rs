//! Models: what is offered, for how much, and what took the place of those that are gone.
//!
//! `provider` fills a [`Catalogue`] from the live list or from the embedded table.

use super::{Effort, Param, Params, Prices};

/// Whether a model can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelStatus {
    /// Offered to everybody.
    Production,
    /// Offered, may go without notice.
    Preview,
    /// Offered, will go.
    Deprecated,
    /// On dedicated endpoints only.
    Dedicated,
    /// Gone.
    Retired,
}

/// What is known of a model; absent means unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// Id on the wire.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Who made it.
    pub owner: String,
    /// Whether it can be asked.
    pub status: ModelStatus,
    /// What took its place.
    pub replaced_by: Option<String>,
    /// Day it went, `YYYY-MM-DD`.
    pub retired_on: Option<String>,
    /// Tokens of prompt and answer together.
    pub context_window: Option<u64>,
    /// Tokens of an answer.
    pub max_output: Option<u64>,
    /// USD per million prompt tokens.
    pub price_in: Option<f64>,
    /// USD per million completion tokens.
    pub price_out: Option<f64>,
    /// Published output tokens a second.
    pub speed_tps: Option<f64>,
    /// It reasons (`None`: unknown).
    pub reasoning: Option<bool>,
    /// Efforts it accepts; empty: none, or unknown where it reasons or that is unknown, too.
    pub efforts: Vec<Effort>,
    /// The effort when none is sent.
    pub default_effort: Option<Effort>,
    /// Parameters that its list says it does not take.
    pub refused: Vec<Param>,
    /// It takes images.
    pub vision: bool,
}

impl ModelInfo {
    /// A model of which only the id is known.
    pub fn unknown(id: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            owner: String::new(),
            status: ModelStatus::Production,
            replaced_by: None,
            retired_on: None,
            context_window: None,
            max_output: None,
            price_in: None,
            price_out: None,
            speed_tps: None,
            reasoning: None,
            efforts: Vec::new(),
            default_effort: None,
            refused: Vec::new(),
            vision: false,
        }
    }

    /// Efforts that can be chosen: those it is known to accept, all where nothing is known.
    pub fn efforts_offered(&self) -> &[Effort] {
        match (self.efforts.as_slice(), self.reasoning) {
            ([], Some(false)) => &[],
            ([], _) => &Effort::ALL,
            (known, _) => known,
        }
    }

    /// Whether a request may carry the parameter.
    pub fn takes(&self, param: Param) -> bool {
        let is_refused = param.is_sent() && self.refused.contains(&param);
        !is_refused && (param != Param::Effort || !self.efforts_offered().is_empty())
    }

    /// Drops what this model does not take, and says which parameters those were.
    pub fn fit(&self, params: &mut Params) -> Vec<Param> {
        let too_many = |tokens: u32| self.max_output.is_some_and(|most| u64::from(tokens) > most);
        let unfit = |param: &Param| match param {
            Param::Effort => params
                .effort
                .is_some_and(|e| !self.efforts_offered().contains(&e)),
            Param::MaxTokens => params.max_tokens.is_some_and(too_many),
            _ => false,
        };
        let dropped: Vec<Param> = params
            .set()
            .filter(|param| !self.takes(*param) || unfit(param))
            .collect();
        for &param in &dropped {
            params.reset(param);
        }
        dropped
    }

    /// What of these parameters this model does not take, as people write it: `effort=none`.
    pub fn unfit(&self, params: &Params) -> Vec<String> {
        let dropped = self.fit(&mut params.clone());
        let show = |param: Param| {
            let value = params.value(param).unwrap_or_default();
            format!("{}={value}", param.as_str())
        };
        dropped.into_iter().map(show).collect()
    }

    /// What its tokens cost, when both prices are known.
    pub fn prices(&self) -> Option<Prices> {
        Some(Prices {
            input: self.price_in?,
            output: self.price_out?,
        })
    }
}

/// Where a list of models came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CatalogueSource {
    /// The table compiled into the program.
    #[default]
    Embedded,
    /// The model that the profile names; its list has not been read.
    Configured,
    /// The provider's own list.
    Live,
}

/// The models of one provider profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// Models in the order of the list.
    pub models: Vec<ModelInfo>,
    /// Where the list came from.
    pub source: CatalogueSource,
}

impl Catalogue {
    /// A model by its exact id.
    pub fn get(&self, id: &str) -> Option<&ModelInfo> {
        self.models.iter().find(|m| m.id == id)
    }

    /// Models that can be asked.
    pub fn offered(&self) -> impl Iterator<Item = &ModelInfo> {
        self.models
            .iter()
            .filter(|m| !matches!(m.status, ModelStatus::Retired | ModelStatus::Dedicated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_not_offered_but_still_known() {
        let model = |id: &str, status| ModelInfo {
            status,
            ..ModelInfo::unknown(id)
        };
        let catalogue = Catalogue {
            models: vec![
                model("new", ModelStatus::Production),
                model("old", ModelStatus::Retired),
                model("own", ModelStatus::Dedicated),
                model("going", ModelStatus::Deprecated),
            ],
            source: CatalogueSource::Live,
        };
        let offered: Vec<_> = catalogue.offered().map(|m| m.id.as_str()).collect();
        assert_eq!(offered, ["new", "going"]);
        assert!(catalogue.get("old").is_some());
    }

    #[test]
    fn what_a_model_does_not_take_is_dropped_and_named() {
        let mut model = ModelInfo {
            efforts: vec![Effort::Low, Effort::High],
            refused: vec![Param::Seed],
            max_output: Some(1_000),
            ..ModelInfo::unknown("m")
        };
        let params = Params {
            effort: Some(Effort::None),
            temperature: Some(0.5),
            max_tokens: Some(1_001),
            seed: Some(1),
            ..Params::default()
        };
        let unfit = ["effort=none", "max_tokens=1001", "seed=1"];
        assert_eq!(model.unfit(&params), unfit);
        let mut fitted = params.clone();
        let dropped = model.fit(&mut fitted);
        assert_eq!(dropped, [Param::Effort, Param::MaxTokens, Param::Seed]);
        assert_eq!(fitted.set().collect::<Vec<_>>(), [Param::Temperature]);
        assert_eq!(model.fit(&mut fitted), []);
        model.efforts.clear();
        assert_eq!(model.efforts_offered(), Effort::ALL, "nothing is known");
        model.reasoning = Some(false);
        assert!(!model.takes(Param::Effort));
    }

    #[test]
    fn half_a_price_is_none() {
        let mut model = ModelInfo::unknown("m");
        model.price_in = Some(0.35);
        assert_eq!(model.prices(), None);
        model.price_out = Some(0.75);
        let (input, output) = (0.35, 0.75);
        assert_eq!(model.prices(), Some(Prices { input, output }));
    }
}
