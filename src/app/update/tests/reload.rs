//! Settings that are read again while answers stream, panes are open and switches were thrown.

use super::*;
use crate::app::{Action, Outcome, Preferences, Reloaded, Rereading, Tone};

/// The settings of the world as they are, read again without a change.
fn same(world: &World) -> Reloaded {
    let preferences = Preferences {
        settings: world.model.settings,
        theme: world.model.look.chosen.clone(),
        ascii: false,
        mock_mode: false,
        alerts: config().alerts,
    };
    Reloaded {
        profiles: world.model.profiles.clone(),
        keyless: Vec::new(),
        profile: "fast".to_owned(),
        catalogues: BTreeMap::new(),
        keys: world.model.keys.clone(),
        prompts: Vec::new(),
        themes: world.model.look.themes.clone(),
        before: preferences.clone(),
        now: preferences,
        paste_bytes: world.model.paste_bytes,
        changed: Vec::new(),
        later: Vec::new(),
        warnings: Vec::new(),
    }
}

fn reload(world: &mut World, new: Reloaded) -> Vec<Effect> {
    assert_eq!(world.tell(Msg::Reload), [Effect::Reload]);
    world.tell(Msg::Reloaded(Ok(Box::new(new))))
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&n| n.to_owned()).collect()
}

/// The keymap of a settings file that holds these lines.
fn keys(lines: &str) -> crate::config::Keymap {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    std::fs::write(&file, lines).unwrap();
    let overrides = Overrides {
        config_file: Some(file),
        ..Overrides::default()
    };
    let env = |name: &str| name.ends_with("_DIR").then(|| "/nowhere".to_owned());
    load(&overrides, &env).unwrap().config.keys
}

#[test]
fn a_key_and_a_signal_read_the_settings_once_at_a_time() {
    let mut world = World::new();
    assert_eq!(world.keys("ctrl-x ,"), [Effect::Reload]);
    assert_eq!(world.tell(Msg::Reload), [], "it is being read");
    // What came meanwhile may not be in what was read.
    let new = same(&world);
    let effects = world.tell(Msg::Reloaded(Ok(Box::new(new))));
    assert_eq!(effects, [Effect::AdoptSettings, Effect::Reload]);
    assert_eq!(world.model.rereading, Rereading::Yes);
    let effects = world.tell(Msg::Reloaded(Err("broken".to_owned())));
    assert_eq!((effects.len(), world.model.rereading), (0, Rereading::No));
}

#[test]
fn broken_settings_change_nothing_and_say_where() {
    let mut world = World::new();
    let answer = world.ask("first");
    world.tell(Msg::Reload);
    let before = world.model.clone();
    let reason = "/c/config.toml:3:9: expected\u{1b}[2J a number";
    assert_eq!(world.tell(Msg::Reloaded(Err(reason.to_owned()))), []);
    assert_eq!(
        world.notice(),
        "/c/config.toml:3:9: expected␛[2J a number; the settings from before hold, Ctrl-X , reads them again"
    );
    assert_eq!(world.model.notices.last().unwrap().tone, Tone::Error);
    let mut after = world.model.clone();
    after.notices.clone_from(&before.notices);
    after.rereading = before.rereading;
    assert_eq!(after, before);
    world.text(answer, "goes on");
    assert_eq!(world.answer(answer).content, "goes on");
}

#[test]
fn a_notice_says_what_changed_and_what_waits_for_the_next_start() {
    let check = |changed: &[&str], later: &[&str], said: &str| {
        let mut world = World::new();
        let new = Reloaded {
            changed: names(changed),
            later: names(later),
            ..same(&world)
        };
        reload(&mut world, new);
        assert_eq!(world.notice(), format!("settings read again: {said}"));
    };
    check(&[], &[], "nothing has changed");
    check(&["ui.theme"], &[], "ui.theme changed");
    check(
        &["a", "b"],
        &["log.level"],
        "a and b changed; log.level counts from the next start",
    );
    check(
        &["a", "b", "c", "d", "e"],
        &[],
        "a, b, c and 2 more changed",
    );
    check(&[], &["a", "b"], "a and b count from the next start");
}

