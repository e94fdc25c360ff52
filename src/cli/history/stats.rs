//! `waferdeck history stats`: what was used and what it cost, by day, month, session or model.
//!
//! Each answer is read by `store`; here they are put together and printed, those of the mock apart.

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};
use serde_json::{Value, json};

use super::super::{Exit, Out, args::StatsBy, fail, models::print_table};
use crate::{
    chat::{Cost, EndState, SessionId, Timestamp},
    store::{Account, Store, Use, usd},
    text::{SafeText, truncate},
    ui::format,
};

/// Columns of a session's title.
const TITLE: usize = 32;

/// What stands for what is not known.
const DASH: &str = "–";

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) by: StatsBy,
    /// The first day that counts, in the person's own time zone.
    pub(super) since: Option<Date>,
    /// The last one.
    pub(super) until: Option<Date>,
}

pub(super) fn run(
    store: &Store,
    question: Question,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<Exit> {
    if let (Some(since), Some(until)) = (question.since, question.until)
        && since > until
    {
        let sentence = format!(
            "--since {since} is later than --until {until}: no day is between them, exchange the two"
        );
        return fail(Exit::Usage, sentence);
    }
    let account = store.account()?;
    for (path, error) in &account.unread {
        out.complain(&format!("{} is not counted: {error}", path.display()));
    }
    let zone = TimeZone::system();
    let table = Table::new(&account, question, &zone);
    if json {
        let rows: Vec<_> = table.rows.iter().map(|(key, sum)| key.json(sum)).collect();
        let mock = (table.mock.answers > 0).then(|| table.mock.json());
        let mut whole = json!({ "rows": rows, "total": table.total.json(), "mock": mock });
        whole["by"] = question.by.word().into();
        out.line(&format!("{whole:#}"))?;
        return Ok(Exit::Ok);
    }
    if table.rows.is_empty() {
        // To a pipe as well: nothing at all would look like a fault.
        out.complain(if account.uses.is_empty() {
            "no answer is saved yet"
        } else {
            "no answer is saved for that time"
        });
        return Ok(Exit::Ok);
    }
    let titles = match question.by {
        StatsBy::Session => titles(store),
        _ => BTreeMap::new(),
    };
    let right: Vec<usize> = (names_of(question.by)..).take(FIGURES).collect();
    print_table(&table.text(question.by, &titles), &right, out)?;
    for note in table.notes() {
        out.line(&note)?;
    }
    Ok(Exit::Ok)
}

fn titles(store: &Store) -> BTreeMap<SessionId, String> {
    let heads = store.list().unwrap_or_default().into_iter();
    heads
        .chain(store.list_deleted())
        .map(|h| (h.id, SafeText::line(&h.title).into_string()))
        .collect()
}

/// What a row is about; in the order of rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    period: Period,
    model: String,
    profile: String,
    mock: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Period {
    /// All of the time asked for.
    Whole,
    /// A day or month as people sort them: `2026-11-22`, `2026-11`.
    Date(String),
    Session(SessionId),
}

impl Key {
    fn json(&self, sum: &Sum) -> Value {
        let mut row = sum.json();
        match &self.period {
            Period::Whole => {}
            Period::Date(date) => row["period"] = date.as_str().into(),
            Period::Session(id) => row["session"] = json!(id),
        }
        row["profile"] = self.profile.as_str().into();
        row["model"] = self.model.as_str().into();
        row["mock"] = self.mock.into();
        row
    }

    /// A model is named with its profile where the answer may not be what the name promises.
    fn model(&self) -> String {
        let name = SafeText::line(&self.model).into_string();
        if self.mock {
            format!("{name} (mock)")
        } else {
            name
        }
    }
}

/// Tokens of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tokens {
    sum: u64,
    /// Some answer told its number.
    is_known: bool,
    /// Some answer did not, though it used some.
    is_partial: bool,
}

impl Tokens {
    fn add(&mut self, tokens: Option<u64>, is_used: bool) {
        match tokens {
            Some(tokens) => {
                self.sum = self.sum.saturating_add(tokens);
                self.is_known = true;
            }
            None => self.is_partial |= is_used,
        }
    }

    /// What is known of them, if anything is.
    fn known(self) -> Option<u64> {
        self.is_known.then_some(self.sum)
    }

    fn cell(self) -> String {
        match self.known() {
            None => DASH.to_owned(),
            Some(sum) if self.is_partial => format!("≥{}", format::count(sum)),
            Some(sum) => format::count(sum),
        }
    }
}

