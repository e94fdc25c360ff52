//! One line of the checklist: what was looked at, how it is, and what to do if it is not well.
//!
//! A cross and a warning cannot be made without a remedy, and what was not checked not without the reason.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{chat::Failure, text::SafeText};

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Well.
    Good,
    /// It works, and something about it should change.
    Warning,
    /// It does not work.
    Failed,
    /// It could not be checked.
    Unchecked,
}

impl Status {
    /// The word in machine output.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Unchecked => "not_checked",
        }
    }
}

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    /// `group.name`.
    pub(super) id: &'static str,
    /// The profile it is about.
    pub(super) profile: Option<String>,
    pub(super) status: Status,
    /// What was found, in one line.
    pub(super) summary: String,
    /// More about it, a line each.
    pub(super) detail: Vec<String>,
    /// What to do.
    pub(super) remedy: Option<String>,
    /// How long it took.
    pub(super) took: Option<Duration>,
}

impl Check {
    fn new(id: &'static str, status: Status, summary: &str) -> Self {
        Self {
            id,
            profile: None,
            status,
            summary: SafeText::line(summary).into_string(),
            detail: Vec::new(),
            remedy: None,
            took: None,
        }
    }

    /// It is well.
    pub(super) fn good(id: &'static str, summary: impl AsRef<str>) -> Self {
        Self::new(id, Status::Good, summary.as_ref())
    }

    /// It works, and something about it should change.
    pub(super) fn warning(
        id: &'static str,
        summary: impl AsRef<str>,
        remedy: impl AsRef<str>,
    ) -> Self {
        Self::new(id, Status::Warning, summary.as_ref()).with_remedy(remedy.as_ref())
    }

    /// It does not work.
    pub(super) fn failed(
        id: &'static str,
        summary: impl AsRef<str>,
        remedy: impl AsRef<str>,
    ) -> Self {
        Self::new(id, Status::Failed, summary.as_ref()).with_remedy(remedy.as_ref())
    }

    /// It does not work, for the reason that requests would give.
    pub(super) fn failure(id: &'static str, failure: &Failure) -> Self {
        Self::failed(id, &failure.message, &failure.remedy)
    }

    /// It could not be checked.
    pub(super) fn unchecked(id: &'static str, why: impl AsRef<str>) -> Self {
        Self::new(id, Status::Unchecked, why.as_ref())
    }

    fn with_remedy(mut self, remedy: &str) -> Self {
        self.remedy = Some(SafeText::line(remedy).into_string());
        self
    }

    /// The same with a line more.
    pub(super) fn detail(mut self, line: impl AsRef<str>) -> Self {
        self.detail
            .push(SafeText::line(line.as_ref()).into_string());
        self
    }

    /// The same about a profile.
    pub(super) fn of(mut self, profile: &str) -> Self {
        self.profile = Some(profile.to_owned());
        self
    }

    /// The same with the time it took.
    pub(super) fn took(mut self, time: Duration) -> Self {
        self.took = Some(time);
        self
    }

    /// The part of the checklist it belongs to.
    pub(super) fn group(&self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(group, _)| group)
    }

    /// What it looks at, in a word.
    pub(super) fn name(&self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(_, name)| name)
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "group": self.group(),
            "profile": self.profile,
            "status": self.status.word(),
            "summary": self.summary,
            "detail": self.detail,
            "remedy": self.remedy,
            "took_ms": self.took.map(|t| (t.as_secs_f64() * 1e5).round() / 1e2),
        })
    }
}

/// How many there are of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) good: usize,
    pub(super) warnings: usize,
    pub(super) failed: usize,
    pub(super) unchecked: usize,
}

impl Counts {
    /// Counts one more.
    pub(super) fn add(&mut self, status: Status) {
        let count = match status {
            Status::Good => &mut self.good,
            Status::Warning => &mut self.warnings,
            Status::Failed => &mut self.failed,
            Status::Unchecked => &mut self.unchecked,
        };
        *count += 1;
    }
}

/// The whole checklist for programs.
pub(super) fn object(checks: &[Check], counts: Counts) -> Value {
    json!({
        "checks": checks.iter().map(Check::json).collect::<Vec<_>>(),
        "summary": {
            "ok": counts.good,
            "warnings": counts.warnings,
            "failed": counts.failed,
            "not_checked": counts.unchecked,
        },
    })
}

/// Tables of tests: a check against its status and pieces of its texts.
#[cfg(test)]
#[track_caller]
pub(super) fn expect(check: &Check, status: Status, parts: &[&str]) {
    let said = format!(
        "{} | {:?} | {:?}",
        check.summary, check.detail, check.remedy
    );
    assert_eq!(check.status, status, "{said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
    let needs_remedy = matches!(status, Status::Warning | Status::Failed);
    let has_remedy = check.remedy.as_ref().is_some_and(|r| !r.is_empty());
    assert_eq!(has_remedy, needs_remedy, "{said}");
}
