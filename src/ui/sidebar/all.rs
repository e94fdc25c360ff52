//! All panes as a table, ranked by the figure that was chosen; the other figures stand beside or below it, dim, and what
//! is left of the quotas below all.
//!
//! A row per pane, two where there is height. A bar compares each with the best: a full one is as good.

use ratatui::{
    style::Modifier,
    text::{Line, Span},
};

use super::{
    Room, budget, chart,
    columns::{self, Column, FIGURE, number},
    dollars, ends,
    names::{Name, names},
    quota,
    ranking::{Ranking, Row},
    rows::DASH,
    stack::{Sections, told},
};
use crate::{
    app::{Model, SidebarRank},
    chat::{Answer, BroadcastId, Turn},
    text,
    ui::format,
};

type Lines = Vec<Line<'static>>;

/// Columns of a bar beside other figures at least, where there are more than two of these.
const LEAST_BAR: usize = 8;
/// The figures that stand beside the chosen one in the narrowest sidebar.
const OTHERS: usize = 2;
/// Mark, letter, space.
const PREFIX: usize = 3;
/// A space and `≥$0.12345`.
const COST: usize = 10;
/// From this width on the bar stands between name and figure.
const WIDE: usize = 46;
/// From this width on tokens and cost share a row.
const ONE_ROW: usize = 31;
/// The sign of the best.
const BEST: &str = "★";

/// The sections of the view: the table, what of it there was no room for, and what is left of the quotas.
pub(super) fn sections(model: &Model, ranking: &Ranking, room: Room<'_>) -> Sections {
    let gauges = quota::sections(model, room);
    let below: usize = gauges.iter().map(|section| section.len() + 1).sum();
    let (table, rest) = table(model, ranking, room, below);
    let (table, rest) = if rest.is_empty() && table.len() + below <= room.height {
        (table, rest)
    } else {
        // A row says how many sections are not shown.
        let height = room.height.saturating_sub(told(room.height));
        self::table(model, ranking, Room { height, ..room }, below)
    };
    let mut sections = vec![table];
    sections.extend(rest);
    sections.extend(gauges);
    Sections::new(sections)
}

/// The table with its foot, in `room`, and the panes that have no row there in tables of their own. `below` rows are
/// wanted for something else.
fn table(model: &Model, ranking: &Ranking, room: Room<'_>, below: usize) -> (Lines, Vec<Lines>) {
    let foot = foot(model, ranking, room);
    let count = ranking.rows.len();
    let free = room.height.saturating_sub(foot.len());
    let form = match 2 + 2 * count <= free {
        true if room.width >= WIDE => Form::Full,
        true => Form::Double,
        false if room.width >= WIDE => Form::Wide,
        false => Form::Single,
    };
    let is_double = matches!(form, Form::Full | Form::Double);
    let has_air = is_double && 2 + 3 * count + below <= free + 1;
    let columns = form.columns(model.sidebar_rank, room.width);
    let table = Table {
        model,
        room,
        ranking,
        best: ranking.best(model.sidebar_rank),
        names: names(model),
        form,
        columns,
    };
    let mut lines = table.head();
    let mut rest = Vec::new();
    let free = free.saturating_sub(lines.len());
    if is_double || count <= free {
        for (place, row) in ranking.rows.iter().enumerate() {
            if place > 0 && has_air {
                lines.push(Line::default());
            }
            table.row(place, row, &mut lines);
        }
    } else {
        rest = table.cut(free, &mut lines);
    }
    lines.extend(foot);
    (lines, rest)
}

/// How much of the screen a pane gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Two rows: name, bar and the chosen figure, and all others.
    Full,
    /// One row with the figures that panes can be ranked by.
    Wide,
    /// Two rows: name and the chosen figure, and the bar beside the others.
    Double,
    /// One row with the chosen figure.
    Single,
}