/// What some answers used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    answers: u64,
    /// Those that failed or were cut short.
    failed: u64,
    retries: u64,
    /// Those whose tokens nobody counted.
    uncounted: u64,
    prompt: Tokens,
    cached: Tokens,
    completion: Tokens,
    reasoning: Tokens,
    cost: Cost,
    /// They come from the mock.
    is_mock: bool,
}

impl Sum {
    fn add(&mut self, used: &Use) {
        let tokens = used.tokens();
        let more = |sum: &mut u64, n: u64| *sum = sum.saturating_add(n);
        let (is_failed, is_used) = match used.end.as_ref().map(|end| &end.state) {
            Some(EndState::Failed(_) | EndState::Skipped(_)) => (true, false),
            Some(EndState::CutShort(_)) | None => (true, true),
            Some(_) => (false, true),
        };
        if !used.went_on {
            more(&mut self.answers, 1);
            more(&mut self.failed, is_failed.into());
        }
        more(&mut self.retries, used.retries);
        more(&mut self.uncounted, used.is_uncounted().into());
        let kinds = [
            (&mut self.prompt, tokens.and_then(|t| t.prompt.ok())),
            (&mut self.cached, tokens.and_then(|t| t.cached.ok())),
            (&mut self.completion, tokens.and_then(|t| t.completion.ok())),
            (&mut self.reasoning, tokens.and_then(|t| t.reasoning.ok())),
        ];
        for (sum, tokens) in kinds {
            sum.add(tokens, is_used);
        }
        used.add_to(&mut self.cost);
        self.is_mock = used.mock;
    }

    fn json(&self) -> Value {
        json!({
            "answers": self.answers,
            "failed": self.failed,
            "retries": self.retries,
            "answers_without_usage": self.uncounted,
            "prompt_tokens": self.prompt.known(),
            "cached_tokens": self.cached.known(),
            "completion_tokens": self.completion.known(),
            "reasoning_tokens": self.reasoning.known(),
            "cost_usd": self.cost.dollars().map(usd),
            "cost_is_partial": self.cost.is_partial(),
        })
    }

    fn cells(&self) -> [String; FIGURES] {
        let cost = match self.cost.dollars() {
            None if self.is_mock => "no cost".to_owned(),
            None => DASH.to_owned(),
            Some(usd) if self.cost.is_partial() => format!("≥${usd:.4}"),
            Some(usd) => format!("${usd:.4}"),
        };
        [
            format::count(self.answers),
            format::count(self.failed),
            format::count(self.retries),
            self.prompt.cell(),
            self.cached.cell(),
            self.completion.cell(),
            self.reasoning.cell(),
            cost,
        ]
    }
}

/// The columns of figures.
const HEADINGS: [&str; FIGURES] = [
    "answers",
    "failed",
    "retries",
    "input",
    "cached",
    "output",
    "reasoning",
    "cost",
];
const FIGURES: usize = 8;

#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<Key, Sum>,
    /// Of all that real models answered.
    total: Sum,
    /// Of all that the mock answered.
    mock: Sum,
}

impl Table {
    fn new(account: &Account, question: Question, zone: &TimeZone) -> Self {
        let mut table = Self::default();
        for used in &account.uses {
            let day = day(used.at, zone);
            let is_early = question.since.is_some_and(|since| day < since);
            let is_late = question.until.is_some_and(|until| day > until);
            if is_early || is_late {
                continue;
            }
            let key = Key {
                period: match question.by {
                    StatsBy::Model => Period::Whole,
                    StatsBy::Day => Period::Date(day.to_string()),
                    StatsBy::Month => Period::Date(day.strftime("%Y-%m").to_string()),
                    StatsBy::Session => Period::Session(used.session),
                },
                model: used.variant.model.clone(),
                profile: used.variant.profile.clone(),
                mock: used.mock,
            };
            table.rows.entry(key).or_default().add(used);
            let whole = if used.mock {
                &mut table.mock
            } else {
                &mut table.total
            };
            whole.add(used);
        }
        table
    }

