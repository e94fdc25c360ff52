//! `waferdeck history stats`: what was used and what it cost, by day, month, session or model.
//!
//! Each answer is read by `store`; here they are put together and printed.

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};
use serde_json::{Value, json};

use super::super::{Exit, Out, args::StatsBy, models::print_table};
use crate::{
    chat::{Cost, EndState, SessionId, Timestamp},
    store::{Account, Store, Use},
    text::{SafeText, truncate},
};

/// Columns of a session's title.
const TITLE: usize = 32;

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
    let account = store.account()?;
    for (path, error) in &account.unread {
        out.complain(&format!("{} is not counted: {error}", path.display()));
    }
    let zone = TimeZone::system();
    let table = Table::new(&account, question, &zone);
    if json {
        let rows: Vec<_> = table.rows.iter().map(|(key, sum)| key.json(sum)).collect();
        let mut whole = json!({ "rows": rows, "total": table.total.json() });
        whole["by"] = question.by.word().into();
        out.line(&format!("{whole:#}"))?;
        return Ok(Exit::Ok);
    }
    if table.rows.is_empty() {
        out.note("no answer is saved for that time");
        return Ok(Exit::Ok);
    }
    let titles = match question.by {
        StatsBy::Session => titles(store),
        _ => BTreeMap::new(),
    };
    print_table(
        &table.text(question.by, &titles),
        &[2, 3, 4, 5, 6, 7, 8],
        out,
    )?;
    if table.total.cost.is_partial() {
        out.note("≥ some answers have no price, or their tokens were not counted");
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

/// What some answers used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    answers: u64,
    /// Those that failed or were cut short.
    failed: u64,
    retries: u64,
    prompt: u64,
    cached: u64,
    completion: u64,
    reasoning: u64,
    cost: Cost,
}

impl Sum {
    fn add(&mut self, used: &Use) {
        let tokens = used.tokens();
        let more = |sum: &mut u64, n: Option<u64>| *sum = sum.saturating_add(n.unwrap_or_default());
        let is_failed = match &used.end {
            Some(end) => matches!(end.state, EndState::Failed(_) | EndState::CutShort(_)),
            None => true,
        };
        more(&mut self.answers, Some(1));
        more(&mut self.failed, is_failed.then_some(1));
        more(&mut self.retries, Some(used.retries));
        more(&mut self.prompt, tokens.and_then(|t| t.prompt.ok()));
        more(&mut self.cached, tokens.and_then(|t| t.cached.ok()));
        more(&mut self.completion, tokens.and_then(|t| t.completion.ok()));
        more(&mut self.reasoning, tokens.and_then(|t| t.reasoning.ok()));
        used.add_to(&mut self.cost);
    }

    fn json(&self) -> Value {
        json!({
            "answers": self.answers,
            "failed": self.failed,
            "retries": self.retries,
            "prompt_tokens": self.prompt,
            "cached_tokens": self.cached,
            "completion_tokens": self.completion,
            "reasoning_tokens": self.reasoning,
            "cost_usd": self.cost.dollars(),
            "cost_is_partial": self.cost.is_partial(),
        })
    }

    fn cells(&self) -> [String; 7] {
        let cost = match self.cost.dollars() {
            None => "–".to_owned(),
            Some(usd) if self.cost.is_partial() => format!("≥${usd:.4}"),
            Some(usd) => format!("${usd:.4}"),
        };
        [
            self.answers.to_string(),
            self.failed.to_string(),
            self.prompt.to_string(),
            self.cached.to_string(),
            self.completion.to_string(),
            self.reasoning.to_string(),
            cost,
        ]
    }
}

#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<Key, Sum>,
    total: Sum,
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
            table.total.add(used);
        }
        table
    }

    /// With a line of headings and one of totals.
    fn text(&self, by: StatsBy, titles: &BTreeMap<SessionId, String>) -> Vec<[String; 9]> {
        let row = |period: String, model: String, cells: [String; 7]| {
            let mut cells = cells.into_iter();
            std::array::from_fn(|column| match column {
                0 => period.clone(),
                1 => model.clone(),
                _ => cells.next().unwrap_or_default(),
            })
        };
        let headings = [
            "answers",
            "failed",
            "input",
            "cached",
            "output",
            "reasoning",
            "cost",
        ];
        let mut rows = vec![row(
            match by {
                StatsBy::Model => String::new(),
                by => by.word().to_owned(),
            },
            "model".to_owned(),
            headings.map(str::to_owned),
        )];
        rows.extend(self.rows.iter().map(|(key, sum)| {
            let period = match &key.period {
                Period::Whole => String::new(),
                Period::Date(date) => date.clone(),
                Period::Session(id) => {
                    let title = titles.get(id).map_or("", String::as_str);
                    format!("{} {}", id.short(), truncate(title, TITLE))
                }
            };
            row(period, key.model(), sum.cells())
        }));
        if self.rows.len() > 1 {
            rows.push(row("total".to_owned(), String::new(), self.total.cells()));
        }
        rows
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
                    odd: false,
                },
                prices: Some(Prices {
                    input: 1.0,
                    output: 1.0,
                }),
                ..End::bare(EndState::Complete)
            }),
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
                "2026-10-31 a 2 0 1500000 2 3000000 0 $4.5000",
                "2026-11-01 a 1 0 7 1 14 0 $0.0000",
                "2026-11-01 b 1 0 9 1 18 0 $0.0000",
                "total  4 0 1500016 4 3000032 0 $4.5000",
            ]
        );
        assert_eq!(
            table(uses(), StatsBy::Month, Some("2026-11-01"), None),
            [
                "2026-11 a 1 0 7 1 14 0 $0.0000",
                "2026-11 b 1 0 9 1 18 0 $0.0000",
                "total  2 0 16 2 32 0 $0.0000",
            ]
        );
        assert_eq!(
            table(uses(), StatsBy::Model, None, Some("2026-10-31")),
            [" a 2 0 1500000 2 3000000 0 $4.5000"]
        );
        assert!(table(uses(), StatsBy::Day, Some("2026-11-02"), None).is_empty());
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
                " a 2 0 1000005 2 2000010 0 ≥$3.0000",
                " c 1 1 5 1 10 0 –",
                " d (mock) 1 0 5 1 10 0 –",
                " e 1 1 0 0 0 0 –",
                "total  5 2 1000015 4 2000030 0 ≥$3.0000",
            ]
        );
    }
}
