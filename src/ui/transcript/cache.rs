//! What the view remembers between frames: the texts of answers and prompts, grown, laid out and coloured as far as
//! somebody looked at them. What is kept of one text is `stream`'s business.

use std::{collections::HashMap, ops::Range, rc::Rc};

use super::super::{
    held::Held,
    links::LinkSpan,
    theme::Palette,
    workshop::{Coloured, Done, Owner, Workshop},
};
use super::{
    bar::Bytes, code::Pending, laid::Shape, prompt::Prompt, rows::Rows, stalls::Span,
    stream::Stream,
};
use crate::{
    app::Reading,
    chat::{Answer, AnswerId, SessionId, Turn, TurnId},
    config::Theme,
    markdown::LayoutOptions,
    metrics::Channel,
};

/// Lines of code whose colours are kept, of some ninety bytes each. Those that were near what was last looked at stay.
const COLOURED_LINES: usize = 20_000;

/// Bytes of text of answers that are kept as they were read, of some four bytes of memory each. Those that were looked at
/// last stay; others are read again.
const KEPT_TEXT: usize = 24 << 20;

/// Which text of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) enum Text {
    Content,
    Reasoning,
}

/// Where a reader looks, as far as that is known before anything is laid out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Look {
    #[default]
    Tail,
    Top,
    At(Owner, usize),
}

impl Look {
    /// The byte of a text that is nearest to it.
    fn around(self, owner: Owner) -> usize {
        match self {
            Self::Tail => usize::MAX,
            Self::Top => 0,
            Self::At(at, byte) if at == owner => byte,
            // Ids are in the order of time, and reasoning comes first.
            Self::At(at, _) => {
                let is_content = |owner: Owner| owner.text == Text::Content;
                let before = (owner.answer, is_content(owner)) < (at.answer, is_content(at));
                if before { usize::MAX } else { 0 }
            }
        }
    }
}

/// What the view remembers between frames.
#[derive(Debug)]
pub struct Cache {
    pub(in crate::ui) palette: Rc<Palette>,
    pub(in crate::ui) held: Held,
    workshop: Workshop,
    answers: HashMap<AnswerId, [Stream; 2]>,
    prompts: HashMap<TurnId, Prompt>,
    /// Bytes that the panes' scroll bars reckon with, by letter.
    pub(super) bytes: HashMap<char, Bytes>,
    /// How much of one answer may be shown.
    reading: Option<Reading>,
    /// The session that the rest belongs to.
    session: Option<SessionId>,
    /// Frames so far.
    frame: u64,
    /// Texts of which code is on screen in this frame.
    shown: Vec<Owner>,
    /// Something on screen waits for the workshop.
    is_awaited: bool,
    /// Colours came since they were last counted.
    is_coloured: bool,
    /// How rows of the pane at hand are made.
    options: LayoutOptions,
    /// Where the reader of the pane at hand looks.
    look: Look,
    /// The links of the frame at hand, if they are wanted.
    pub(super) links: Vec<LinkSpan>,
}

impl Cache {
    /// An empty cache that draws with `palette` and leaves slow work to `workshop`.
    pub fn new(palette: Palette, workshop: Workshop) -> Self {
        Self {
            palette: Rc::new(palette),
            held: Held::default(),
            workshop,
            answers: HashMap::new(),
            prompts: HashMap::new(),
            bytes: HashMap::new(),
            reading: None,
            session: None,
            frame: 0,
            shown: Vec::new(),
            is_awaited: false,
            is_coloured: false,
            options: LayoutOptions::default(),
            look: Look::default(),
            links: Vec::new(),
        }
    }

    /// Says that the model differs from the one of the last frame in streamed text and the time alone: figures beside
    /// the text may then stay as they are for a moment.
    pub fn only_text_came(&mut self) {
        self.held.only_text_came();
    }

    /// Draws with another theme from now on. What is laid out holds roles and no styles, so it stays.
    pub(in crate::ui) fn wear(&mut self, theme: &Theme) {
        if let Some(palette) = self.palette.changed(theme) {
            self.palette = Rc::new(palette);
        }
    }

