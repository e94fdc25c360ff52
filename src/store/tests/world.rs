//! A data directory of its own for each test, sessions of every shape, and a disk that fails when told to.
//!
//! Sessions are made from a seed by the moves that a person could make.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{
    chat::{
        Answer, AnswerId, Attachment, Attempt, BroadcastId, Bucket, Budget, BudgetOn, Connection,
        Conversation, ConversationId, Delta, Effort, End, EndState, Failure, FailureKind, FellBack,
        FinishReason, HttpVersion, IdSource, Layout, Limits, PaneLayout, Quota, ReadingPart,
        ReadingPosition, Session, SessionId, StreamEvent, Tiling, Timestamp, Turn, TurnId, Unit,
        Variant,
    },
    metrics::{Channel, ServerTime, Usage},
    store::{
        Store, WriterEvent,
        files::{Disk, Files},
        listing, reader,
        record::Record,
    },
};

/// Nothing here takes this long, unless it hangs.
pub(in crate::store) const PATIENCE: Duration = Duration::from_secs(20);

/// 2026-11-18 in milliseconds.
const EPOCH: u64 = 1_795_000_000_000;

static CLOCK: AtomicUsize = AtomicUsize::new(0);

/// A clock that moves a millisecond each time someone looks.
pub(in crate::store) fn clock() -> Timestamp {
    Timestamp(EPOCH + CLOCK.fetch_add(1, Ordering::Relaxed) as u64)
}

/// A data directory and what was heard from its writers.
pub(in crate::store) struct World {
    pub(in crate::store) folder: tempfile::TempDir,
    pub(in crate::store) heard: Arc<Mutex<Vec<WriterEvent>>>,
}

impl World {
    pub(in crate::store) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            heard: Arc::default(),
        }
    }

    pub(in crate::store) fn root(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A store whose disk does all but wait.
    pub(in crate::store) fn store(&self) -> Store {
        self.store_on(Arc::new(Faulty::default()))
    }

    pub(in crate::store) fn store_on(&self, files: Arc<dyn Files>) -> Store {
        let mut store = Store::open_on(files, &self.root(), clock).unwrap();
        store.pace.retry = Duration::from_millis(5);
        store
    }

    pub(in crate::store) fn events(&self) -> Box<dyn Fn(WriterEvent) + Send> {
        let heard = Arc::clone(&self.heard);
        Box::new(move |event| heard.lock().unwrap().push(event))
    }

    pub(in crate::store) fn path(&self, id: SessionId, number: u32) -> PathBuf {
        let folder = self.root().join("sessions").join(listing::folder_of(id));
        folder.join(listing::file_name(id, number))
    }

    /// Saves a session and returns the bytes of its file.
    pub(in crate::store) fn saved(&self, session: &Session) -> Vec<u8> {
        let path = self.store().save(session, "test").unwrap();
        fs::read(path).unwrap()
    }

    /// The records of a session's files as the reader gives them.
    pub(in crate::store) fn records(&self, id: SessionId) -> Vec<Record> {
        let sessions = self.root().join("sessions");
        let paths = listing::files_of(&sessions, id).unwrap_or_default();
        let mut records: Vec<Record> = Vec::new();
        reader::read(&paths, |_, found, _| {
            if let reader::Content::Known(record) = found.content {
                // The title is told again after much text.
                let is_told = matches!(record, Record::Title(_)) && records.contains(&record);
                records.extend((!is_told).then_some(record));
            }
        });
        records
    }
}

/// Waits until `condition` holds.
pub(in crate::store) fn until(condition: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline, "it never happened");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Syncs and waits for the answer.
pub(in crate::store) fn synced(writer: &crate::store::Writer) -> bool {
    let (say, hear) = std::sync::mpsc::sync_channel(1);
    writer.sync(move |outcome| say.send(outcome.is_ok()).unwrap());
    hear.recv_timeout(PATIENCE).unwrap()
}

/// A disk whose operations are counted, and fail from a number on.
#[derive(Debug, Default)]
pub(in crate::store) struct Faulty {
    pub(in crate::store) done: AtomicUsize,
    /// The first operation that fails, counted from 1; 0 for none.
    pub(in crate::store) first: AtomicUsize,
    /// How many fail.
    pub(in crate::store) count: AtomicUsize,
    /// How they fail.
    pub(in crate::store) how: Mutex<How>,
    /// Copies of the data directory, one before each operation, when `copies` is set.
    pub(in crate::store) copies: Option<(PathBuf, PathBuf)>,
}

