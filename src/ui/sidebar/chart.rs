//! Charts of one row: a sparkline, a bar, and the bar of where the time went. Eighth blocks; nothing hangs on colour.
//!
//! What they show is computed elsewhere; here it becomes glyphs.

use ratatui::text::{Line, Span};

use crate::{metrics::Split, ui::theme::Palette};

const RISING: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const GROWING: [&str; 9] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

/// What of a gauge is empty.
pub(super) const TRACK: &str = "░";

/// The parts of [`Split`] in the order of the bar: glyph, label, shorter label.
pub(super) const SPLIT: [(&str, (&str, &str)); 5] = [
    ("░", ("queue", "queue")),
    ("▒", ("prompt", "prompt")),
    ("█", ("generation", "gen.")),
    ("▓", ("other server", "other")),
    ("·", ("network", "network")),
];

/// `values` as columns on one scale from zero to `most`. What is above zero is seen, however little it is.
pub(super) fn sparkline(values: &[f64], most: f64) -> String {
    let column = |&value: &f64| {
        // A stall is a gap; under a tenth of a token a second nothing came.
        let least = usize::from(value >= 0.1);
        RISING[steps(value / most, 8).max(least)]
    };
    values.iter().map(column).collect()
}

/// `values` as columns of two rows, the upper one first.
pub(super) fn columns(values: &[f64]) -> [String; 2] {
    let most = values.iter().copied().fold(0.0, f64::max);
    let part = |from: usize| -> String {
        let column = |&value: &f64| {
            let least = usize::from(value > 0.0);
            let steps = steps(value / most, 16).max(least);
            RISING[steps.saturating_sub(from).min(8)]
        };
        values.iter().map(column).collect()
    };
    [part(8), part(0)]
}

/// A bar that fills `share` of `cells`.
pub(super) fn bar(share: f64, cells: usize) -> String {
    // Something is never drawn as nothing.
    let least = usize::from(share > 0.0 && cells > 0);
    let eighths = steps(share, cells * 8).max(least);
    RISING[8].repeat(eighths / 8) + GROWING[eighths % 8]
}

/// `share` of `most` steps, rounded; between none and all of them, whatever the share.
fn steps(share: f64, most: usize) -> usize {
    let reached = |&step: &usize| share * most as f64 >= step as f64 - 0.5;
    (1..=most).take_while(reached).count()
}

/// Queue, prompt, generation, other and network as shares of one bar as wide as the column.
pub(super) fn split_bar(split: &Split, width: usize, palette: &Palette) -> Line<'static> {
    let times = parts(split).map(|time| time.as_micros());
    let total = times.iter().sum::<u128>().max(1);
    let columns = width as u128;
    let (mut sum, mut drawn) = (0, 0);
    let spans =
        times
            .into_iter()
            .zip(SPLIT)
            .zip(palette.split)
            .map(|((time, (glyph, _)), style)| {
                sum += time;
                // Cutting at the running sum keeps the whole bar as wide as the column.
                let until = usize::try_from((sum * columns + total / 2) / total).unwrap_or(width);
                let cells = until.saturating_sub(drawn);
                drawn = until;
                Span::styled(glyph.repeat(cells), style)
            });
    Line::from(spans.collect::<Vec<_>>())
}

/// The times of a split in the order of [`SPLIT`].
pub(super) fn parts(split: &Split) -> [std::time::Duration; 5] {
    [
        split.queue,
        split.prompt,
        split.generation,
        split.other,
        split.network,
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{config::Theme, ui::ColorDepth};

    #[test]
    fn sparklines_stand_on_zero() {
        assert_eq!(sparkline(&[0.0, 1.0, 50.0, 100.0], 100.0), " ▁▄█");
        assert_eq!(sparkline(&[7.0, 7.0], 7.0), "██");
        assert_eq!(sparkline(&[], 1.0), "");
        assert_eq!(sparkline(&[0.0], 0.0), " ", "nothing on no scale");
    }

    #[test]
    fn columns_are_two_rows_high() {
        assert_eq!(columns(&[0.0, 1.0, 50.0, 75.0, 100.0]), ["   ▄█", " ▁███"]);
        assert_eq!(columns(&[0.0]), [" ", " "]);
    }

    #[test]
    fn bars_grow_by_eighths() {
        assert_eq!(bar(1.0, 3), "███");
        assert_eq!(bar(0.5, 3), "█▌");
        assert_eq!(bar(0.001, 3), "▏");
        assert_eq!(bar(0.0, 3), "");
        assert_eq!(bar(7.0, 2), "██");
        assert_eq!(bar(0.5, 0), "");
        assert_eq!(bar(f64::NAN, 4), "");
    }

    #[test]
    fn a_split_fills_the_column() {
        let ms = Duration::from_millis;
        let split = Split {
            queue: ms(10),
            prompt: ms(20),
            generation: ms(40),
            other: ms(10),
            network: ms(20),
            exceeds_e2e: false,
        };
        let palette = Palette::new(&Theme::default(), ColorDepth::None);
        let drawn = |width| split_bar(&split, width, &palette).to_string();
        assert_eq!(drawn(10), "░▒▒████▓··");
        assert_eq!(drawn(57).chars().count(), 57);
        let nothing = Split {
            queue: ms(0),
            prompt: ms(0),
            generation: ms(0),
            other: ms(0),
            network: ms(0),
            ..split
        };
        assert_eq!(split_bar(&nothing, 10, &palette).to_string(), "");
    }
}