    /// Rows are made in this way from now on: the next pane may be read differently.
    pub(in crate::ui) fn read_with(&mut self, options: LayoutOptions) {
        self.options = options;
    }

    /// The links of the frame that was drawn last, if they are given to the terminal.
    pub(in crate::ui) fn take_links(&mut self) -> Vec<LinkSpan> {
        std::mem::take(&mut self.links)
    }

    /// Where the reader of the pane at hand looks.
    pub(super) fn look(&mut self, look: Look) {
        self.look = look;
    }

    /// Whether a block stands for text that was not read yet.
    pub(super) fn is_unread(
        &mut self,
        answer: &Answer,
        text: Text,
        block: usize,
        raw: bool,
    ) -> bool {
        self.stream(answer, text, raw).is_unread(block, raw)
    }

    /// Forgets what belongs to another session.
    pub(in crate::ui) fn follow(&mut self, session: SessionId) {
        if self.session.replace(session) != Some(session) {
            self.answers.clear();
            self.prompts.clear();
            self.bytes.clear();
        }
    }

    /// Shows no more of an answer than its reader was given.
    pub(in crate::ui) fn read(&mut self, reading: Option<Reading>) {
        self.reading = reading;
    }

    /// Takes what the workshop did since the last frame.
    pub(in crate::ui) fn begin_frame(&mut self) {
        self.frame += 1;
        self.shown.clear();
        self.is_awaited = false;
        self.workshop.hands().begin_frame();
        self.take_all();
    }

    /// Lets the workshop prepare what is near the screen, and forgets what is far from it.
    pub(in crate::ui) fn end_frame(&mut self) {
        for owner in std::mem::take(&mut self.shown) {
            if let Some(stream) = kept(&mut self.answers, owner) {
                stream.look_ahead(owner, self.frame, &mut self.workshop);
            }
        }
        if std::mem::take(&mut self.is_coloured) {
            self.forget_colours();
        }
        self.forget_texts(KEPT_TEXT);
        self.workshop.hands().end_frame(self.is_awaited);
    }

    fn take_all(&mut self) {
        while let Some(done) = self.workshop.hands().take() {
            match done {
                Done::Colour(done) => self.take_colours(done),
                Done::Grown(grown) => {
                    if let Some(stream) = kept(&mut self.answers, grown.owner) {
                        stream.take_grown(grown);
                    }
                }
            }
        }
    }

    fn take_colours(&mut self, done: Coloured) {
        if let Some(stream) = kept(&mut self.answers, done.place.owner) {
            stream.take(done);
            self.is_coloured = true;
        }
    }

    /// Keeps the colours that were looked at last; of too many a quarter goes, so that this is rare.
    fn forget_colours(&mut self) {
        let mut looks: Vec<(u64, usize)> = Vec::new();
        for colours in self.answers.values().flatten().map(Stream::colours) {
            looks.extend(colours.looks());
        }
        if looks.iter().map(|(_, lines)| lines).sum::<usize>() <= COLOURED_LINES {
            return;
        }
        looks.sort_unstable_by_key(|(then, _)| std::cmp::Reverse(*then));
        let mut room = COLOURED_LINES / 4 * 3;
        let first_gone = looks.iter().find(|(_, lines)| {
            let has_room = *lines <= room;
            room = room.saturating_sub(*lines);
            !has_room
        });
        // What is near now stays, however much it is.
        let then = first_gone.map_or(0, |(then, _)| (then + 1).min(self.frame));
        for stream in self.answers.values_mut().flatten() {
            stream.forget_colours(then);
        }
    }

