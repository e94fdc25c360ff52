//! One growing text: its Markdown, the rows laid out of it, and the colours of its code.
//!
//! Whose text it is, and when it is looked at, is `cache`'s; which lines are sent to be highlighted is `code`'s.

use std::{
    collections::HashMap,
    ops::{Range, RangeInclusive},
    rc::Rc,
};

use super::super::workshop::{
    CodePlace, Coloured, GrowOutcome, Growing, Grown, Job, Owner, Workshop,
};
use super::{
    code::{Code, CodeRun, Pending, Wanted, code_runs},
    laid::{Kept, Laid, Layouts, Shape},
    pieces::Pieces,
    rows::Rows,
    stalls::Span,
};
use crate::markdown::{self, Block, BlockKind, Colours, Document, Role, Row};

/// Bytes that are read between two frames; more leaves the drawing thread.
const MANY: usize = 64 * 1024;
/// Lines above and below the visible blocks whose code is highlighted before it is seen: about a screen.
const NEAR: usize = 64;

/// One growing text.
#[derive(Debug, Default)]
pub(super) struct Stream {
    document: Document,
    colours: Colours,
    code: Code,
    /// Bytes of the answer's text that the document has taken.
    fed: usize,
    finished: bool,
    /// The job that reads what is due, while it is under way.
    growing: Option<u64>,
    /// The source that such a job had, for the next one.
    spare: String,
    rendered: Layouts,
    pieces: Pieces,
    /// The pieces laid out.
    source_laid: Layouts,
    /// The longest lines of code blocks, as far as somebody scrolled them sideways.
    widest: HashMap<usize, Widest>,
    /// The frame in which blocks were last on screen, and which.
    shown: Option<(u64, RangeInclusive<usize>)>,
    /// The frame in which somebody last looked at it.
    used: u64,
}

/// The longest line of a code block, as far as it has settled.
#[derive(Clone, Copy, Debug)]
struct Widest {
    generation: u64,
    /// The first block that was not looked at.
    next: usize,
    columns: usize,
}

impl Stream {
    /// A text whose paragraphs keep their lines.
    pub(super) fn in_lines() -> Self {
        Self {
            document: Document::in_lines(),
            ..Self::default()
        }
    }

    /// Bytes of the text that it has taken.
    pub(super) fn fed(&self) -> usize {
        self.fed
    }

    /// Says that somebody looks at it in this frame.
    pub(super) fn touch(&mut self, frame: u64) {
        self.used = frame;
    }

    /// The frame in which somebody last looked at it.
    pub(super) fn used(&self) -> u64 {
        self.used
    }

    /// True once its text was read to its end.
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Takes what is new of the text, and reads it unless it is much.
    pub(super) fn feed(&mut self, text: &str, ended: bool, raw: bool) {
        let new = text.get(self.fed..).filter(|new| !new.is_empty());
        let ends = ended && !self.finished;
        if new.is_some() || ends {
            self.document.push(new.unwrap_or_default());
            self.fed = text.len();
            if ends {
                self.finished = true;
                self.document.finish();
            }
        }
        if self.growing.is_none() && (1..=MANY).contains(&self.document.due()) {
            // What is not settled may look different now.
            self.rendered.forget_from(self.document.settled());
            self.document.advance();
        }
        let source = self.document.source();
        if raw && !self.pieces.cover(source) {
            self.source_laid.forget_from(self.pieces.grow(source));
        }
    }

    /// Has text that is much read elsewhere. Answers whether that was begun.
    pub(super) fn send(&mut self, owner: Owner, workshop: &mut Workshop) -> bool {
        if self.growing.is_none() && self.document.due() > MANY {
            let ahead = Box::new(self.document.ahead(std::mem::take(&mut self.spare)));
            let id = workshop.new_id();
            self.growing = Some(id);
            workshop
                .hands()
                .give(Job::Grow(Growing { owner, id, ahead }));
            return true;
        }
        false
    }

    /// Shows what is near the byte `around` as long as text is read elsewhere. Answers whether that is so.
    pub(super) fn glimpse(&mut self, around: usize) -> bool {
        if self.growing.is_some() && self.document.glimpse(around) {
            self.rendered.forget_from(self.document.settled());
        }
        self.growing.is_some()
    }

    /// Whether a block stands for text that was not read yet.
    pub(super) fn is_unread(&self, block: usize, raw: bool) -> bool {
        let block = self.document.blocks().get(block);
        !raw && block.is_some_and(|block| block.kind == BlockKind::Unread)
    }

    /// Takes what was read elsewhere.
    pub(super) fn take_grown(&mut self, grown: Grown) {
        if self.growing != Some(grown.id) {
            return;
        }
        self.growing = None;
        self.rendered.forget_from(self.document.settled());
        match grown.outcome {
            GrowOutcome::Done(ahead) => {
                self.spare = self.document.take_over(*ahead);
                if self.finished && self.document.due() == 0 {
                    self.spare = String::new();
                }
            }
            // It is given again.
            GrowOutcome::Refused => {}
            GrowOutcome::Failed => self.document.give_up(),
        }
    }

