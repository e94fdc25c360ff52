//! Decks, and arrangements that are damaged or name what is gone: what is shown, what is said.
//! Their files are `config`'s and the store's.

use super::*;
use crate::{
    app::{Overlay, Pane, Picker, Purpose},
    chat::{
        Conversation, ConversationId, Deck, DeckPane, Draft, Layout, ModelStatus, PaneLayout,
        Session, SessionId, Tiling,
    },
    config::{DeckFile, Saved},
};

fn deck(variants: &[(&str, &str)]) -> Deck {
    let panes = variants
        .iter()
        .map(|(p, m)| DeckPane::new(Variant::new(*p, *m)));
    Deck {
        name: "pair".to_owned(),
        about: "two of them".to_owned(),
        tiling: Tiling::Rows,
        broadcast: false,
        panes: panes.collect(),
    }
}

fn file(deck: Deck) -> DeckFile {
    DeckFile {
        name: deck.name.clone(),
        is_own: true,
        content: Ok((
            deck,
            vec!["decks/pair.toml:1:1: unknown setting".to_owned()],
        )),
    }
}

/// The list of decks is open and shows `files`.
fn listing(files: Vec<DeckFile>) -> World {
    let mut world = World::new();
    world.write("my draft");
    assert_eq!(world.keys("ctrl-x o"), [Effect::ListDecks]);
    world.tell(Msg::Decks(files));
    world
}

fn picker(world: &World) -> &Picker {
    match world.model.overlays.as_slice() {
        [Overlay::Picker(picker)] => picker,
        other => panic!("no picker alone: {other:?}"),
    }
}

fn notices(world: &World) -> Vec<&str> {
    world.model.notices.iter().map(|n| &*n.text).collect()
}

fn shown(world: &World) -> Vec<(char, &str, &str)> {
    let of = |p: &'_ Pane| p.letter;
    let panes = world.model.panes.iter();
    panes
        .map(|p| (of(p), &*p.variant.profile, &*p.variant.model))
        .collect()
}

#[test]
fn a_deck_opens_in_a_new_session_and_the_draft_comes_along() {
    let mut pair = deck(&[("fast", "thinker"), ("mock", "talker")]);
    pair.panes[1].weight = 3;
    pair.panes[1].muted = true;
    let mut world = listing(vec![file(pair)]);
    let item = &picker(&world).items[0];
    assert_eq!(item.label, "pair");
    assert_eq!(item.detail, "thinker, talker · two of them");
    let before = world.model.session;
    let effects = world.keys("enter");
    let model = &world.model;
    assert_ne!(model.session, before);
    assert_eq!(
        shown(&world),
        [('A', "fast", "thinker"), ('B', "mock", "talker")]
    );
    assert_eq!((model.panes[1].weight, model.panes[1].muted), (3, true));
    assert_eq!((model.tiling, model.broadcast), (Tiling::Rows, false));
    assert_eq!(model.conversations.len(), 2);
    assert_eq!(world.draft(), "my draft");
    assert_eq!(
        effects,
        [
            Effect::KeepDraft {
                session: before,
                draft: Draft::default()
            },
            Effect::NewSession {
                id: model.session,
                created: Timestamp(BEGIN)
            },
            Effect::KeepDraft {
                session: model.session,
                draft: "my draft".into()
            },
        ]
    );
    let said = notices(&world);
    assert!(
        said[0].contains("unknown setting") && said[1].contains("pair"),
        "{said:?}"
    );
}

#[test]
fn no_deck_opens_under_a_stream() {
    let mut world = World::new();
    world.ask("long");
    world.keys("ctrl-x o");
    world.tell(Msg::Decks(vec![file(deck(&[("fast", "thinker")]))]));
    let before = world.model.session;
    assert_eq!(world.keys("enter"), []);
    assert_eq!(world.model.session, before);
    assert!(world.notice().contains("still running"));
}

#[test]
fn a_broken_deck_is_in_the_list_and_says_why_it_does_not_open() {
    let broken = DeckFile {
        name: "bad".to_owned(),
        is_own: true,
        content: Err("decks/bad.toml:2:9: expected a string\n  model = 3\n          ^".to_owned()),
    };
    let mut world = listing(vec![broken]);
    assert_eq!(
        picker(&world).items[0].detail,
        "cannot be used: decks/bad.toml:2:9: expected a string"
    );
    let before = world.model.session;
    assert_eq!(world.keys("enter"), []);
    assert_eq!(world.model.session, before);
    assert!(world.notice().contains("bad.toml:2:9"));
}

#[test]
fn the_arrangement_is_saved_under_a_name() {
    let mut world = World::new();
    world.keys("ctrl-x v");
    world.model.panes[1].weight = 12;
    assert_eq!(world.keys("ctrl-x O"), []);
    world.write("mine");
    let effects = world.keys("enter");
    let [Effect::SaveDeck { deck, replace }] = effects.as_slice() else {
        panic!("nothing is saved: {effects:?}");
    };
    assert_eq!((deck.name.as_str(), *replace), ("mine", false));
    assert_eq!(deck.panes.len(), 2);
    assert_eq!(deck.panes[1].weight, 12);
    assert_eq!(deck.tiling, Tiling::Columns);
    world.tell(Msg::DeckSaved {
        name: "mine".to_owned(),
        result: Ok(Saved::Written("/c/decks/mine.toml".into())),
    });
    assert!(world.notice().contains("/c/decks/mine.toml"));
}