impl Form {
    /// The figures beside the chosen one.
    fn columns(self, chosen: SidebarRank, width: usize) -> Vec<Column> {
        let ranks = || {
            let mut columns = Column::fitting(chosen, usize::MAX);
            columns.truncate(OTHERS);
            columns
        };
        match self {
            Self::Full => Column::fitting(chosen, width),
            Self::Wide => ranks(),
            Self::Double => {
                let fitting = Column::fitting(chosen, width.saturating_sub(PREFIX + LEAST_BAR + 1));
                if fitting.len() > OTHERS {
                    fitting
                } else {
                    ranks()
                }
            }
            Self::Single => Vec::new(),
        }
    }
}

struct Table<'a> {
    model: &'a Model,
    room: Room<'a>,
    ranking: &'a Ranking,
    best: Option<f64>,
    names: Vec<Name>,
    form: Form,
    columns: Vec<Column>,
}

impl Table<'_> {
    fn rank(&self) -> SidebarRank {
        self.model.sidebar_rank
    }

    /// Columns of the figures that were not chosen.
    fn others(&self) -> usize {
        columns::width(&self.columns)
    }

    fn others_of(&self, row: &Row) -> Vec<Span<'static>> {
        let by_wall = self.ranking.by_wall;
        columns::cells(self.model, row, &self.columns, by_wall, self.room.palette)
    }

    /// The unit of the chosen figure; where both clocks have a column, which of them it is by.
    fn unit(&self) -> &'static str {
        let is_told_apart = self.columns.contains(&Column::OtherSpeed);
        match self.rank() {
            SidebarRank::Speed if !is_told_apart => "tok/s",
            SidebarRank::Speed if self.ranking.by_wall => "wall tok/s",
            SidebarRank::Speed => "server tok/s",
            SidebarRank::Ttft => "ms",
            SidebarRank::Total => "s",
        }
    }

    /// What the columns hold.
    fn head(&self) -> Vec<Line<'static>> {
        let palette = self.room.palette;
        let heading = format!("PANES BY {}", self.rank().word().to_uppercase());
        let heading = vec![Span::styled(heading, palette.heading)];
        let unit = Span::styled(self.unit(), palette.dim);
        let names = columns::heads(&self.columns, self.ranking.by_wall);
        let below = |left: Span<'static>| {
            ends(
                vec![left],
                Span::styled(names, palette.dim),
                self.room.width,
            )
        };
        match self.form {
            Form::Wide => {
                let chosen = format!(
                    "{:>1$}",
                    columns::word(self.rank()),
                    self.room.width.saturating_sub(self.others())
                );
                vec![
                    Line::from(heading),
                    below(Span::styled(chosen, palette.value)),
                ]
            }
            Form::Full | Form::Double => {
                vec![ends(heading, unit, self.room.width), below(Span::raw(""))]
            }
            Form::Single => vec![ends(heading, unit, self.room.width)],
        }
    }

    fn row(&self, place: usize, row: &Row, lines: &mut Lines) {
        match self.form {
            Form::Full => {
                let others = self.others_of(row);
                let before = self.room.width.saturating_sub(self.others());
                let mut below = Line::raw(" ".repeat(before));
                below.spans.extend(others);
                lines.extend([self.wide(place, row, self.room.width), below]);
            }
            Form::Wide => {
                let width = self.room.width.saturating_sub(self.others());
                let mut line = self.wide(place, row, width);
                line.spans.extend(self.others_of(row));
                lines.push(line);
            }
            Form::Double => lines.extend(self.double(place, row)),
            Form::Single => lines.push(self.single(place, row)),
        }
    }

    /// Name, bar and chosen figure, in so many columns.
    fn wide(&self, place: usize, row: &Row, width: usize) -> Line<'static> {
        let name = self.longest_name(width.saturating_sub(PREFIX + FIGURE) * 3 / 5);
        let figure = self.chosen(row);
        let bar = width.saturating_sub(PREFIX + name + figure.width().max(FIGURE) + 2);
        let mut left = self.name(place, row, name);
        left.extend([Span::raw(" "), self.bar(row, bar)]);
        ends(left, figure, width)
    }

    /// Name and chosen figure, below them the bar and the others.
    fn double(&self, place: usize, row: &Row) -> [Line<'static>; 2] {
        let width = self.room.width;
        let figure = self.chosen(row);
        let name = width.saturating_sub(PREFIX + 1 + figure.width());
        // The bar begins below the name where that leaves it more than a stump.
        let indent = if width >= 28 { PREFIX } else { 1 };
        let bar = width.saturating_sub(indent + 1 + self.others());
        let left = vec![Span::raw(" ".repeat(indent)), self.bar(row, bar)];
        let mut below = ends(left, Span::raw(""), width.saturating_sub(self.others()));
        below.spans.extend(self.others_of(row));
        [ends(self.name(place, row, name), figure, width), below]
    }

    /// Name, bar and chosen figure.
    fn single(&self, place: usize, row: &Row) -> Line<'static> {
        let figure = self.chosen(row);
        let free = self.room.width.saturating_sub(PREFIX + figure.width() + 1);
        // Two parts of three for the name: it must be told apart, the bar only compared.
        let name = self.longest_name(free * 2 / 3);
        let mut left = self.name(place, row, name);
        left.extend([Span::raw(" "), self.bar(row, free.saturating_sub(name + 1))]);
        ends(left, figure, self.room.width)
    }

    /// The chosen figure, or the word that stands in its place.
    fn chosen(&self, row: &Row) -> Span<'static> {
        let palette = self.room.palette;
        match (row.figure(self.rank()), &row.word) {
            (Some(figure), _) => Span::styled(
                format!("{:>FIGURE$}", number(figure, self.rank())),
                palette.headline,
            ),
            (None, Some((word, style))) => Span::styled(word.clone(), *style),
            (None, None) => Span::styled(DASH, palette.dim),
        }
    }

    /// The first rows, the focused pane, and how many there are besides; these in tables of their own, as high as the
    /// room is between two sentences.
    fn cut(&self, free: usize, lines: &mut Lines) -> Vec<Lines> {
        let rows = &self.ranking.rows;
        let shown = free.saturating_sub(1).max(1);
        let focused = rows.iter().position(|r| r.index == self.model.focused);
        let focused = focused.unwrap_or_default();
        let first = shown.saturating_sub(1);
        let last = first.max(focused);
        let is_shown = |place: usize| place < first || place == last;
        let places = 0..rows.len();
        let (shown, hidden): (Vec<_>, Vec<_>) = places.partition(|&place| is_shown(place));
        self.rows(&shown, lines);
        let more = format!("   … {} more", hidden.len());
        lines.push(Line::styled(more, self.room.palette.dim));
        let head = self.head();
        let height = self.room.height.saturating_sub(1 + head.len()).max(1);
        let tables = hidden.chunks(height).map(|places| {
            let mut lines = head.clone();
            self.rows(places, &mut lines);
            lines
        });
        tables.collect()
    }

    fn rows(&self, places: &[usize], lines: &mut Lines) {
        for &place in places {
            if let Some(row) = self.ranking.rows.get(place) {
                self.row(place, row, lines);
            }
        }
    }

    /// Mark, letter and name of a pane, `PREFIX` and `columns` wide.
    fn name(&self, place: usize, row: &Row, columns: usize) -> Vec<Span<'static>> {
        let palette = self.room.palette;
        let Some(pane) = self.model.panes.get(row.index) else {
            return Vec::new();
        };
        let is_focused = row.index == self.model.focused;
        let is_best = place == 0 && self.ranking.has_best;
        let letter = palette.letter(pane.letter, is_focused);
        let style = if is_focused {
            palette.strong
        } else {
            palette.text
        };
        let name = self.names.get(row.index).map(|n| n.cut(columns));
        let name = name.unwrap_or_default();
        let fill = " ".repeat(columns.saturating_sub(text::width(&name)));
        vec![
            Span::styled(if is_best { BEST } else { " " }, palette.headline),
            Span::styled(pane.letter.to_string(), letter),
            Span::raw(" "),
            Span::styled(name, style),
            Span::raw(fill),
        ]
    }

    /// Columns of the longest name, and no more than `most`.
    fn longest_name(&self, most: usize) -> usize {
        let widths = self.names.iter().map(|name| text::width(&name.text));
        widths.max().unwrap_or(most).min(most)
    }

    fn bar(&self, row: &Row, cells: usize) -> Span<'static> {
        let letter = self.model.panes.get(row.index).map_or('A', |p| p.letter);
        let share = self.best.map_or(0.0, |best| row.share(self.rank(), best));
        // Bold has no meaning in a bar, and some terminals draw it in another colour.
        let style = self.room.palette.accent(letter);
        let style = style.remove_modifier(Modifier::BOLD);
        Span::styled(chart::bar(share, cells), style)
    }
}