#[test]
fn other_keys_act_at_once_and_a_chord_that_was_begun_is_forgotten() {
    let mut world = World::new();
    world.keys("ctrl-x");
    let new = Reloaded {
        keys: keys("[keys.global]\nsidebar = \"f5\"\n[keys.leader]\nsidebar = []\n"),
        ..same(&world)
    };
    reload(&mut world, new);
    assert!(world.model.settings.sidebar && world.model.pending.is_empty());
    world.keys("f5");
    assert!(!world.model.settings.sidebar);
    assert_eq!(world.model.key_name(Action::Sidebar), "F5");
}

#[test]
fn what_the_file_changed_follows_and_what_a_key_changed_stays() {
    let mut world = World::new();
    world.keys("ctrl-x b");
    let mut new = same(&world);
    new.before.settings.sidebar = true;
    new.now.settings.sidebar = true;
    new.now.settings.mouse = true;
    new.now.settings.line_numbers = true;
    new.now.ascii = true;
    new.now.mock_mode = true;
    let effects = reload(&mut world, new);
    assert_eq!(effects, [Effect::AdoptSettings, Effect::Mouse(true)]);
    let model = &world.model;
    assert!(!model.settings.sidebar, "closed by key");
    assert!(model.settings.mouse && model.settings.line_numbers);
    assert!(model.look.ascii && model.mock_mode);
}

#[test]
fn a_theme_follows_and_one_that_is_gone_stays_on_screen() {
    let theme = |name: &str| {
        let mut theme = crate::config::Theme::default();
        name.clone_into(&mut theme.name);
        theme
    };
    let mut world = World::new();
    world.model.look.themes = vec![theme("old")];
    world.model.look.chosen = "old".to_owned();
    let mut new = same(&world);
    new.themes = vec![theme("new")];
    reload(&mut world, new.clone());
    assert_eq!(world.model.theme().unwrap().name, "old");
    new.now.theme = "new".to_owned();
    reload(&mut world, new);
    assert_eq!(world.model.theme().unwrap().name, "new");
}

#[test]
fn alerts_begin_anew_only_when_theirs_changed() {
    let mut world = World::new();
    world.model.alerts.take(Duration::ZERO, None, 3, 0);
    let taken = world.model.alerts.clone();
    let mut new = same(&world);
    reload(&mut world, new.clone());
    assert_eq!(world.model.alerts, taken);
    new.now.alerts.min_answers = 1;
    reload(&mut world, new);
    assert_ne!(world.model.alerts, taken);
}

#[test]
fn a_pane_whose_profile_is_gone_keeps_its_text_and_says_so_when_asked() {
    let mut world = World::comparing(vec![
        Variant::new("fast", "thinker"),
        Variant::new("mock", "thinker"),
    ]);
    world.keys("ctrl-x a");
    world.turn("first", "an answer");
    let under_way = world.ask("second");
    let mut new = same(&world);
    new.profiles.retain(|p| p.name != "fast");
    new.profile = "mock".to_owned();
    new.changed = names(&["providers.fast"]);
    let effects = reload(&mut world, new.clone());
    let warm = Effect::Warm(vec!["mock".to_owned()]);
    assert_eq!(effects, [Effect::AdoptSettings, warm]);
    assert_eq!(
        world.notice(),
        "A: its profile fast is in the settings no more, its text stays; Ctrl-X m chooses another model"
    );
    assert_eq!(world.model.pane().variant.profile, "fast");
    assert_eq!(world.model.fallback.as_ref().unwrap().profile, "mock");
    assert!(!world.model.catalogues.contains_key("fast"));
    world.text(under_way, "still coming");
    world.end(under_way, EndState::Complete);
    assert_eq!(world.answer(under_way).content, "still coming");
    // Whoever sends it finds that there is nobody to ask, and that is what the pane says.
    let answer = world.submit("third");
    let ask = sent(&world.saved(answer));
    assert_eq!(ask.variant.profile, "fast");
    // What was told once is not told again.
    world.model.notices.clear();
    reload(&mut world, new);
    assert_eq!(
        world.notice(),
        "settings read again: providers.fast changed"
    );
}