    /// With a line of headings, and lines of totals where there is more than one row.
    fn text(&self, by: StatsBy, titles: &BTreeMap<SessionId, String>) -> Vec<Vec<String>> {
        let row = |names: [String; 2], figures: [String; FIGURES]| -> Vec<String> {
            let names = names.into_iter().skip(2 - names_of(by));
            names.chain(figures).collect()
        };
        let head = [by.word().to_owned(), "model".to_owned()];
        let mut rows = vec![row(head, HEADINGS.map(str::to_owned))];
        rows.extend(self.rows.iter().map(|(key, sum)| {
            let period = match &key.period {
                Period::Whole => String::new(),
                Period::Date(date) => date.clone(),
                Period::Session(id) => {
                    let title = titles.get(id).map_or("", String::as_str);
                    format!("{} {}", id.short(), truncate(title, TITLE))
                }
            };
            row([period, key.model()], sum.cells())
        }));
        if self.rows.len() > 1 {
            let mock = match self.total.answers {
                0 => "mock",
                _ => "mock, not in it",
            };
            let totals = [("total", &self.total), (mock, &self.mock)];
            let totals = totals.into_iter().filter(|(_, sum)| sum.answers > 0);
            rows.extend(totals.map(|(name, sum)| {
                let mut names = [name.to_owned(), String::new()];
                if names_of(by) == 1 {
                    names.reverse();
                }
                row(names, sum.cells())
            }));
        }
        rows
    }

    /// What a person has to know of these sums.
    fn notes(&self) -> Vec<String> {
        let uncounted = self.total.uncounted + self.mock.uncounted;
        let mut notes = Vec::new();
        if uncounted > 0 {
            let answers = if uncounted == 1 {
                "1 answer has".to_owned()
            } else {
                format!("{} answers have", format::count(uncounted))
            };
            notes.push(format!(
                "{answers} no usage or not all of it: stopped, cut short, not told, or told so that it cannot be; no sum has what is missing"
            ));
        }
        if self.total.cost.is_partial() {
            notes.push(format!(
                "cost ≥ or {DASH}: some answers have no price, or their tokens were not counted"
            ));
        }
        notes
    }
}

/// Columns before the figures: a period or session, unless a row is all of a model, and the model.
fn names_of(by: StatsBy) -> usize {
    match by {
        StatsBy::Model => 1,
        StatsBy::Day | StatsBy::Month | StatsBy::Session => 2,
    }
}