    /// Keeps the texts of this frame, and others as long as no more than `most` bytes are kept.
    fn forget_texts(&mut self, most: usize) {
        let size = |streams: &[Stream; 2]| streams.iter().map(Stream::fed).sum::<usize>();
        let mut all: usize = self.answers.values().map(size).sum();
        while all > most {
            let last_use = |(_, streams): &(&AnswerId, &[Stream; 2])| {
                streams.iter().map(Stream::used).max().unwrap_or_default()
            };
            let Some((&oldest, streams)) = self.answers.iter().min_by_key(last_use) else {
                return;
            };
            if streams.iter().any(|stream| stream.used() == self.frame) {
                return;
            }
            all -= size(streams);
            self.answers.remove(&oldest);
        }
    }

    /// How many blocks a text has by now.
    pub(super) fn blocks(&mut self, answer: &Answer, text: Text, raw: bool) -> usize {
        self.stream(answer, text, raw).block_count(raw)
    }

    /// The block in which a place of the text is.
    pub(super) fn block_at(
        &mut self,
        answer: &Answer,
        text: Text,
        byte: usize,
        raw: bool,
    ) -> usize {
        self.stream(answer, text, raw).block_at(byte, raw)
    }

    /// What bytes of the text a block holds.
    pub(super) fn span(&mut self, answer: &Answer, text: Text, block: usize, raw: bool) -> Span {
        self.stream(answer, text, raw).span(block, raw)
    }

    /// A text made safe: what places are counted in.
    pub(super) fn source(&mut self, answer: &Answer, text: Text) -> &str {
        self.stream(answer, text, false).source()
    }

    /// The whole block of Markdown in which a place is, however many pieces it settled in.
    pub(super) fn block_range(&mut self, answer: &Answer, text: Text, byte: usize) -> Range<usize> {
        self.stream(answer, text, false).block_range(byte)
    }

    /// Columns of the longest line of the code block that begins at a place of the text.
    pub(super) fn code_columns(&mut self, answer: &Answer, text: Text, code: usize) -> usize {
        self.stream(answer, text, false).code_columns(code)
    }

    /// Rows of a block with the empty one before it.
    pub(super) fn height(
        &mut self,
        answer: &Answer,
        text: Text,
        block: usize,
        width: u16,
        raw: bool,
    ) -> usize {
        let (frame, shape) = (self.frame, text.shape(width, raw, self.options));
        let stream = self.stream(answer, text, raw);
        if let Some(height) = stream.known_height(block, shape) {
            return height;
        }
        // What will be on screen again is laid out once, with its colours.
        if !raw && stream.is_watched(block, frame) {
            self.colour(answer, text, block);
        }
        self.stream(answer, text, raw).rows(block, shape).len()
    }

    /// A block that is on screen, laid out.
    pub(super) fn rows(
        &mut self,
        answer: &Answer,
        text: Text,
        block: usize,
        width: u16,
        raw: bool,
    ) -> Rows {
        let frame = self.frame;
        if !raw {
            self.stream(answer, text, raw).show(block, frame);
            self.colour(answer, text, block);
        }
        let shape = text.shape(width, raw, self.options);
        self.stream(answer, text, raw).rows(block, shape)
    }

    /// Has the code of a block coloured, and waits for it as long as a frame may.
    fn colour(&mut self, answer: &Answer, text: Text, block: usize) {
        let owner = Owner::of(answer, text);
        if !self.shown.contains(&owner) {
            self.shown.push(owner);
        }
        loop {
            let Some(stream) = kept(&mut self.answers, owner) else {
                return;
            };
            let pending = stream.colour(block, owner, true, self.frame, &mut self.workshop);
            let Some(pending) = pending else {
                return;
            };
            let done = match pending {
                Pending::Soon => self.workshop.hands().wait(),
                Pending::Later => self.workshop.hands().take_colours(),
            };
            let Some(done) = done else {
                self.is_awaited = true;
                return;
            };
            self.take_colours(done);
        }
    }

    /// A prompt in its pieces.
    pub(super) fn prompt(&mut self, turn: &Turn) -> &mut Prompt {
        let prompt = self.prompts.entry(turn.id);
        prompt.or_insert_with(|| Prompt::new(turn.said()))
    }

    /// How prompts are laid out; `space` puts an empty row before them.
    pub(super) fn prompt_shape(&self, space: bool, width: u16) -> Shape {
        Shape {
            width,
            raw: true,
            options: self.options,
            first_space: space,
        }
    }

