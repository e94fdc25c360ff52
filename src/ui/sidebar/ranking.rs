//! The figures of all panes and their order by one of them.
//!
//! What has ended ranks by its own figure. A stream ranks by the speed it had at the last full second, so that rows change
//! places once a second at most, and passes another row only when it is clearly better: figures of equal models cross in
//! every frame, and nobody can read rows that dance. The order of the last picture comes back with the model. A total
//! that still grows ranks after all that are settled.

use std::{cmp::Ordering, time::Duration};

use ratatui::style::Style;

use super::pane::state;
use crate::{
    app::{Model, Pane, Ranked, SidebarRank},
    chat::{Answer, EndState},
    metrics::{LiveRate, Missing, Summary},
    ui::theme::Palette,
};

/// One figure of a pane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figure {
    /// Tokens a second, or seconds.
    pub(super) value: f64,
    /// It changes while the answer goes on.
    pub(super) is_live: bool,
    /// What it ranks by; none where there is nothing to compare yet.
    ranks_by: Option<f64>,
}

impl Figure {
    fn settled(value: f64) -> Self {
        Self {
            value,
            is_live: false,
            ranks_by: Some(value),
        }
    }
}

/// A pane with its figures.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Its place among the panes.
    pub(super) index: usize,
    /// What stands in place of a figure that is missing.
    pub(super) word: Option<(String, Style)>,
    speed: Option<Figure>,
    ttft: Option<Figure>,
    total: Option<Figure>,
    /// All figures of its answer.
    pub(super) figures: Option<Summary>,
}

impl Row {
    /// One of its figures.
    pub(super) fn figure(&self, rank: SidebarRank) -> Option<Figure> {
        match rank {
            SidebarRank::Speed => self.speed,
            SidebarRank::Ttft => self.ttft,
            SidebarRank::Total => self.total,
        }
    }

    /// How near its figure comes to the `best`: 1 is as good, nothing where it cannot be compared.
    pub(super) fn share(&self, rank: SidebarRank, best: f64) -> f64 {
        let share = self.comparable(rank).map(|own| match rank {
            SidebarRank::Speed => own / best,
            SidebarRank::Ttft | SidebarRank::Total => best / own,
        });
        share.unwrap_or_default()
    }

    fn comparable(&self, rank: SidebarRank) -> Option<f64> {
        let figure = self.figure(rank).filter(|f| f.ranks_by.is_some())?;
        Some(figure.value).filter(|value| *value > 0.0)
    }

    fn place(&self, rank: SidebarRank) -> Place {
        let Some(figure) = self.figure(rank) else {
            return Place::Without;
        };
        let value = match (figure.ranks_by, rank) {
            (Some(speed), SidebarRank::Speed) => -as_shown(speed, 4),
            (Some(time), _) => as_shown(time, 3),
            (None, _) => return Place::Growing,
        };
        if figure.is_live {
            Place::Running(value)
        } else {
            Place::Settled(value)
        }
    }
}

/// A figure with so many digits: what looks equal must not be ranked by what nobody sees.
fn as_shown(value: f64, digits: u8) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powf(f64::from(digits) - 1.0 - value.log10().floor());
    (value * scale).round() / scale
}

/// A stream changes places with another one when its figure differs by more than this share.
const CLEARLY: f64 = 0.03;

/// Where a row belongs; equal rows keep the order of the panes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// Smaller is better.
    Settled(f64),
    /// As good for the moment.
    Running(f64),
    /// It has a figure that cannot be compared yet.
    Growing,
    /// It has none.
    Without,
}

impl Place {
    fn value(self) -> Option<f64> {
        match self {
            Self::Settled(value) | Self::Running(value) => Some(value),
            Self::Growing | Self::Without => None,
        }
    }

    fn order(self, other: Self) -> Ordering {
        let class = |place: Self| match place {
            Self::Settled(_) | Self::Running(_) => 0,
            Self::Growing => 1,
            Self::Without => 2,
        };
        match (self.value(), other.value()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => class(self).cmp(&class(other)),
        }
    }

    /// Whether it passes another one: at once where both are settled, else when it is better by more than noise.
    fn passes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Settled(a), Self::Settled(b)) => a < b,
            _ => match (self.value(), other.value()) {
                (Some(a), Some(b)) => b - a > CLEARLY * a.abs().max(b.abs()),
                _ => self.order(other).is_lt(),
            },
        }
    }
}

/// All panes, best first.
pub(super) struct Ranking {
    /// The rows.
    pub(super) rows: Vec<Row>,
    /// The first row is the best of at least two.
    pub(super) has_best: bool,
    /// Speeds are those of this machine's clock, because not every server told its own.
    pub(super) by_wall: bool,
}