/// The day of a moment where the person is.
fn day(at: Timestamp, zone: &TimeZone) -> Date {
    i64::try_from(at.0)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .unwrap_or_default()
        .to_zoned(zone.clone())
        .date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chat::{End, Failure, FailureKind, IdSource, Prices, Variant},
        metrics::Usage,
    };

    const HOUR: u64 = 3_600_000;
    /// 2026-10-31 20:00 UTC.
    const EVENING: u64 = 1_793_476_800_000;

    fn used(model: &str, at: u64, tokens: u64) -> Use {
        Use {
            session: SessionId::from_uuid(IdSource::new(1).next(Timestamp(at))),
            at: Timestamp(at),
            variant: Variant::new("cerebras", model),
            mock: false,
            retries: 1,
            end: Some(End {
                usage: Usage {
                    prompt_tokens: Some(tokens),
                    completion_tokens: Some(2 * tokens),
                    cached_tokens: Some(1),
                    reasoning_tokens: None,
                    total_tokens: None,
                    odd: false,
                },
                prices: Some(Prices {
                    input: 1.0,
                    output: 1.0,
                }),
                ..End::bare(EndState::Complete)
            }),
            went_on: false,
        }
    }

    fn table(uses: Vec<Use>, by: StatsBy, since: Option<&str>, until: Option<&str>) -> Vec<String> {
        let account = Account {
            uses,
            unread: Vec::new(),
        };
        let question = Question {
            by,
            since: since.map(|d| d.parse().unwrap()),
            until: until.map(|d| d.parse().unwrap()),
        };
        // Two hours east of Greenwich, so that days are not UTC's.
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let table = Table::new(&account, question, &zone);
        let rows = table.text(by, &BTreeMap::new()).into_iter().skip(1);
        rows.map(|row| row.join(" ")).collect()
    }

    #[test]
    fn answers_are_summed_by_the_persons_own_day_and_model() {
        let uses = || {
            vec![
                used("a", EVENING, 1_000_000),
                used("a", EVENING + HOUR, 500_000),
                used("a", EVENING + 3 * HOUR, 7),
                used("b", EVENING + 3 * HOUR, 9),
            ]
        };
        assert_eq!(
            table(uses(), StatsBy::Day, None, None),
            [
                "2026-10-31 a 2 0 2 1,500,000 2 3,000,000 – $4.5000",
                "2026-11-01 a 1 0 1 7 1 14 – $0.0000",
                "2026-11-01 b 1 0 1 9 1 18 – $0.0000",
                "total  4 0 4 1,500,016 4 3,000,032 – $4.5000",
            ]
        );
        assert_eq!(
            table(uses(), StatsBy::Month, Some("2026-11-01"), None),
            [
                "2026-11 a 1 0 1 7 1 14 – $0.0000",
                "2026-11 b 1 0 1 9 1 18 – $0.0000",
                "total  2 0 2 16 2 32 – $0.0000",
            ]
        );
        assert_eq!(
            table(uses(), StatsBy::Model, None, Some("2026-10-31")),
            ["a 2 0 2 1,500,000 2 3,000,000 – $4.5000"]
        );
        assert!(table(uses(), StatsBy::Day, Some("2026-11-02"), None).is_empty());
    }

    #[test]
    fn an_answer_that_went_on_is_one_answer() {
        let mut part = used("a", EVENING, 5);
        part.went_on = true;
        part.end.as_mut().unwrap().state =
            EndState::CutShort(Failure::new(FailureKind::Network, "gone", ""));
        let uses = vec![part, used("a", EVENING, 7)];
        assert_eq!(
            table(uses, StatsBy::Model, None, None),
            ["a 1 0 2 12 2 24 – $0.0000"]
        );
    }

    #[test]
    fn a_sum_that_is_not_whole_says_so_and_no_sum_is_a_dash() {
        let mut unpriced = used("a", EVENING, 5);
        unpriced.end.as_mut().unwrap().prices = None;
        let mut failed = used("c", EVENING, 5);
        failed.end.as_mut().unwrap().state =
            EndState::Failed(Failure::new(FailureKind::Quota, "later", ""));
        let mut mock = used("d", EVENING, 5);
        mock.mock = true;
        let mut lost = used("e", EVENING, 5);
        lost.end = None;
        let uses = vec![used("a", EVENING, 1_000_000), unpriced, failed, mock, lost];
        assert_eq!(
            table(uses, StatsBy::Model, None, None),
            [
                "a 2 0 2 1,000,005 2 2,000,010 – ≥$3.0000",
                "c 1 1 1 5 1 10 – –",
                "d (mock) 1 0 1 5 1 10 – no cost",
                "e 1 1 1 – – – – –",
                "total 4 2 4 ≥1,000,010 ≥3 ≥2,000,020 – ≥$3.0000",
                "mock, not in it 1 0 1 5 1 10 – no cost",
            ]
        );
    }
    #[test]
    fn what_nobody_counted_is_no_zero_and_is_counted_itself() {
        let mut sum = Sum::default();
        let mut stopped = used("a", EVENING, 5);
        let end = stopped.end.as_mut().unwrap();
        (end.state, end.usage) = (EndState::Stopped, Usage::default());
        sum.add(&stopped);
        let json = sum.json();
        for key in ["prompt_tokens", "completion_tokens", "cost_usd"] {
            assert!(json[key].is_null(), "{key}");
        }
        assert_eq!(json["answers_without_usage"], 1);
        assert_eq!(json["cost_is_partial"], true);
        sum.add(&used("a", EVENING, 5));
        let json = sum.json();
        assert_eq!(
            (&json["prompt_tokens"], &json["cost_is_partial"]),
            (&5.into(), &true.into())
        );
        assert_eq!(sum.cells()[3], "≥5");
        let table = Table {
            total: sum,
            ..Table::default()
        };
        let notes = table.notes();
        assert!(notes[0].starts_with("1 answer has no usage"), "{notes:?}");
    }

    #[test]
    fn the_mock_has_a_line_of_its_own() {
        let mut mock = used("a", EVENING, 7_000);
        mock.mock = true;
        let only = table(vec![mock.clone()], StatsBy::Day, None, None);
        assert_eq!(only, ["2026-10-31 a (mock) 1 0 1 7,000 1 14,000 – no cost"]);
        let both = table(vec![mock, used("a", EVENING, 9)], StatsBy::Day, None, None);
        assert_eq!(
            both[2..],
            [
                "total  1 0 1 9 1 18 – $0.0000",
                "mock, not in it  1 0 1 7,000 1 14,000 – no cost"
            ]
        );
    }
}
