//! The form with the parameters of a pane: a row for each that its model takes, checked while it is typed.
//!
//! Which keys change it is the business of `update::variant`, drawing it that of `ui::form`.

mod stops;

use super::{Composer, Edit};
use crate::{
    chat::{BudgetOn, BudgetRule, ModelInfo, Param, Params},
    config::set_param,
    text::SafeText,
};

/// The parameters of a pane while they are changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// What they are set for.
    pub model: String,
    /// One for each parameter that the model takes.
    pub rows: Vec<FormRow>,
    /// Index of the row that takes the keys.
    pub selected: usize,
    /// Something was changed, so that it is no longer what the pane has.
    pub touched: bool,
    /// Tokens of an answer at most, if that is known.
    most: Option<u64>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct FormRow {
    /// Which.
    pub param: Param,
    /// Its value.
    pub field: Field,
    /// What holds while nothing is set, if that is known.
    pub default: Option<String>,
    /// Its range and what it is for.
    pub hint: String,
    /// What is wrong with the value.
    pub error: Option<String>,
}

/// How a value is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// One of a few words.
    Choice {
        /// The words.
        words: Vec<&'static str>,
        /// Index of the one that is set.
        chosen: Option<usize>,
    },
    /// Typed text; empty means that nothing is set.
    Text(Box<Composer>),
}

impl Form {
    /// The form for a model, with what is set now. `max_tokens` and `budget` hold where the variant says nothing.
    pub fn new(info: &ModelInfo, params: &Params, max_tokens: u32, budget: BudgetRule) -> Self {
        let taken = Param::ALL.into_iter().filter(|&param| info.takes(param));
        let rows = taken.map(|param| FormRow {
            param,
            field: field(param, info, params),
            default: match param {
                Param::Effort => info.default_effort.map(|e| e.to_string()),
                Param::MaxTokens => Some(max_tokens.to_string()),
                Param::BudgetMs => budget.limit_ms.map(|ms| ms.to_string()),
                Param::BudgetOn => Some(budget.on.to_string()),
                _ => None,
            },
            hint: hint(param, info),
            error: None,
        });
        let mut form = Self {
            model: SafeText::line(&info.id).into_string(),
            rows: rows.collect(),
            selected: 0,
            touched: false,
            most: info.max_output,
        };
        for row in &mut form.rows {
            row.check(form.most);
        }
        form
    }

    /// The row that takes the keys.
    pub fn row(&self) -> Option<&FormRow> {
        self.rows.get(self.selected)
    }

    /// Goes to another row, round and round.
    pub fn step(&mut self, by: isize) {
        let count = self.rows.len().max(1);
        self.selected = (self.selected + count).saturating_add_signed(by) % count;
    }

    /// Takes the word `by` places further; before the first one stands the default.
    pub fn turn(&mut self, by: isize) {
        self.change(|field| {
            if let Field::Choice { words, chosen } = field {
                let places = words.len() + 1;
                let place = chosen.map_or(0, |i| i + 1) + places;
                *chosen = (place.saturating_add_signed(by) % places).checked_sub(1);
            }
        });
    }

    /// Carries out an editing step on a typed value.
    pub fn edit(&mut self, edit: Edit) {
        self.change(|field| {
            if let Field::Text(text) = field {
                text.edit(edit);
            }
        });
    }

    /// Puts pasted text into the value; a choice takes it if it is one of its words.
    pub fn paste(&mut self, pasted: &str) {
        let pasted = SafeText::line(pasted);
        // No parameter is as long.
        let pasted: String = pasted.as_str().chars().take(4_096).collect();
        self.change(|field| match field {
            Field::Choice { words, chosen } => {
                let place = words.iter().position(|w| **w == pasted);
                *chosen = place.or(*chosen);
            }
            Field::Text(text) => {
                text.edit(Edit::Insert(pasted));
            }
        });
    }

    /// Gives the row back to the default.
    pub fn reset(&mut self) {
        self.change(|field| match field {
            Field::Choice { chosen, .. } => *chosen = None,
            Field::Text(text) => text.set_text(""),
        });
    }