#[test]
fn a_deck_is_replaced_when_its_name_is_confirmed() {
    let mut world = World::new();
    world.keys("ctrl-x O");
    world.write("mine");
    world.keys("enter");
    let exists = |world: &mut World| {
        let name = "mine".to_owned();
        let result = Ok(Saved::Exists);
        assert_eq!(world.tell(Msg::DeckSaved { name, result }), []);
    };
    let replaces = |effects: &[Effect]| match effects {
        [Effect::SaveDeck { deck, replace }] => (deck.name.clone(), *replace),
        other => panic!("nothing is saved: {other:?}"),
    };
    exists(&mut world);
    let Some(Overlay::Line(line)) = world.model.overlays.last() else {
        panic!("nothing is asked");
    };
    assert_eq!(line.purpose, Purpose::ReplaceDeck("mine".to_owned()));
    assert_eq!(replaces(&world.keys("enter")), ("mine".to_owned(), true));
    exists(&mut world);
    world.write("2");
    let effects = world.keys("enter");
    assert_eq!(replaces(&effects), ("mine2".to_owned(), false));
    exists(&mut world);
    assert_eq!(world.keys("esc"), [], "it stays as it is");
}

#[test]
fn a_name_that_is_no_files_name_is_asked_for_again() {
    let mut world = World::new();
    world.keys("ctrl-x O");
    world.write("../mine");
    assert_eq!(world.keys("enter"), []);
    assert!(world.notice().contains("letters"));
    let Some(Overlay::Line(line)) = world.model.overlays.last() else {
        panic!("nothing is asked");
    };
    assert_eq!(line.text.text(), "../mine");
    world.keys("ctrl-u");
    assert_eq!(world.keys("enter"), [], "no name, no deck");
    assert!(world.model.overlays.is_empty());
}

#[test]
fn a_profile_that_is_gone_falls_back_and_the_other_panes_stay() {
    let mut world = World::new();
    let mut arranged = deck(&[
        ("gone", "talker"),
        ("mock", "talker"),
        ("gone", "giant"),
        ("gone", "giant"),
    ]);
    arranged.panes[2].variant.params.effort = Some(Effort::Medium);
    arranged.panes[3].variant.params.effort = Some(Effort::Medium);
    world.model.arrange(&arranged);
    assert_eq!(
        shown(&world),
        [
            ('A', "fast", "talker"),
            ('B', "mock", "talker"),
            ('C', "fast", "thinker"),
            ('D', "fast", "thinker"),
        ]
    );
    assert_eq!(world.model.panes[2].variant.params.effort, None);
    assert_eq!(
        notices(&world),
        [
            "A: there is no profile gone: fast/talker is asked instead of gone/talker; \
             C D: there is no profile gone: fast/thinker is asked instead of gone/giant?effort=medium, \
             without effort: this model does not take it",
        ]
    );
}

#[test]
fn a_model_that_is_gone_stays_and_is_told_with_what_replaced_it() {
    let mut world = World::new();
    let old = ModelInfo {
        status: ModelStatus::Retired,
        retired_on: Some("2026-02-16".to_owned()),
        replaced_by: Some("thinker".to_owned()),
        ..ModelInfo::unknown("old")
    };
    let catalogue = world.model.catalogues.get_mut("fast").expect("models");
    catalogue.models.push(old);
    world
        .model
        .arrange(&deck(&[("fast", "old"), ("fast", "brand-new")]));
    assert_eq!(shown(&world)[0], ('A', "fast", "old"));
    assert_eq!(
        notices(&world),
        ["A: old was retired on 2026-02-16, thinker took its place: choose with Ctrl-X m"],
        "of a model that no table knows nothing is said"
    );
    let catalogue = world.model.catalogues.get_mut("fast").expect("models");
    catalogue.source = crate::chat::CatalogueSource::Live;
    world.model.arrange(&deck(&[("fast", "brand-new")]));
    assert!(world.notice().contains("fast does not offer brand-new now"));
}

#[test]
fn an_effort_stays_where_nobody_knows_what_the_model_takes() {
    let mut world = World::new();
    let mut arranged = deck(&[("gone", "giant")]);
    arranged.panes[0].variant.params.effort = Some(Effort::Medium);
    let fallback = world.model.fallback.as_mut().expect("one");
    fallback.model = "unknown".to_owned();
    let catalogue = world.model.catalogues.get_mut("fast").expect("models");
    catalogue.models.push(ModelInfo::unknown("unknown"));
    world.model.arrange(&arranged);
    let variant = &world.model.panes[0].variant;
    assert_eq!(variant.model, "unknown");
    assert_eq!(variant.params.effort, Some(Effort::Medium));
}

