//! Feeds the alerts with answers that ended, and says once when a rate passes its threshold; what is said stays true.
//!
//! What is counted, and when it is too much, is `app::alerts`'.

use crate::{
    app::{Action, Alert, Model, Notice, Tone},
    chat::{AnswerId, Attempt, FailureKind},
    text,
};

/// An answer is over: it counts from now on.
pub(super) fn ended(model: &mut Model, id: AnswerId) {
    let now = model.now.mono;
    let Some(answer) = model.answer(id) else {
        return;
    };
    let verdict = answer.verdict(now);
    let is_rate = |attempt: &&Attempt| attempt.error.kind == FailureKind::Quota;
    let all = answer.last_retries().count();
    let rates = answer.last_retries().filter(is_rate).count();
    model.alerts.take(now, verdict, all, rates);
    look(model);
}

/// Says what is too much now and was not before, and takes back what is no longer so.
pub(super) fn look(model: &mut Model) {
    for alert in model.alerts.look(model.now.mono) {
        let topic = topic(alert);
        if model.alerts.is_on(alert) {
            let sentence = sentence(model, alert);
            model.notify_about(topic, Tone::Warning, sentence);
        } else {
            model.notices.retain(|n| n.topic != Some(topic));
        }
    }
    for alert in Alert::ALL {
        keep_true(model, alert);
    }
}

/// What still stands there of an alert follows its window; it does not stand longer for that.
fn keep_true(model: &mut Model, alert: Alert) {
    let is_it = |n: &Notice| n.topic == Some(topic(alert));
    if model.alerts.is_on(alert) && model.notices.iter().any(is_it) {
        let sentence = sentence(model, alert);
        for notice in model.notices.iter_mut().filter(|n| is_it(n)) {
            notice.text.clone_from(&sentence);
        }
    }
}

fn topic(alert: Alert) -> &'static str {
    match alert {
        Alert::Breaches => "breach rate",
        Alert::Retries => "retry rate",
    }
}

fn sentence(model: &Model, alert: Alert) -> String {
    let (hits, answers) = model.alerts.counts(alert);
    let last = match answers {
        1 => "last answer".to_owned(),
        answers => format!("last {answers} answers"),
    };
    let percent = hits as f64 / answers.max(1) as f64 * 100.0;
    let is_seen = model.settings.sidebar && model.frame.no_sidebar.is_none();
    let shows = if is_seen {
        "the sidebar shows".to_owned()
    } else {
        format!("{} shows", model.key_name(Action::Sidebar))
    };
    match alert {
        Alert::Breaches if answers == 1 => {
            format!("the last answer was over budget: {shows} where the time went")
        }
        Alert::Breaches => format!(
            "{hits} of the {last} were over budget ({percent:.0} %): {shows} where the time went"
        ),
        Alert::Retries => {
            let way_out = if model.alerts.are_rates() {
                format!("{shows} what is left of the quota, and fewer panes ask for less")
            } else {
                format!(
                    "{} shows what came instead of an answer",
                    model.key_name(Action::Inspect)
                )
            };
            let retries = text::counted(hits, "retry", "retries");
            format!("{retries} in the {last} ({percent:.0} %): {way_out}")
        }
    }
}