/// How an operation fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::store) enum How {
    #[default]
    Full,
    Broken,
    Gone,
    /// By a defect of ours.
    Panic,
}

impl How {
    fn error(self) -> io::Error {
        match self {
            Self::Full => io::ErrorKind::StorageFull.into(),
            Self::Broken => rustix::io::Errno::IO.into(),
            Self::Gone => io::ErrorKind::NotFound.into(),
            Self::Panic => panic!("a defect, as this test wants it"),
        }
    }
}

impl Faulty {
    pub(in crate::store) fn failing(first: usize, count: usize) -> Arc<Self> {
        let faulty = Self::default();
        faulty.fail(first, count);
        Arc::new(faulty)
    }

    pub(in crate::store) fn fail(&self, first: usize, count: usize) {
        self.first.store(first, Ordering::Relaxed);
        self.count.store(count, Ordering::Relaxed);
    }

    fn step(&self) -> io::Result<()> {
        let number = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some((from, to)) = &self.copies {
            copy_tree(from, &to.join(number.to_string()));
        }
        let first = self.first.load(Ordering::Relaxed);
        let last = first.saturating_add(self.count.load(Ordering::Relaxed));
        if first > 0 && (first..last).contains(&number) {
            return Err(self.how.lock().map_or(How::Full, |how| *how).error());
        }
        Ok(())
    }
}

impl Files for Faulty {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Disk.create_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<fs::File> {
        self.step()?;
        Disk.create(path)
    }

    fn append(&self, path: &Path) -> io::Result<fs::File> {
        self.step()?;
        Disk.append(path)
    }

    fn write(&self, file: &fs::File, bytes: &[u8]) -> io::Result<usize> {
        let half = &bytes[..bytes.len().div_ceil(2)];
        if let Err(error) = self.step() {
            // A full disk takes what still fits.
            Disk.write(file, half)?;
            return Err(error);
        }
        Disk.write(file, if bytes.len() > 4000 { half } else { bytes })
    }

    // What the disk itself would keep no test can see, so nothing waits for it.
    fn sync(&self, _: &fs::File) -> io::Result<()> {
        self.step()
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        self.step()
    }

