//! Jobs for tests.

use std::ops::Range;

use super::{CodePlace, Colouring, Growing, Owner, Progress};
use crate::{
    chat::{AnswerId, IdSource, Timestamp},
    markdown::Document,
    ui::transcript::Text,
};

/// Lines of which each second one stands inside a comment that began before it.
fn line(number: usize) -> String {
    match number % 2 {
        0 => format!("let a{number} = \"b\"; /* c\n"),
        _ => "d */ fn f() {}\n".to_owned(),
    }
}

pub(super) fn lines(numbers: Range<usize>) -> String {
    numbers.map(line).collect()
}

fn owner() -> Owner {
    Owner {
        answer: AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1))),
        text: Text::Content,
    }
}

/// Those lines to be highlighted, for the screen.
pub(crate) fn job(id: u64, numbers: Range<usize>) -> Colouring {
    Colouring {
        place: CodePlace {
            owner: owner(),
            block: 0,
        },
        id,
        language: "rust".into(),
        first: numbers.start,
        code: lines(numbers),
        tail: String::new(),
        keep_from: 0,
        is_shown: true,
        progress: Progress::default(),
    }
}

/// The same, for what is only near the screen.
pub(crate) fn job_near(id: u64, numbers: Range<usize>) -> Colouring {
    Colouring {
        is_shown: false,
        ..job(id, numbers)
    }
}

/// Which run of highlighting a job belongs to.
pub(crate) fn id(job: &Colouring) -> u64 {
    job.id
}

/// Text to be read, of which there is none.
pub(crate) fn growing(id: u64) -> Growing {
    Growing {
        owner: owner(),
        id,
        ahead: Box::new(Document::new().ahead(String::new())),
    }
}