/// Tokens and cost of the newest prompt in all panes that it went to, and by which clock the speeds are.
fn foot(model: &Model, ranking: &Ranking, room: Room<'_>) -> Vec<Line<'static>> {
    let palette = room.palette;
    let turns: Vec<&Turn> = model
        .panes
        .iter()
        .filter_map(|p| model.conversation(p.conversation)?.last_turn())
        .collect();
    let Some(newest) = turns.iter().max_by_key(|t| t.at) else {
        return Vec::new();
    };
    let belongs = |turn: &&&Turn| match newest.broadcast {
        Some(id) => turn.broadcast == Some::<BroadcastId>(id),
        None => turn.id == newest.id,
    };
    let answers: Vec<&Answer> = turns
        .iter()
        .filter(belongs)
        .filter_map(|t| t.shown_answer())
        .collect();
    let (tokens, is_counted) = tokens(&answers);
    let tokens = format!(
        "{}{}",
        if is_counted { "" } else { "~" },
        format::count(tokens)
    );
    let cost = model.cost_of(answers.iter().copied());
    let cost = match dollars(cost) {
        Some(sum) => Span::styled(sum, palette.value),
        None if answers.iter().all(|a| a.mock) => Span::styled("mock", palette.dim),
        None => Span::styled(DASH, palette.dim),
    };
    let label = match newest.broadcast {
        Some(_) => "broadcast ",
        None => "last turn ",
    };
    let unit = " tok";
    let is_one_row = room.width >= ONE_ROW;
    // The cost has a column of its own, so that growing tokens move nothing.
    let for_cost = if is_one_row { COST } else { 0 };
    let for_tokens = room
        .width
        .saturating_sub(text::width(label) + text::width(unit) + for_cost);
    let left = vec![
        Span::styled(label, palette.dim),
        Span::styled(format!("{tokens:>for_tokens$}"), palette.value),
        Span::styled(unit, palette.dim),
    ];
    let mut lines = vec![Line::default()];
    if is_one_row {
        lines.push(ends(left, cost, room.width));
    } else {
        lines.push(Line::from(left));
        lines.push(ends(
            vec![Span::styled("cost", palette.dim)],
            cost,
            room.width,
        ));
    }
    lines.extend(budget::rows(model, room));
    if ranking.by_wall {
        let sentence = "speeds are wall speeds: not every server told its own";
        let rows = format::wrap(sentence, room.width);
        lines.extend(rows.into_iter().map(|row| Line::styled(row, palette.dim)));
    }
    lines
}

/// Tokens in and out of these answers, and whether the servers counted them all.
fn tokens(answers: &[&Answer]) -> (u64, bool) {
    answers.iter().fold((0, true), |(sum, is_counted), answer| {
        let tokens = answer.tokens();
        match tokens.prompt.ok().zip(tokens.completion.ok()) {
            Some((prompt, completion)) => {
                let tokens = prompt.saturating_add(completion);
                (sum.saturating_add(tokens), is_counted)
            }
            // What never began used nothing that anybody could count.
            None if !answer.is_live() && !answer.has_text() => (sum, is_counted),
            None => (sum.saturating_add(answer.timeline.tokens()), false),
        }
    })
}
