//! The figures beside the chosen one in the table of all panes, most important first: a narrow sidebar has the first of
//! them. The chosen figure, names and bars are `all`'s.

use ratatui::text::Span;

use super::{
    dollars,
    ranking::{Figure, Row},
    rows::DASH,
};
use crate::{
    app::{Model, SidebarRank},
    text,
    ui::{format, theme::Palette},
};

/// Columns of a figure: `~12,345`, `120,000`, `999.99`.
pub(super) const FIGURE: usize = 7;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// A figure that panes can be ranked by.
    Rank(SidebarRank),
    /// The output speed by the other clock: ours where panes rank by the server's, and the server's where by ours.
    OtherSpeed,
    /// How long it thought.
    Thinking,
    /// Tokens of the answer.
    Tokens,
    /// What the answer cost.
    Cost,
}

impl Column {
    /// The columns beside `chosen` that fit, the first ones for sure to be there as the sidebar widens.
    pub(super) fn fitting(chosen: SidebarRank, columns: usize) -> Vec<Self> {
        let ranks = SidebarRank::ALL.into_iter().filter(|&rank| rank != chosen);
        let others = [Self::OtherSpeed, Self::Thinking, Self::Tokens, Self::Cost];
        let mut used = 0;
        let fits = |column: &Self| {
            used += 1 + column.width();
            used <= columns
        };
        ranks
            .map(Self::Rank)
            .chain(others)
            .take_while(fits)
            .collect()
    }

    fn width(self) -> usize {
        match self {
            Self::OtherSpeed => FIGURE + 1,
            Self::Cost => FIGURE + 2,
            Self::Rank(_) | Self::Thinking | Self::Tokens => FIGURE,
        }
    }

    fn word(self, by_wall: bool) -> &'static str {
        match self {
            Self::Rank(rank) => word(rank),
            Self::OtherSpeed if by_wall => "server",
            Self::OtherSpeed => "wall t/s",
            Self::Thinking => "think s",
            Self::Tokens => "out tok",
            Self::Cost => "cost",
        }
    }
}

/// The word over a column of this figure.
pub(super) fn word(rank: SidebarRank) -> &'static str {
    match rank {
        SidebarRank::Speed => "tok/s",
        SidebarRank::Ttft => "TTFT ms",
        SidebarRank::Total => "total s",
    }
}

/// The words over these columns.
pub(super) fn heads(columns: &[Column], by_wall: bool) -> String {
    let head = |column: &Column| format!(" {:>1$}", column.word(by_wall), column.width());
    columns.iter().map(head).collect()
}

/// Columns that these take, the space before each included.
pub(super) fn width(columns: &[Column]) -> usize {
    columns.iter().map(|column| 1 + column.width()).sum()
}

/// A figure in the unit of its column, so that the digits of all rows can be compared.
pub(super) fn number(figure: Figure, rank: SidebarRank) -> String {
    let value = match rank {
        SidebarRank::Ttft => figure.value * 1e3,
        SidebarRank::Speed | SidebarRank::Total => figure.value,
    };
    let number = match rank {
        SidebarRank::Total if value < 1_000.0 => format!("{value:.2}"),
        _ => format::rate(value),
    };
    if figure.is_live {
        format!("~{number}")
    } else {
        number
    }
}

/// What of a pane stands in these columns. A word stands once, and a pane without figures has no dashes.
pub(super) fn cells(
    model: &Model,
    row: &Row,
    columns: &[Column],
    by_wall: bool,
    palette: &Palette,
) -> Vec<Span<'static>> {
    let has_any = SidebarRank::ALL.iter().any(|&r| row.figure(r).is_some());
    let has_chosen = row.figure(model.sidebar_rank).is_some();
    let mut word = row.word.clone().filter(|_| has_chosen);
    let spans = columns.iter().map(|&column| {
        let (text, style) = match figure(model, row, column, by_wall) {
            Some(figure) => (figure, palette.dim),
            None if !has_any => (String::new(), palette.dim),
            None => word
                .take()
                .filter(|(word, _)| text::width(word) <= column.width())
                .unwrap_or((DASH.to_owned(), palette.dim)),
        };
        Span::styled(format!(" {text:>0$}", column.width()), style)
    });
    spans.collect()
}

fn figure(model: &Model, row: &Row, column: Column, by_wall: bool) -> Option<String> {
    if let Column::Rank(rank) = column {
        return row.figure(rank).map(|figure| number(figure, rank));
    }
    let answer = model.current_answer(model.panes.get(row.index)?)?;
    let figures = row.figures?;
    match column {
        Column::Rank(_) => None,
        Column::OtherSpeed => {
            let speed = if by_wall {
                figures.speed_server
            } else {
                figures.speed_wall
            };
            speed.ok().map(format::rate)
        }
        Column::Thinking => {
            let seconds = figures.thinking.ok()?.as_secs_f64();
            Some(format!("{seconds:.2}"))
        }
        Column::Tokens => match figures.tokens.completion {
            Ok(tokens) => Some(format::count(tokens)),
            Err(_) if answer.has_text() => {
                Some(format!("~{}", format::count(answer.timeline.tokens())))
            }
            Err(_) => None,
        },
        Column::Cost if answer.mock => Some("mock".to_owned()),
        Column::Cost => dollars(model.cost_of([answer])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_from_the_end_where_there_is_no_room() {
        let fitting = |width| Column::fitting(SidebarRank::Ttft, width);
        let all = fitting(80);
        assert_eq!(all.len(), 6);
        assert_eq!(all[0], Column::Rank(SidebarRank::Speed));
        assert_eq!(fitting(width(&all)), all);
        for fewer in 0..all.len() {
            let some = all.get(..fewer).unwrap_or_default();
            let next = all.get(..=fewer).unwrap_or_default();
            assert_eq!(fitting(width(next) - 1), some);
        }
        assert!(!all.contains(&Column::Rank(SidebarRank::Ttft)));
    }
}