    /// Writes every row into `params`. With a wrong value nothing is written, and its row takes the keys.
    pub fn write(&mut self, params: &mut Params) -> bool {
        if let Some(wrong) = self.rows.iter().position(|r| r.error.is_some()) {
            self.selected = wrong;
            return false;
        }
        for row in &self.rows {
            if let Ok(read) = row.read(self.most) {
                params.take_over(row.param, &read);
            }
        }
        true
    }

    fn change(&mut self, how: impl FnOnce(&mut Field)) {
        if let Some(row) = self.rows.get_mut(self.selected) {
            how(&mut row.field);
            row.check(self.most);
            self.touched = true;
        }
    }
}

impl FormRow {
    fn check(&mut self, most: Option<u64>) {
        self.error = self.read(most).err();
    }

    /// Parameters with this one alone.
    fn read(&self, most: Option<u64>) -> Result<Params, String> {
        let mut params = Params::default();
        let text = match &self.field {
            Field::Choice { words, chosen } => {
                if let Some(word) = chosen.and_then(|i| words.get(i)) {
                    set_param(&mut params, self.param, word)?;
                }
                return Ok(params);
            }
            Field::Text(text) => text.text(),
        };
        if self.param == Param::Stop {
            for stop in stops::split(&text)? {
                set_param(&mut params, Param::Stop, &stop)?;
            }
        } else if !text.trim().is_empty() {
            set_param(&mut params, self.param, text.trim())?;
        }
        match (params.max_tokens, most) {
            (Some(tokens), Some(most)) if u64::from(tokens) > most => Err(format!(
                "expected 1 to {most}: more this model does not give"
            )),
            _ => Ok(params),
        }
    }
}

fn field(param: Param, info: &ModelInfo, params: &Params) -> Field {
    let value = match param {
        Param::Stop => stops::join(&params.stop),
        _ => params.value(param).unwrap_or_default(),
    };
    let words: Option<Vec<_>> = match param {
        Param::Effort => Some(info.efforts_offered().iter().map(|e| e.as_str()).collect()),
        Param::BudgetOn => Some(BudgetOn::ALL.map(BudgetOn::as_str).to_vec()),
        _ => None,
    };
    if let Some(words) = words {
        let chosen = words.iter().position(|w| *w == value);
        return Field::Choice { words, chosen };
    }
    let mut text = Composer::default();
    text.set_text(&value);
    Field::Text(Box::new(text))
}

fn hint(param: Param, info: &ModelInfo) -> String {
    match param {
        Param::Effort if info.efforts.is_empty() => {
            "how long it thinks; its list does not say whether it takes this".to_owned()
        }
        Param::Effort => "how long it thinks before it answers".to_owned(),
        Param::Temperature => "0 to 2: 0.1 to 0.3 for code, 0.7 and more for prose".to_owned(),
        Param::TopP => "0 to 1: less leaves unlikely words out; set this or temperature".to_owned(),
        Param::MaxTokens => {
            let most = info.max_output.map_or_else(
                || "a whole number from 1 on".to_owned(),
                |n| format!("1 to {n}"),
            );
            format!("{most}: length of an answer, reasoning included")
        }
        Param::Seed => "a whole number: the same one repeats an answer, mostly".to_owned(),
        Param::Stop => {
            r"up to 4 texts that end an answer, a comma between them; \n is a new line".to_owned()
        }
        Param::BudgetMs => "milliseconds an answer may take, 0 for no limit; not sent".to_owned(),
        Param::BudgetOn => "what the budget limits: first token or the whole; not sent".to_owned(),
    }
}

