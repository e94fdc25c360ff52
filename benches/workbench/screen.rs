//! Plays a recording to a terminal emulator afterwards, and tells when each key was on the screen.

use memchr::memmem;

use crate::Outcome;
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
