//! Plays what came out to a terminal emulator afterwards: when each key was on the screen, and which figures the
//! program tells of itself.

use memchr::memmem;

use crate::Outcome;
use crate::report::Told;
use crate::workbench::{FRAME_END, Recording, SIZE};

/// Microseconds from each key to the end of the frame that shows it. Every key was `key`.
pub(crate) fn echoes(recording: &Recording, key: char, typed: &[u64]) -> Outcome<Vec<u64>> {
    let mut emulator = vt100::Parser::new(SIZE.rows.try_into()?, SIZE.cols.try_into()?, 0);
    let mut echoes = Vec::new();
    let mut start = 0;
    for &(at, end) in &recording.reads {
        let bytes = &recording.bytes[start..end];
        start = end;
        emulator.process(bytes);
        if memmem::find(bytes, FRAME_END).is_none() {
            continue;
        }
        let shown = emulator.screen().contents().matches(key).count();
        while echoes.len() < shown
            && let Some(pressed) = typed.get(echoes.len())
        {
            echoes.push(at.saturating_sub(*pressed));
        }
    }
    if echoes.len() < typed.len() {
        return Err(format!("{} of {} keys were seen", echoes.len(), typed.len()).into());
    }
    Ok(echoes)
}

/// The program's own figures, if this output ends with them on the screen.
pub(crate) fn told(output: &[u8]) -> Outcome<Option<Told>> {
    let mut emulator = vt100::Parser::new(SIZE.rows.try_into()?, SIZE.cols.try_into()?, 0);
    emulator.process(output);
    let screen = emulator.screen().contents();
    let number = |label: &str| -> Option<f64> {
        let (_, after) = screen.split_once(label)?;
        let digits = after.split_whitespace().next()?.replace(',', "");
        digits.parse().ok()
    };
    let told = || {
        Some(Told {
            lag_p50_ms: number("lag p50 ")?,
            lag_p99_ms: number("lag p99 "),
            frame_p50_ms: number("frame p50 ")?,
            frame_p99_ms: number("frame p99 "),
            dropped: number("dropped ")?,
        })
    };
    Ok(told())
}
