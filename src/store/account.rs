//! What every saved answer used: read from the records that begin and end answers, whatever their texts are.
//!
//! Texts are most of a session and are passed over without being decoded. Sums are the reader's business.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

use super::{
    Error, Store, listing,
    reader::{self, Lines, RawLine},
    record::Record,
};
use crate::{
    chat::{AnswerId, Cost, End, EndState, FailureKind, SessionId, Timestamp, Variant},
    metrics::{Timeline, Tokens},
};

/// The word for its kind stands in the first bytes of a record, behind three numbers.
const HEAD: usize = 128;
/// Read at once.
const PIECE: usize = 256 << 10;

/// What one answer used, or one part of an answer that went on.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The session in which it was asked first; a copy of a session costs nothing.
    pub session: SessionId,
    /// When it ended, or was asked if it has no end.
    pub at: Timestamp,
    /// What it was asked with.
    pub variant: Variant,
    /// It comes from the mock.
    pub mock: bool,
    /// Requests that failed before the one that counts.
    pub retries: u64,
    /// How it ended; `None` where the program was ended before.
    pub end: Option<End>,
    /// It went on after that: what came then is a use of its own, of the same answer.
    pub went_on: bool,
}

impl Use {
    /// Adds it to `sum`. The mock costs nothing, and so does what failed before there was text.
    pub fn add_to(&self, sum: &mut Cost) {
        if self.mock || self.gave_nothing() {
            return;
        }
        let prices = self.end.as_ref().and_then(|end| end.prices);
        sum.add(prices.zip(self.tokens()).and_then(|(p, t)| p.cost(&t)));
    }

    /// It used tokens that nobody counted, so that sums of what was used are too low. What failed before there was text
    /// used none.
    pub fn is_uncounted(&self) -> bool {
        if self.gave_nothing() {
            return false;
        }
        let counted = |tokens: Tokens| tokens.prompt.is_ok() && tokens.completion.is_ok();
        !self.tokens().is_some_and(counted)
    }

    /// It failed before there was text.
    fn gave_nothing(&self) -> bool {
        let failed = |end: &End| matches!(end.state, EndState::Failed(_) | EndState::Skipped(_));
        self.end.as_ref().is_some_and(failed)
    }

    /// What can be believed of its counts without its text, once it has ended.
    pub fn tokens(&self) -> Option<Tokens> {
        let end = self.end.as_ref()?;
        Some(
            end.usage
                .believed(&Timeline::default(), &end.deltas, Some(end.e2e)),
        )
    }
}

/// What all answers used.
#[derive(Debug, Default)]
pub struct Account {
    /// Oldest first.
    pub uses: Vec<Use>,
    /// Files that could not be read to their end, and why.
    pub unread: Vec<(PathBuf, io::Error)>,
}

impl Store {
    /// What every answer used that is saved, those in the trash included: they were paid for. Blocks, and reads all files.
    pub fn account(&self) -> Result<Account, Error> {
        let mut books = Books::default();
        for (session, paths) in self.scan()? {
            books.session(session, &paths);
        }
        for (session, folder) in self.deleted() {
            books.session(session, &listing::files_in(&folder, session));
        }
        Ok(books.close())
    }
}

#[derive(Debug, Default)]
struct Books {
    answers: HashMap<AnswerId, Use>,
    /// Parts of answers that went on, and how many there are of each; and what failed before the mock answered.
    parts: Vec<Use>,
    counted: HashMap<AnswerId, u32>,
    unread: Vec<(PathBuf, io::Error)>,
}

impl Books {
    fn session(&mut self, session: SessionId, paths: &[PathBuf]) {
        for path in paths {
            if let Err(error) = self.file(session, path) {
                self.unread.push((path.clone(), error));
            }
        }
    }

    /// A line that is damaged is passed over, as everywhere.
    fn file(&mut self, session: SessionId, path: &Path) -> io::Result<()> {
        let mut lines = Lines::with_capacity(PIECE, reader::open(path)?);
        while let Some(raw) = lines.next()? {
            if is_about_use(&raw)
                && let Ok(line) = reader::decode(&raw)
                && let Some(record) = line.record
            {
                self.take(session, line.at, record);
            }
        }
        Ok(())
    }