#[test]
fn a_list_that_comes_later_says_once_what_is_gone() {
    let mut world = World::new();
    world.model.arrange(&deck(&[
        ("fast", "no-such"),
        ("mock", "no-such"),
        ("fast", "thinker"),
    ]));
    assert_eq!(notices(&world), [""; 0]);
    let mut live = world.model.catalogues["fast"].clone();
    live.source = crate::chat::CatalogueSource::Live;
    let came = || Msg::Catalogue {
        profile: "fast".to_owned(),
        result: Ok(live.clone()),
    };
    world.tell(came());
    let sentence = "A: fast does not offer no-such now: choose another with Ctrl-X m";
    assert_eq!(notices(&world), [sentence]);
    world.model.notices.clear();
    world.tell(came());
    assert_eq!(notices(&world), [""; 0], "it was said");
}

#[test]
fn what_would_be_refused_is_said_at_the_start() {
    let mut world = World::new();
    let mut arranged = deck(&[("fast", "thinker"), ("fast", "nope/thinker")]);
    arranged.panes[0].variant.params.effort = Some(Effort::None);
    world.model.arrange(&arranged);
    assert_eq!(
        notices(&world),
        [
            "A: thinker does not take effort=none: change it with Ctrl-X p; \
          B: there is no profile nope, so fast is asked for nope/thinker: choose with Ctrl-X m"
        ]
    );
}

/// A session with a pane for each of `count` conversations.
fn stored(count: u64) -> Session {
    let mut ids = IdSource::new(11);
    let id = SessionId::from_uuid(ids.next(Timestamp(1)));
    let mut session = Session::new(id, Timestamp(1));
    for number in 0..count {
        let id = ConversationId::from_uuid(ids.next(Timestamp(number)));
        session.conversations.push(Conversation::new(id));
        let letter = Pane::LETTERS
            .chars()
            .nth(usize::try_from(number).expect("small"));
        session.layout.panes.push(PaneLayout::new(
            letter.unwrap_or('A'),
            Variant::new("fast", "talker"),
            id,
        ));
    }
    session
}

fn restored(session: Session) -> World {
    let mut world = World::new();
    world.tell(Msg::Opened {
        session: Box::new(session),
        draft: Draft::default(),
        complaints: Vec::new(),
    });
    world
}

fn letters(world: &World) -> String {
    world.model.panes.iter().map(|p| p.letter).collect()
}

#[test]
fn an_arrangement_comes_back_whole() {
    let mut session = stored(3);
    session.layout.tiling = Tiling::Grid;
    session.layout.focus = 2;
    session.layout.zoomed = true;
    session.layout.broadcast = true;
    session.layout.panes[0].letter = 'Q';
    session.layout.panes[1].weight = 20;
    session.layout.panes[2].muted = true;
    let world = restored(session.clone());
    assert_eq!(world.model.layout(), session.layout);
    assert_eq!(world.notice(), "");
}

#[test]
fn letters_that_are_taken_or_none_are_given_anew() {
    let mut session = stored(5);
    for (pane, letter) in session.layout.panes.iter_mut().zip("BB\u{1b}A?".chars()) {
        pane.letter = letter;
    }
    assert_eq!(letters(&restored(session)), "BCDAE");
}

#[test]
fn a_damaged_arrangement_is_put_right() {
    let mut session = stored(3);
    session.layout.focus = 99;
    session.layout.panes[0].weight = 0;
    session.layout.panes[1].weight = u16::MAX;
    let twice = session.layout.panes[0].clone();
    session.layout.panes.push(twice);
    let world = restored(session);
    assert_eq!(letters(&world), "ABC", "a conversation is shown once");
    let weights: Vec<_> = world.model.panes.iter().map(|p| p.weight).collect();
    assert_eq!(weights, [1, PaneLayout::MAX_WEIGHT, PaneLayout::WEIGHT]);
    assert_eq!(world.model.focused, 0);

    let mut alone = stored(1);
    alone.layout.zoomed = true;
    assert!(!restored(alone).model.zoomed);

    let mut lost = stored(2);
    lost.layout.focus = 1;
    lost.conversations.remove(0);
    let world = restored(lost);
    assert_eq!(letters(&world), "B");
    assert_eq!(world.model.focused, 0, "the focus goes with its pane");
}

#[test]
fn without_panes_and_with_far_too_many() {
    let mut none = stored(2);
    none.layout = Layout::default();
    assert_eq!(letters(&restored(none)), "AB");

    let nothing = restored(Session {
        conversations: Vec::new(),
        layout: Layout::default(),
        ..stored(0)
    });
    assert_eq!(letters(&nothing), "A");

    let world = restored(stored(500));
    assert_eq!(letters(&world), Pane::LETTERS);
    assert_eq!(world.model.closed.len(), 500 - PaneLayout::MOST);

    let mut lost = stored(500);
    lost.layout = Layout::default();
    assert_eq!(restored(lost).model.panes.len(), PaneLayout::MOST);
}
