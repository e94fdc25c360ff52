//! What happens when the quotas have no room: another choice of it, and the warning that comes before sending.
//!
//! What is left of them is reckoned in `app::forecast`; who waits is the provider's business.

use crate::{
    app::{Action, Effect, Forecast, Model, Tone, Warned},
    chat::{Draft, quota::WhenFull, span},
};

/// Goes on to the next thing that can happen to what does not fit, for every profile.
pub(super) fn next(model: &mut Model) -> Vec<Effect> {
    let now = model.when_full(&model.pane().variant.profile);
    let (next, sentence) = match now {
        WhenFull::Shrink => (
            WhenFull::Stagger,
            "stagger: what the quota has no room for waits, with a countdown",
        ),
        WhenFull::Stagger => (
            WhenFull::Warn,
            "warn: you are told before anything is sent that the quota has no room for",
        ),
        WhenFull::Warn => (
            WhenFull::Send,
            "send: everything is sent, and the server refuses what its quota has no room for",
        ),
        WhenFull::Send => (
            WhenFull::Shrink,
            "shrink: what the quota has no room for gets fewer tokens for its answer",
        ),
    };
    model.quota = Some(next);
    model.warned = None;
    model.notify_of("quota", sentence);
    Vec::new()
}

/// Tells what does not fit where the person wants to hear of it first; true if nothing is to be sent yet.
pub(super) fn warn(model: &mut Model, draft: Option<&Draft>, panes: &[usize]) -> bool {
    let asked = Warned {
        draft: draft.cloned(),
        panes: panes.to_vec(),
    };
    let again = model.warned.take().is_some_and(|warned| warned == asked);
    if again {
        return false;
    }
    let requests: Vec<_> = panes
        .iter()
        .filter_map(|&i| model.panes.get(i))
        .filter(|pane| model.when_full(&pane.variant.profile) == WhenFull::Warn)
        .map(|pane| {
            let last = model.conversation(pane.conversation);
            let last = last.and_then(|c| c.last_turn());
            let asked_again = last.map(|turn| (turn.id, turn.text.len()));
            let (instead, bytes) = match (draft, asked_again) {
                (Some(draft), _) => (pane.editing, draft.bytes()),
                (None, Some((turn, bytes))) => (Some(turn), bytes),
                (None, None) => (None, 0),
            };
            let demand = model.demand(pane, instead, bytes);
            (&pane.variant, demand)
        })
        .collect();
    let forecast = model.forecast(&requests);
    if forecast.fit() == forecast.places.len() {
        return false;
    }
    let action = if draft.is_some() {
        Action::Send
    } else {
        Action::Regenerate
    };
    let sentence = format!(
        "not sent yet: {}; {} again sends, and what does not fit waits",
        what_fits(&forecast),
        model.key_name(action),
    );
    model.forget_hints();
    model.warned = Some(asked);
    model.notify_of("quota", sentence);
    if let Some(notice) = model.notices.last_mut() {
        notice.tone = Tone::Warning;
    }
    true
}

fn what_fits(forecast: &Forecast) -> String {
    let all = forecast.places.len();
    let fit = match (forecast.fit(), all) {
        (0, _) if forecast.refused.is_some() => "nothing goes yet after a 429".to_owned(),
        (_, 1) => "the quota has no room for it now".to_owned(),
        (0, all) => format!("the quota has room for none of {all} requests now"),
        (fit, all) => format!("the quota has room for {fit} of {all} requests now"),
    };
    let never = (forecast.never() > 0).then_some("more than a whole quota");
    let later = forecast.later().map(|(_, wait)| match wait {
        Some(wait) => format!("for all of it in {}", span(wait)),
        None => "for the rest when other answers have ended".to_owned(),
    });
    let later = later.into_iter().chain(never.map(str::to_owned));
    std::iter::once(fit)
        .chain(later)
        .collect::<Vec<_>>()
        .join(", ")
}