    fn truncate(&self, file: &fs::File, len: u64) -> io::Result<()> {
        self.step()?;
        Disk.truncate(file, len)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        Disk.rename(from, to)
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else if entry.path().extension().is_some_and(|e| e == "jsonl") {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Numbers from a seed.
pub(in crate::store) struct Dice {
    ids: IdSource,
    time: u64,
}

impl Dice {
    pub(in crate::store) fn new(seed: u64) -> Self {
        Self {
            ids: IdSource::new(seed),
            time: EPOCH,
        }
    }

    pub(in crate::store) fn roll(&mut self, sides: usize) -> usize {
        let id = self.uuid();
        id.as_u64_pair().1 as usize % sides
    }

    fn uuid(&mut self) -> uuid::Uuid {
        self.time += 1;
        self.ids.next(Timestamp(self.time))
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.roll(2) == 0).then(|| value(self))
    }

    fn time(&mut self) -> Duration {
        Duration::from_nanos(self.roll(1 << 40) as u64)
    }

    /// Text with all that could confuse a line format or a terminal.
    pub(in crate::store) fn text(&mut self, most: usize) -> String {
        const PIECES: [&str; 16] = [
            "word ",
            "語",
            "🧑‍🚀",
            "\n",
            "\r\n",
            "\t",
            "\"",
            "\\",
            "\0",
            "\u{1b}[31m",
            "\u{202e}",
            "\u{2028}",
            "e\u{301}",
            ",\"crc32c\":\"00000000\"}\n",
            "{\"v\":1,\"seq\":1}",
            "```\n",
        ];
        let pieces = self.roll(most + 1);
        (0..pieces).map(|_| PIECES[self.roll(16)]).collect()
    }

    pub(in crate::store) fn session(&mut self, moves: usize) -> Session {
        let mut session = Session {
            id: SessionId::from_uuid(self.uuid()),
            created: Timestamp(self.time - self.roll(9) as u64),
            title: format!("title {}", self.text(3)),
            conversations: Vec::new(),
            layout: Layout::default(),
        };
        for _ in 0..=self.roll(3) {
            let id = ConversationId::from_uuid(self.uuid());
            let mut conversation = Conversation::new(id);
            conversation.forked_from = session.conversations.first().map(|c| c.id);
            for _ in 0..moves {
                self.go(&mut conversation);
            }
            session.conversations.push(conversation);
        }
        session.layout = self.layout(&session.conversations);
        session
    }

    fn go(&mut self, conversation: &mut Conversation) {
        let turns: Vec<TurnId> = conversation.turns().iter().map(|t| t.id).collect();
        let some = (!turns.is_empty()).then(|| turns[self.roll(turns.len())]);
        match (self.roll(6), some) {
            (0, Some(turn)) => {
                let answer = self.answer();
                conversation.add_answer(turn, answer);
            }
            (1, Some(turn)) => {
                conversation.show_version(turn, self.roll(3));
            }
            (2, Some(turn)) => {
                conversation.show(turn);
            }
            _ => {
                let turn = self.turn(conversation.last_answer().map(|a| a.id));
                let id = turn.id;
                conversation.add_turn(turn);
                if self.roll(8) > 0 {
                    let answer = self.answer();
                    conversation.add_answer(id, answer);
                }
            }
        }
    }

    pub(in crate::store) fn turn(&mut self, parent: Option<AnswerId>) -> Turn {
        let (id, broadcast) = (
            TurnId::from_uuid(self.uuid()),
            self.maybe(|d| BroadcastId::from_uuid(d.uuid())),
        );
        let text = self.text(12);
        let attachments = [Attachment {
            name: "a.rs".to_owned(),
            bytes: 3,
        }];
        Turn {
            id,
            parent,
            broadcast,
            attachments: attachments[..text.len() % 2].to_vec(),
            text,
            brief: None,
            at: Timestamp(self.time),
            answers: Vec::new(),
            shown: 0,
        }
    }

    /// An answer that has ended.
    pub(in crate::store) fn answer(&mut self) -> Answer {
        let id = AnswerId::from_uuid(self.uuid());
        let sample = self.roll(9) as u32;
        let is_mock = self.roll(2) == 0;
        let mut answer = Answer::new(id, self.variant(), is_mock, sample, Duration::ZERO);
        if self.roll(4) == 0 {
            let fell = FellBack {
                from: self.text(1),
                error: self.failure(),
                profile: "mock".to_owned(),
                model: self.text(1),
            };
            answer.apply(StreamEvent::FellBack(Box::new(fell)), Duration::ZERO);
        }
        self.part(&mut answer);
        for _ in 0..self.roll(3) {
            answer.resume(self.roll(2) == 0, Duration::ZERO);
            self.part(&mut answer);
        }
        answer.since = Duration::ZERO;
        answer
    }

    /// Failed attempts, text of an answer and an end.
    fn part(&mut self, answer: &mut Answer) {
        for _ in 0..self.roll(3) {
            answer.attempts.push(Attempt {
                status: self.maybe(|d| d.roll(600) as u16),
                error: self.failure(),
                wait: self.time(),
            });
        }
        for _ in 0..self.roll(20) {
            let delta = self.delta();
            answer.apply(StreamEvent::Delta(delta), Duration::ZERO);
        }
        let end = self.end();
        answer.apply(StreamEvent::End(Box::new(end)), Duration::ZERO);
    }

    pub(in crate::store) fn delta(&mut self) -> Delta {
        let channels = [Channel::Content, Channel::Reasoning];
        Delta {
            channel: channels[self.roll(2)],
            text: self.text(6),
            at: Duration::from_micros(self.roll(1 << 30) as u64),
        }
    }

    fn variant(&mut self) -> Variant {
        let mut variant = Variant::new("mock", self.text(2));
        variant.system = self.maybe(|d| d.text(5));
        variant.params.effort = self.maybe(|d| Effort::ALL[d.roll(4)]);
        variant.params.temperature = self.maybe(|d| d.roll(200) as f64 / 100.0);
        variant.params.seed = self.maybe(|d| -(d.roll(1 << 50) as i64));
        variant.params.stop = vec![self.text(2); self.roll(2)];
        variant
    }

    fn failure(&mut self) -> Failure {
        let kinds = [
            FailureKind::Quota,
            FailureKind::TooLong,
            FailureKind::Interrupted,
        ];
        let kind = kinds[self.roll(3)];
        let mut failure = Failure::new(kind, self.text(4), self.text(1));
        failure.status = self.maybe(|d| d.roll(600) as u16);
        failure
    }

    fn end(&mut self) -> End {
        let mut end = End::bare(match self.roll(6) {
            0 => EndState::Complete,
            1 => EndState::AtLimit,
            2 => EndState::Damaged(self.roll(16) as u32),
            3 => EndState::Stopped,
            4 => EndState::CutShort(self.failure()),
            _ => EndState::Failed(self.failure()),
        });
        let words = [
            "stop",
            "length",
            "tool_calls",
            "content_filter",
            "odd \u{7}",
        ];
        end.finish_reason = self.maybe(|d| FinishReason::parse(words[d.roll(5)]));
        end.usage = Usage {
            prompt_tokens: self.maybe(|d| d.roll(1 << 60) as u64),
            completion_tokens: self.maybe(|d| d.roll(9000) as u64),
            cached_tokens: None,
            reasoning_tokens: self.maybe(|_| u64::MAX),
            total_tokens: Some(9_000),
            odd: false,
        };
        end.server = ServerTime {
            queue: self.maybe(Self::time),
            prompt: self.maybe(Self::time),
            completion: self.maybe(Self::time),
            total: self.maybe(Self::time),
            odd: false,
        };
        end.e2e = self.time();
        end.waited = self.time();
        end.connection = self.maybe(|d| [Connection::New, Connection::Reused][d.roll(2)]);
        end.http = self.maybe(|d| [HttpVersion::Http11, HttpVersion::Http2][d.roll(2)]);
        end.request_id = self.maybe(|d| d.text(2));
        end.limits = Limits(vec![
            Quota {
                unit: Unit::Tokens,
                bucket: Bucket::Minute,
                limit: self.maybe(|d| d.roll(30_000) as u64),
                remaining: None,
                reset: self.maybe(Self::time),
            };
            self.roll(3)
        ]);
        end.note = self.maybe(|d| d.text(2));
        end.budget = self.maybe(|d| Budget {
            on: BudgetOn::ALL[d.roll(2)],
            limit_ms: d.roll(2_000) as u32,
        });
        end
    }

    fn layout(&mut self, conversations: &[Conversation]) -> Layout {
        let panes = conversations
            .iter()
            .zip('A'..)
            .map(|(conversation, letter)| PaneLayout {
                letter,
                variant: self.variant(),
                conversation: conversation.id,
                muted: self.roll(2) == 0,
                weight: self.roll(9) as u16,
                folds: Vec::new(),
                reading: conversation.last_turn().map(|turn| ReadingPosition {
                    turn: turn.id,
                    part: ReadingPart::Answer,
                    byte: self.roll(9),
                    down: 1,
                }),
            });
        Layout {
            panes: panes.collect(),
            tiling: Tiling::Grid,
            focus: self.roll(3),
            zoomed: self.roll(2) == 0,
            broadcast: true,
        }
    }
}

/// A session made by so many moves in each conversation.
pub(in crate::store) fn session(seed: u64, moves: usize) -> Session {
    Dice::new(seed).session(moves)
}

/// A session with one conversation and nothing in it.
pub(in crate::store) fn blank(seed: u64) -> Session {
    let mut dice = Dice::new(seed);
    let mut session = dice.session(0);
    session.title.clear();
    session.layout = Layout::default();
    session.conversations.truncate(1);
    session
}

/// The record of a prompt in the first conversation of a session.
pub(in crate::store) fn prompt(dice: &mut Dice, session: &Session, text: &str) -> (TurnId, Record) {
    let id = TurnId::from_uuid(dice.uuid());
    let record = Record::Turn {
        id,
        conversation: session.conversations[0].id,
        parent: None,
        broadcast: None,
        text: text.to_owned(),
        attachments: Vec::new(),
        at: Timestamp(EPOCH),
    };
    (id, record)
}

/// The record of an answer to a turn.
pub(in crate::store) fn answer_to(dice: &mut Dice, turn: TurnId) -> (AnswerId, Record) {
    let id = AnswerId::from_uuid(dice.uuid());
    let record = Record::Answer {
        id,
        turn,
        variant: Variant::new("mock", "gpt-oss-120b"),
        mock: true,
        sample: 1,
    };
    (id, record)
}

/// The record of a good end.
pub(in crate::store) fn end_of(answer: AnswerId) -> Record {
    Record::End {
        answer,
        end: Box::new(End::bare(EndState::Complete)),
    }
}

/// A delta of answer text.
pub(in crate::store) fn text(text: &str, micros: u64) -> Delta {
    Delta {
        channel: Channel::Content,
        text: text.to_owned(),
        at: Duration::from_micros(micros),
    }
}