    fn stream(&mut self, answer: &Answer, text: Text, raw: bool) -> &mut Stream {
        let stream = text.of(self.answers.entry(answer.id).or_insert_with(streams));
        let source = match text {
            Text::Content => &answer.content,
            Text::Reasoning => &answer.reasoning,
        };
        let released = Reading::released(self.reading.as_ref(), answer, text.channel());
        let shown = source.get(..released).unwrap_or(source);
        let ended = !answer.is_live() && released == source.len();
        // An answer that was cut goes on: what was closed at its end is open again.
        if stream.is_finished() && shown.len() > stream.fed() {
            let [content, reasoning] = streams();
            *stream = match text {
                Text::Content => content,
                Text::Reasoning => reasoning,
            };
        }
        stream.feed(shown, ended, raw);
        let owner = Owner::of(answer, text);
        if stream.send(owner, &mut self.workshop) && self.workshop.is_inline() {
            self.take_all();
        }
        let around = self.look.around(owner);
        // What is left of it may be little enough now.
        let stream = text.of(self.answers.entry(answer.id).or_insert_with(streams));
        stream.feed(shown, ended, raw);
        stream.touch(self.frame);
        self.is_awaited |= stream.glimpse(around);
        stream
    }
}

/// What is kept of a text that was looked at.
fn kept(answers: &mut HashMap<AnswerId, [Stream; 2]>, owner: Owner) -> Option<&mut Stream> {
    let streams = answers.get_mut(&owner.answer)?;
    Some(owner.text.of(streams))
}

/// The texts of an answer, its content first.
fn streams() -> [Stream; 2] {
    [Stream::default(), Stream::in_lines()]
}

impl Text {
    /// How it arrives.
    pub(super) fn channel(self) -> Channel {
        match self {
            Self::Content => Channel::Content,
            Self::Reasoning => Channel::Reasoning,
        }
    }

    fn of(self, streams: &mut [Stream; 2]) -> &mut Stream {
        let [content, reasoning] = streams;
        match self {
            Self::Content => content,
            Self::Reasoning => reasoning,
        }
    }

    fn shape(self, width: u16, raw: bool, options: LayoutOptions) -> Shape {
        Shape {
            width,
            raw,
            options,
            first_space: self == Self::Content,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chat::{IdSource, Timestamp, Variant},
        markdown::Highlighter,
        ui::ColorDepth,
    };
    use std::time::Duration;

    #[test]
    fn texts_that_nobody_looks_at_are_forgotten_and_read_again() {
        let palette = Palette::new(&Theme::default(), ColorDepth::True);
        let mut cache = Cache::new(palette, Workshop::inline(Highlighter::new()));
        let mut ids = IdSource::new(1);
        let answers = [(); 3].map(|()| {
            let id = AnswerId::from_uuid(ids.next(Timestamp(1)));
            let mut answer = Answer::new(id, Variant::new("p", "m"), false, 1, Duration::ZERO);
            answer.content = "a\n\n".repeat(100);
            answer
        });
        let frame = |cache: &mut Cache, seen: &[usize], most: usize| {
            cache.begin_frame();
            for &index in seen {
                let blocks = cache.blocks(&answers[index], Text::Content, false);
                assert_eq!(blocks, 100);
            }
            cache.forget_texts(most);
            cache.end_frame();
            answers
                .each_ref()
                .map(|a| cache.answers.contains_key(&a.id))
        };
        assert_eq!(frame(&mut cache, &[0], 600), [true, false, false]);
        assert_eq!(frame(&mut cache, &[1], 600), [true, true, false]);
        assert_eq!(frame(&mut cache, &[2], 600), [false, true, true]);
        assert_eq!(frame(&mut cache, &[0, 1], 600), [true, true, false]);
        // What is on screen stays, however much it is.
        assert_eq!(frame(&mut cache, &[0, 1], 0), [true, true, false]);
    }
}