impl Ranking {
    /// Ranks the panes of `model` by its figure.
    pub(super) fn of(model: &Model, palette: &Palette) -> Self {
        let by_wall = model.panes.iter().any(|pane| has_only_wall(model, pane));
        let panes = model.panes.iter().enumerate();
        let mut rows: Vec<Row> = panes
            .map(|(index, pane)| row(model, palette, index, pane, by_wall))
            .collect();
        let rank = model.sidebar_rank;
        let last = &model.frame.ranked;
        if last.by == rank && !last.letters.is_empty() {
            let letter = |row: &Row| model.panes.get(row.index).map(|p| p.letter);
            let was = |row: &Row| last.letters.iter().position(|l| Some(*l) == letter(row));
            rows.sort_by_key(|row| was(row).unwrap_or(usize::MAX));
            settle(&mut rows, rank);
        } else {
            rows.sort_by(|a, b| a.place(rank).order(b.place(rank)));
        }
        let ranked = |row: &&Row| row.place(rank).value().is_some();
        Self {
            has_best: rows.iter().take(2).filter(ranked).count() == 2,
            rows,
            by_wall,
        }
    }

    /// The order, for the next picture.
    pub(super) fn order(&self, model: &Model) -> Ranked {
        let letter = |row: &Row| model.panes.get(row.index).map(|p| p.letter);
        Ranked {
            by: model.sidebar_rank,
            letters: self.rows.iter().filter_map(letter).collect(),
        }
    }

    /// The best value there is to compare with.
    pub(super) fn best(&self, rank: SidebarRank) -> Option<f64> {
        let values = self.rows.iter().filter_map(|row| row.comparable(rank));
        values.reduce(match rank {
            SidebarRank::Speed => f64::max,
            SidebarRank::Ttft | SidebarRank::Total => f64::min,
        })
    }
}

/// Moves each row up past those that it passes.
fn settle(rows: &mut [Row], rank: SidebarRank) {
    for next in 1..rows.len() {
        for at in (1..=next).rev() {
            let [.., above, row] = rows.get(..=at).unwrap_or_default() else {
                break;
            };
            if !row.place(rank).passes(above.place(rank)) {
                break;
            }
            rows.swap(at - 1, at);
        }
    }
}

/// Speeds of different clocks are not to be compared.
fn has_only_wall(model: &Model, pane: &Pane) -> bool {
    model.current_answer(pane).is_some_and(|answer| {
        let figures = answer.summary();
        !pane.muted
            && !model.is_stand_in(pane, answer)
            && figures.speed_server == Err(Missing::NotReported)
            && figures.speed_wall.is_ok()
    })
}

fn row(model: &Model, palette: &Palette, index: usize, pane: &Pane, by_wall: bool) -> Row {
    let without = |word: &str| Row {
        index,
        word: Some((word.to_owned(), palette.dim)),
        speed: None,
        ttft: None,
        total: None,
        figures: None,
    };
    if pane.muted {
        return without("muted");
    }
    let Some(answer) = model.current_answer(pane) else {
        return without("not asked");
    };
    // Its figures say nothing of the provider that the pane asks.
    if model.is_stand_in(pane, answer) {
        return without("mock");
    }
    let figures = answer.summary();
    let seconds = |time: Duration| Figure::settled(time.as_secs_f64());
    let (speed, total) = match answer.end() {
        None => live(answer, model.now.mono),
        Some(end) => {
            let speed = if by_wall {
                figures.speed_wall
            } else {
                figures.speed_server
            };
            // An answer that was broken off did not take less time.
            let is_whole = !matches!(end.state, EndState::Stopped) && end.state.failure().is_none();
            let total = figures.e2e.ok().map(seconds).map(|total| Figure {
                ranks_by: total.ranks_by.filter(|_| is_whole),
                ..total
            });
            (speed.ok().map(Figure::settled), total)
        }
    };
    Row {
        index,
        word: state(answer, palette),
        speed,
        ttft: figures.ttft.ok().map(seconds),
        total,
        figures: Some(figures),
    }
}

/// Speed and total of an answer that goes on.
fn live(answer: &Answer, now: Duration) -> (Option<Figure>, Option<Figure>) {
    if answer.timeline.is_empty() {
        return (None, None);
    }
    let at = |clock: Duration| {
        let since_sent = clock.checked_sub(answer.sent)?;
        LiveRate::at(&answer.timeline, since_sent).map(|rate| rate.tokens_per_s)
    };
    let speed = at(now).map(|value| Figure {
        value,
        is_live: true,
        ranks_by: at(Duration::from_secs(now.as_secs())),
    });
    let total = Figure {
        value: now.saturating_sub(answer.sent).as_secs_f64(),
        is_live: true,
        ranks_by: None,
    };
    (speed, Some(total))
}

#[cfg(test)]
mod tests;