    fn take(&mut self, session: SessionId, at: Timestamp, record: Record) {
        match record {
            Record::Answer {
                id, variant, mock, ..
            } => {
                let asked = Use {
                    session,
                    at,
                    variant,
                    mock,
                    retries: 0,
                    end: None,
                    went_on: false,
                };
                // Copies repeat it under another session; what was asked first is the oldest, whichever is read first.
                let known = self.answers.entry(id).or_insert_with(|| asked.clone());
                known.session = known.session.min(session);
            }
            Record::Fallback { answer, fell, .. } => {
                // A copy tells of it again.
                if let Some(known) = self.answers.get_mut(&answer).filter(|a| !a.mock) {
                    // The last attempt is how it failed; what was down was not asked.
                    let last = u64::from(fell.error.kind != FailureKind::Down);
                    let retries = known.retries.saturating_sub(last);
                    self.parts.push(Use {
                        at,
                        retries,
                        end: Some(End::bare(EndState::Failed(fell.error))),
                        ..known.clone()
                    });
                    (known.mock, known.retries) = (true, 0);
                }
            }
            Record::Continued { answer, part, .. } => {
                let counted = self.counted.entry(answer).or_default();
                // A copy tells of the same part again.
                if let Some(known) = self.answers.get_mut(&answer)
                    && part > *counted
                {
                    *counted = part;
                    self.parts.push(Use {
                        went_on: true,
                        ..known.clone()
                    });
                    (known.end, known.retries) = (None, 0);
                }
            }
            Record::Attempt { answer, .. } => {
                // Without an end so far: a copy, or a file written again after a fault, counts nothing twice.
                if let Some(known) = self.answers.get_mut(&answer).filter(|a| a.end.is_none()) {
                    known.retries = known.retries.saturating_add(1);
                }
            }
            Record::End { answer, end } => {
                if let Some(known) = self.answers.get_mut(&answer).filter(|a| a.end.is_none()) {
                    known.at = at;
                    known.end = Some(*end);
                }
            }
            _ => {}
        }
    }

    fn close(self) -> Account {
        let mut uses = self.parts;
        uses.extend(self.answers.into_values());
        uses.sort_by_key(|u| (u.at, u.session));
        Account {
            uses,
            unread: self.unread,
        }
    }
}