    pub(super) fn block_count(&self, raw: bool) -> usize {
        if raw {
            self.pieces.len()
        } else {
            self.document.blocks().len()
        }
    }

    /// The block in which a place of the source is.
    pub(super) fn block_at(&self, byte: usize, raw: bool) -> usize {
        let after = if raw {
            self.pieces.up_to(byte)
        } else {
            let blocks = self.document.blocks();
            blocks.partition_point(|block| block.source.start <= byte)
        };
        after.saturating_sub(1)
    }

    /// What bytes of the text a block holds, the blank lines behind it included.
    pub(super) fn span(&self, block: usize, raw: bool) -> Span {
        let start = |block| {
            if raw {
                self.pieces.start(block)
            } else {
                let block = self.document.blocks().get(block);
                block.map(|block| block.source.start)
            }
        };
        Span {
            from: if block == 0 {
                0
            } else {
                start(block).unwrap_or(0)
            },
            to: start(block + 1).unwrap_or(usize::MAX),
            lengths: (self.fed, self.document.source().len()),
        }
    }

    /// The text made safe: what places are counted in.
    pub(super) fn source(&self) -> &str {
        self.document.source()
    }

    /// The whole block of Markdown in which a place is, however many pieces it settled in.
    pub(super) fn block_range(&self, byte: usize) -> Range<usize> {
        let here = self.block_at(byte, false);
        let blocks = self.document.blocks();
        let is_continued = |block: &&Block| block.is_continued;
        let before = blocks.iter().take(here + 1).rev();
        let first = here - before.take_while(is_continued).count().min(here);
        let after = blocks.iter().skip(here + 1);
        let last = here + after.take_while(is_continued).count();
        let start = blocks.get(first).map_or(0, |b| b.source.start);
        let end = blocks.get(last).map_or(start, |b| b.source.end);
        start..end
    }

    /// Notes that a block is on screen in the frame `now`.
    pub(super) fn show(&mut self, block: usize, now: u64) {
        let range = match self.shown.take() {
            Some((then, range)) if then == now => {
                block.min(*range.start())..=block.max(*range.end())
            }
            _ => block..=block,
        };
        self.shown = Some((now, range));
    }

    /// Whether a block was on screen in the frame before `now`, or comes right after what was.
    pub(super) fn is_watched(&self, block: usize, now: u64) -> bool {
        self.shown.as_ref().is_some_and(|(then, range)| {
            then + 1 >= now && (*range.start()..=range.end() + 1).contains(&block)
        })
    }

    /// Sends what the code near the visible blocks lacks.
    pub(super) fn look_ahead(&mut self, owner: Owner, now: u64, workshop: &mut Workshop) {
        let Some((then, range)) = self.shown.clone() else {
            return;
        };
        if then != now {
            return;
        }
        let below = self.until_far(range.end() + 1..self.block_count(false));
        let above = self.until_far((0..*range.start()).rev());
        for block in below.into_iter().chain(above) {
            self.colour(block, owner, false, now, workshop);
        }
    }

    /// The first of some blocks, until their lines are many.
    fn until_far(&self, blocks: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut lines = 0;
        let is_near = |index: &usize| {
            let before = lines;
            let block = self.document.blocks().get(*index);
            lines += block.map_or(0, |block| block.lines.len());
            before < NEAR
        };
        blocks.take_while(is_near).collect()
    }

    /// Sends what the code of a block lacks, one code block after the other. Answers whether colours are under way.
    pub(super) fn colour(
        &mut self,
        block: usize,
        owner: Owner,
        is_shown: bool,
        now: u64,
        workshop: &mut Workshop,
    ) -> Option<Pending> {
        if self.document.is_behind_unread(block) {
            return None;
        }
        let runs = match self.rendered.code(block) {
            Some(code) if code.is_empty() => return None,
            Some(code) => Rc::clone(code),
            None => self.runs_of(block),
        };
        let pending = runs.iter().find_map(|run| {
            self.colours.look(run.block, run.lines.clone(), now);
            let wanted = Wanted {
                place: CodePlace {
                    owner,
                    block: run.block,
                },
                index: block,
                run,
                is_shown,
            };
            self.code
                .ask(&self.document, &self.colours, wanted, workshop)
        });
        // Who colours is reading: to wait for that would make the frame late, and in the next one other text is there.
        pending.map(|pending| match self.growing {
            Some(_) => Pending::Later,
            None => pending,
        })
    }