/// Parameters that are not sent, and why: `effort and seed: it does not take them`.
pub(super) fn refused(dropped: &[Param]) -> String {
    let names: Vec<_> = dropped.iter().map(|p| p.as_str()).collect();
    let (names, them) = match names.as_slice() {
        [most @ .., last] if !most.is_empty() => {
            (format!("{} and {last}", most.join(", ")), "them")
        }
        names => (names.concat(), "it"),
    };
    format!("{names}: this model does not take {them}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Effort;

    fn form(params: &Params) -> Form {
        let info = ModelInfo {
            efforts: vec![Effort::Low, Effort::High],
            default_effort: Some(Effort::High),
            max_output: Some(40_960),
            refused: vec![Param::Seed],
            ..ModelInfo::unknown("m")
        };
        Form::new(&info, params, 8_192, BudgetRule::default())
    }

    fn select(form: &mut Form, param: Param) {
        let place = form.rows.iter().position(|r| r.param == param);
        form.selected = place.expect("a row");
    }

    fn error_after(param: Param, typed: &str) -> Option<String> {
        let mut form = form(&Params::default());
        select(&mut form, param);
        form.paste(typed);
        form.rows[form.selected].error.clone()
    }

    #[test]
    fn only_what_the_model_takes_is_offered() {
        let form = form(&Params::default());
        let offered: Vec<_> = form.rows.iter().map(|r| r.param.as_str()).collect();
        assert_eq!(
            offered,
            [
                "effort",
                "temperature",
                "top_p",
                "max_tokens",
                "stop",
                "budget_ms",
                "budget_on"
            ]
        );
        let silent = ModelInfo {
            reasoning: Some(false),
            ..ModelInfo::unknown("m")
        };
        let form = Form::new(&silent, &Params::default(), 8_192, BudgetRule::default());
        assert!(form.rows.iter().all(|r| r.param != Param::Effort));
    }

    #[test]
    fn what_was_set_comes_back_unchanged() {
        let mut params = Params {
            effort: Some(Effort::Low),
            temperature: Some(0.25),
            top_p: Some(1.0),
            max_tokens: Some(300),
            seed: Some(4),
            stop: vec!["\n\n".to_owned(), "a, b".to_owned()],
            budget_ms: Some(300),
            budget_on: Some(BudgetOn::E2e),
        };
        let before = params.clone();
        assert!(form(&params).write(&mut params));
        assert_eq!(params, before, "the seed has no row and stays, too");
    }

    #[test]
    fn a_wrong_value_is_said_and_never_kept() {
        assert_eq!(
            error_after(Param::Temperature, "2.5").as_deref(),
            Some("expected 0 to 2")
        );
        assert_eq!(
            error_after(Param::MaxTokens, "40961").as_deref(),
            Some("expected 1 to 40960: more this model does not give")
        );
        assert_eq!(
            error_after(Param::Stop, "a,b,c,d,e").as_deref(),
            Some("expected at most 4")
        );
        assert_eq!(error_after(Param::Temperature, " 0.2 "), None);
        assert_eq!(error_after(Param::MaxTokens, "40960"), None);
        let mut form = form(&Params::default());
        select(&mut form, Param::TopP);
        form.paste("much");
        form.selected = 0;
        form.turn(1);
        let mut params = Params::default();
        assert!(!form.write(&mut params));
        assert_eq!(params, Params::default(), "not even the good row");
        assert_eq!(form.row().map(|r| r.param), Some(Param::TopP));
        form.reset();
        assert!(form.write(&mut params));
        assert_eq!(params.set().collect::<Vec<_>>(), [Param::Effort]);
    }

    #[test]
    fn choices_turn_round_and_pass_the_default() {
        let mut form = form(&Params::default());
        let mut seen = Vec::new();
        for _ in 0..3 {
            form.turn(1);
            let mut params = Params::default();
            form.write(&mut params);
            seen.push(params.effort);
        }
        assert_eq!(seen, [Some(Effort::Low), Some(Effort::High), None]);
        form.turn(-1);
        form.paste("extreme");
        form.paste("low\n");
        let mut params = Params::default();
        form.write(&mut params);
        assert_eq!(params.effort, Some(Effort::Low));
    }

    #[test]
    fn rows_are_walked_round_and_round() {
        let mut form = form(&Params::default());
        form.step(-1);
        assert_eq!(form.row().map(|r| r.param), Some(Param::BudgetOn));
        form.step(1);
        assert_eq!(form.selected, 0);
    }
}