#[test]
fn what_was_queued_for_a_profile_that_is_gone_is_asked_with_another_model() {
    let mut world = World::new();
    let first = world.ask("first");
    world.write("second");
    world.keys("enter");
    let mut new = same(&world);
    new.profiles.retain(|p| p.name != "fast");
    new.profile = "mock".to_owned();
    new.changed = names(&["providers.fast"]);
    reload(&mut world, new);
    world.text(first, "done");
    let effects = world.end(first, EndState::Complete);
    let second = entries(&effects)
        .iter()
        .find_map(|entry| match entry {
            Entry::Answer { id, .. } => Some(*id),
            _ => None,
        })
        .expect("the queued prompt goes out");
    world.saved(second);
    let gone = Failure::new(FailureKind::Setup, "there is no provider profile fast", "");
    world.end(second, EndState::Failed(gone));
    assert!(!world.model.is_set_up(&world.answer(second).asked().profile));
    let other = Variant::new("mock", "thinker");
    world.model.pane_mut().variant = other.clone();
    let effects = world.keys("ctrl-x r");
    let variant = entries(&effects).iter().find_map(|entry| match entry {
        Entry::Answer { variant, .. } => Some(variant.clone()),
        _ => None,
    });
    assert_eq!(variant, Some(other));
}

#[test]
fn new_profiles_bring_their_models_and_new_requests_go_by_them() {
    let mut world = World::new();
    let mut new = same(&world);
    for info in &mut new.profiles {
        info.max_completion_tokens = 77;
    }
    new.profiles.push(profile("local", false));
    let own = Catalogue {
        models: vec![ModelInfo::unknown("qwen3:8b")],
        ..Catalogue::default()
    };
    new.catalogues.insert("local".to_owned(), own);
    let under_way = world.submit("asked before");
    reload(&mut world, new);
    assert!(world.model.catalogues["local"].get("qwen3:8b").is_some());
    assert!(world.model.catalogues["fast"].get("thinker").is_some());
    assert_eq!(sent(&world.saved(under_way)).max_completion_tokens, 77);
}

#[test]
fn a_paste_is_as_large_as_is_set() {
    let mut world = World::new();
    let new = Reloaded {
        paste_bytes: 2 << 10,
        ..same(&world)
    };
    reload(&mut world, new);
    world.paste(&"x".repeat(2 << 10));
    assert_eq!(world.draft().len(), 2 << 10);
    world.paste("y");
    assert!(
        world
            .notice()
            .starts_with("more than the composer takes (2 KiB)")
    );
    assert_eq!(world.draft().len(), 2 << 10);
}

#[test]
fn what_was_passed_over_is_said_as_at_the_start() {
    let mut world = World::new();
    let warning = "config.toml:1:1: unknown setting thme; did you mean theme?";
    let new = Reloaded {
        warnings: vec![warning.to_owned()],
        ..same(&world)
    };
    reload(&mut world, new);
    let said = world.model.notices.iter().find(|n| n.text == warning);
    assert_eq!(said.unwrap().tone, Tone::Error);
}

#[test]
fn what_was_passed_over_is_said_until_it_was_corrected() {
    let mut world = World::new();
    let odd = ["at the start", "twice"];
    for sentence in odd {
        world.tell(Msg::Done(Outcome::Odd(sentence.to_owned())));
    }
    let said = |world: &World| {
        let texts = world.model.notices.iter().map(|n| n.text.clone());
        texts.collect::<Vec<_>>()
    };
    assert_eq!(said(&world), odd);
    world.tell(Msg::Reload);
    world.tell(Msg::Reloaded(Err("broken".to_owned())));
    assert_eq!(said(&world).len(), 3, "those settings still hold");
    let new = Reloaded {
        warnings: vec![odd[1].to_owned()],
        ..same(&world)
    };
    reload(&mut world, new);
    assert!(!said(&world).iter().any(|s| s == odd[0]));
    assert!(said(&world).iter().any(|s| s == odd[1]));
    let new = same(&world);
    reload(&mut world, new);
    assert_eq!(said(&world), ["settings read again: nothing has changed"]);
}