    /// Columns of the longest line of the code block that begins at `code`. What has settled of it is looked at once.
    pub(super) fn code_columns(&mut self, code: usize) -> usize {
        let (generation, settled) = (self.document.generation(), self.document.settled());
        let first = self.block_at(code, false);
        let known = self.widest.get(&code).copied();
        let known = known.filter(|it| it.generation == generation && it.next <= settled);
        let mut widest = known.unwrap_or(Widest {
            generation,
            next: first,
            columns: 0,
        });
        let mut columns = widest.columns;
        for (index, block) in self.document.blocks().iter().enumerate().skip(widest.next) {
            let here = markdown::code_columns(block, code);
            if here.is_none() && index > first && block.kind != BlockKind::Unread {
                break;
            }
            columns = columns.max(here.unwrap_or(0));
            if index < settled {
                widest.next = index + 1;
                widest.columns = columns;
            }
        }
        if widest.next <= settled {
            self.widest.insert(code, widest);
        }
        columns
    }

    fn runs_of(&self, block: usize) -> Rc<[CodeRun]> {
        let block = self.document.blocks().get(block);
        block.map_or_else(Rc::default, |block| code_runs(block).into())
    }

    /// Takes what came of lines of code.
    pub(super) fn take(&mut self, done: Coloured) {
        self.code.take(done, &mut self.colours);
    }

    pub(super) fn colours(&self) -> &Colours {
        &self.colours
    }

    /// Forgets the colours of what was not looked at since `then`.
    pub(super) fn forget_colours(&mut self, then: u64) {
        self.colours.forget_before(then);
    }

    /// The rows of a block as the document has it now, and whether an empty row belongs before it.
    fn lay_out(&self, block: usize, shape: Shape) -> (bool, Vec<Row>) {
        let Shape {
            width,
            raw,
            options,
            ..
        } = shape;
        if !raw {
            return self
                .document
                .blocks()
                .get(block)
                .map_or_else(Default::default, |block| {
                    (
                        block.space_before,
                        markdown::layout(block, width, &options, &self.colours),
                    )
                });
        }
        let piece = self.pieces.range(block);
        let start = piece.start;
        let (before, rest) = self
            .document
            .source()
            .split_at_checked(start)
            .unwrap_or_default();
        let text = rest.get(..piece.len()).unwrap_or_default();
        let text = if block + 1 < self.pieces.len() {
            text.strip_suffix('\n').unwrap_or(text)
        } else {
            text.trim_end_matches('\n')
        };
        let rows = if before.is_empty() || before.ends_with('\n') {
            markdown::layout_text(text, start, Role::Text, width, &options)
        } else {
            markdown::layout_rest(text, start, Role::Text, width, &options)
        };
        (false, rows)
    }

    /// Where the links of a block lead.
    fn links_of(&self, block: usize, raw: bool) -> Rc<[Box<str>]> {
        let block = self.document.blocks().get(block);
        let block = block.filter(|block| !raw && !block.links.is_empty());
        block.map_or_else(Rc::default, |block| block.links.as_slice().into())
    }

    /// What was laid out in this shape.
    fn laid(&mut self, shape: Shape) -> &mut Laid {
        if shape.raw {
            self.source_laid.of(shape, 0)
        } else {
            let generation = self.document.generation();
            self.rendered.of(shape, generation)
        }
    }

    /// The height of a block that was laid out before.
    pub(super) fn known_height(&mut self, block: usize, shape: Shape) -> Option<usize> {
        self.laid(shape).height(block)
    }

    pub(super) fn rows(&mut self, block: usize, shape: Shape) -> Rows {
        let kept = self.laid(shape).rows(block);
        let kept = kept.map(|kept| (kept.rows.clone(), Rc::clone(&kept.code), kept.colours));
        let code = match kept {
            Some((rows, code, colours)) if colours == self.colours_of(&code) => return rows,
            Some((_, code, _)) => code,
            None if shape.raw => Rc::default(),
            None => self.runs_of(block),
        };
        if self.is_unread(block, shape.raw) {
            let source = self.document.blocks().get(block).map(|b| b.source.clone());
            return Rows::unread(source.unwrap_or_default(), shape.width);
        }
        let (space, rows) = self.lay_out(block, shape);
        // The first block of an answer always stands apart from the prompt.
        let rows = Rows::markdown(rows, space || (block == 0 && shape.first_space))
            .with_links(self.links_of(block, shape.raw));
        let kept = Kept {
            rows: rows.clone(),
            colours: self.colours_of(&code),
            code,
        };
        self.laid(shape).keep(block, kept);
        rows
    }

    /// A number that is another one after the colours of these lines changed.
    fn colours_of(&self, code: &[CodeRun]) -> u64 {
        let changed = |run: &CodeRun| {
            let lines: Range<usize> = run.lines.clone();
            self.colours.changed(run.block, lines)
        };
        code.iter().map(changed).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