/// True for what begins or ends an answer or is an attempt of one, at a look at its first bytes.
fn is_about_use(line: &RawLine<'_>) -> bool {
    let head = line.bytes.get(..HEAD).unwrap_or(line.bytes);
    ["answer", "attempt", "fallback", "continued", "end"]
        .into_iter()
        .any(|kind| memchr::memmem::find(head, format!("\"kind\":\"{kind}\"").as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chat::{Attempt, Failure, FellBack, Prices},
        metrics::Usage,
        store::tests::world::{Dice, PATIENCE, World, answer_to, blank, clock, prompt, text},
    };

    fn paid(prompt: u64, completion: u64) -> End {
        End {
            usage: Usage {
                prompt_tokens: Some(prompt),
                completion_tokens: Some(completion),
                ..Usage::default()
            },
            prices: Some(Prices {
                input: 1.0,
                output: 2.0,
            }),
            ..End::bare(EndState::Complete)
        }
    }

    /// A session with an answer that ended so, after so many failed attempts.
    fn talk(
        store: &Store,
        world: &World,
        seed: u64,
        end: Option<End>,
        retries: usize,
    ) -> SessionId {
        let sample = blank(seed);
        let mut dice = Dice::new(seed);
        let writer = store.writer(&sample, false, world.events()).unwrap();
        let (turn, ask) = prompt(&mut dice, &sample, "\"kind\":\"end\"");
        writer.append(ask);
        let (id, mut record) = answer_to(&mut dice, turn);
        if let Record::Answer { mock, .. } = &mut record {
            *mock = false;
        }
        writer.append(record);
        for _ in 0..retries {
            writer.append(Record::Attempt {
                answer: id,
                attempt: Attempt {
                    status: Some(429),
                    error: Failure::new(FailureKind::Quota, "later", ""),
                    wait: PATIENCE,
                },
            });
        }
        writer.delta(id, &text("some text", 5));
        if let Some(end) = end {
            writer.append(Record::End {
                answer: id,
                end: Box::new(end),
            });
        }
        assert!(writer.close(PATIENCE));
        sample.id
    }

    #[test]
    fn each_answer_is_counted_once_wherever_it_is_kept() {
        let world = World::new();
        let store = Store::open(&world.root(), clock).unwrap();
        let first = talk(&store, &world, 1, Some(paid(1_000_000, 1_000_000)), 2);
        let second = talk(&store, &world, 2, Some(paid(10, 20)), 0);
        let cut = talk(&store, &world, 3, None, 0);
        let copy = blank(4).id;
        store.copy(first, copy).unwrap();
        store.delete(second).unwrap();

        let account = store.account().unwrap();
        assert!(account.unread.is_empty());
        let mut told: Vec<_> = account
            .uses
            .iter()
            .map(|u| (u.session, u.retries, u.end.is_some()))
            .collect();
        told.sort();
        let mut wanted = vec![
            (first.min(copy), 2, true),
            (second, 0, true),
            (cut, 0, false),
        ];
        wanted.sort();
        assert_eq!(told, wanted);
        let mut sum = Cost::default();
        account.uses.iter().for_each(|u| u.add_to(&mut sum));
        assert_eq!(sum.dollars(), Some(3.00005));
        assert!(sum.is_partial(), "one has no end");
    }

    #[test]
    fn the_mock_and_what_failed_cost_nothing() {
        let world = World::new();
        let store = Store::open(&world.root(), clock).unwrap();
        talk(&store, &world, 1, Some(paid(1, 1)), 0);
        let mut used = store.account().unwrap().uses.remove(0);
        let cost = |used: &Use| {
            let mut sum = Cost::default();
            used.add_to(&mut sum);
            (sum.dollars().is_some(), sum.is_partial())
        };
        assert_eq!(cost(&used), (true, false));
        used.mock = true;
        assert_eq!(cost(&used), (false, false));
        used.end = Some(End::bare(EndState::Failed(Failure::new(
            FailureKind::Quota,
            "later",
            "",
        ))));
        used.mock = false;
        assert_eq!((cost(&used), used.is_uncounted()), ((false, false), false));
    }

    #[test]
    fn what_failed_before_the_mock_answered_is_the_providers() {
        let mut books = Books::default();
        let mut dice = Dice::new(7);
        let session = blank(7).id;
        let (turn, _) = prompt(&mut dice, &blank(7), "hello");
        let (answer, mut record) = answer_to(&mut dice, turn);
        if let Record::Answer { mock, .. } = &mut record {
            *mock = false;
        }
        let busy = Failure::new(FailureKind::Server, "busy", "");
        let attempt = || Record::Attempt {
            answer,
            attempt: Attempt {
                status: Some(503),
                error: busy.clone(),
                wait: PATIENCE,
            },
        };
        let fallback = || Record::Fallback {
            answer,
            mock: true,
            fell: FellBack {
                from: "t".to_owned(),
                error: busy.clone(),
                profile: "mock".to_owned(),
                model: "m".to_owned(),
            },
        };
        let end = Record::End {
            answer,
            end: Box::new(paid(1, 2)),
        };
        let all = [
            record,
            attempt(),
            attempt(),
            attempt(),
            fallback(),
            fallback(),
            end,
        ];
        for record in all {
            books.take(session, Timestamp(1), record);
        }
        let uses = books.close().uses;
        let seen = uses.iter().map(|u| (u.mock, u.gave_nothing(), u.retries));
        assert_eq!(
            seen.collect::<Vec<_>>(),
            [(false, true, 2), (true, false, 0)]
        );
    }

    #[test]
    fn an_answer_that_nobody_counted_makes_its_cost_partial() {
        let world = World::new();
        let store = Store::open(&world.root(), clock).unwrap();
        let uncounted = End {
            usage: Usage::default(),
            ..paid(0, 0)
        };
        for (seed, end) in [(1, Some(uncounted)), (2, None)] {
            talk(&store, &world, seed, end, 0);
        }
        for used in store.account().unwrap().uses {
            let mut sum = Cost::default();
            used.add_to(&mut sum);
            assert!(used.is_uncounted() && sum.is_partial() && sum.dollars().is_none());
        }
    }

    #[test]
    fn damage_hides_nothing_but_itself() {
        let world = World::new();
        let store = Store::open(&world.root(), clock).unwrap();
        let id = talk(&store, &world, 1, Some(paid(1, 1)), 1);
        let path = store.files_of(id).unwrap().remove(0);
        let text = std::fs::read_to_string(&path).unwrap();
        let torn = |line| {
            let is_attempt = str::contains(line, "attempt");
            if is_attempt {
                "{\"v\":1,\"kind\":\"attempt\","
            } else {
                line
            }
        };
        let lines = text.lines().map(torn);
        std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
        let used = store.account().unwrap().uses;
        assert_eq!(used.len(), 1);
        assert_eq!((used[0].retries, used[0].end.is_some()), (0, true));
    }
}
