//! What a pane asks with: the model from its list, the parameters from their form, the system prompt.
//! A change is seen in the next request and in no answer before it.

use super::*;
use crate::{
    app::{Fetching, Form, Overlay, Pane, Picker, SystemPrompt},
    chat::{CatalogueSource, Param, Params, Role},
    config::Prompt,
};

fn picker(world: &World) -> &Picker {
    match world.model.overlays.as_slice() {
        [Overlay::Picker(picker)] => picker,
        other => panic!("no picker alone: {other:?}"),
    }
}

fn chosen(world: &World) -> &str {
    picker(world).chosen().map_or("", |i| i.label.as_str())
}

fn form(world: &World) -> &Form {
    match world.model.overlays.as_slice() {
        [Overlay::Form(form)] => form,
        other => panic!("no form alone: {other:?}"),
    }
}

fn editor(world: &World) -> &SystemPrompt {
    match world.model.overlays.as_slice() {
        [Overlay::SystemPrompt(prompt)] => prompt,
        other => panic!("no system prompt alone: {other:?}"),
    }
}

/// What is asked with when a prompt is sent now.
fn asked(world: &mut World) -> Ask {
    let answer = world.submit("go");
    sent(&world.saved(answer))
}

fn params(world: &World) -> &Params {
    &world.model.pane().variant.params
}

#[test]
fn another_model_drops_what_it_does_not_take_and_names_it() {
    let mut variant = Variant::new("fast", "thinker");
    variant.params.effort = Some(Effort::High);
    variant.params.temperature = Some(0.5);
    let mut world = World::asking(variant);
    world.keys("ctrl-x m");
    assert_eq!(
        chosen(&world),
        "thinker",
        "the list opens at the present one"
    );
    world.write("talker");
    world.keys("enter");
    let pane = world.model.pane();
    assert_eq!(pane.variant.model, "talker");
    assert_eq!(pane.variant.params.effort, None);
    assert_eq!(pane.variant.params.temperature, Some(0.5));
    assert_eq!(
        world.notice(),
        "A asks talker from now on, without effort: this model does not take it"
    );
}

#[test]
fn a_model_of_another_profile_keeps_an_effort_that_it_takes() {
    let mut variant = Variant::new("fast", "thinker");
    variant.params.effort = Some(Effort::Low);
    let mut world = World::asking(variant);
    world.keys("ctrl-x m down down enter");
    let variant = &world.model.pane().variant;
    assert_eq!(
        (variant.profile.as_str(), variant.params.effort),
        ("mock", Some(Effort::Low))
    );
}

#[test]
fn a_model_is_asked_in_a_pane_of_its_own() {
    let mut world = World::new();
    world.keys("ctrl-x m");
    world.write("talker");
    world.keys("alt-enter");
    let models: Vec<_> = world
        .model
        .panes
        .iter()
        .map(|p| p.variant.model.as_str())
        .collect();
    assert_eq!(models, ["thinker", "talker"]);
    assert_eq!(
        (world.model.focused, world.notice()),
        (1, "B asks talker from now on")
    );
}

#[test]
fn the_sixty_fifth_pane_changes_no_model() {
    let mut world = World::new();
    while world.model.panes.len() < Pane::MOST {
        world.model.add_pane(Variant::new("fast", "thinker"));
    }
    world.keys("ctrl-x m");
    world.write("talker");
    world.keys("alt-enter");
    assert_eq!(world.model.panes.len(), Pane::MOST);
    assert_eq!(world.model.pane().variant.model, "thinker");
}

#[test]
fn a_fresh_list_of_models_appears_where_the_old_one_stands() {
    let mut world = World::new();
    world.keys("ctrl-x m down");
    assert_eq!(chosen(&world), "talker");
    let fresh = |id: &str| Msg::Catalogue {
        profile: "fast".to_owned(),
        result: Ok(Catalogue {
            models: vec![ModelInfo::unknown("newest"), ModelInfo::unknown(id)],
            source: CatalogueSource::Live,
        }),
    };
    world.tell(fresh("talker"));
    let labels: Vec<_> = picker(&world).items.iter().map(|i| &i.label).collect();
    assert_eq!(labels, ["newest", "talker", "thinker", "talker"]);
    assert_eq!(chosen(&world), "talker");
    world.tell(fresh("other"));
    assert_eq!(picker(&world).selected, 1, "what is gone keeps its place");
}

#[test]
fn lists_that_are_on_their_way_or_fail_are_said_in_the_list() {
    let failing = Msg::Catalogue {
        profile: "fast".to_owned(),
        result: Err(Failure::new(FailureKind::Network, "no\nroute", "")),
    };
    let mut world = World::new();
    world.tell(failing.clone());
    assert!(world.model.notices.is_empty(), "nobody looks");
    world.keys("ctrl-x m");
    let underway = |name: &str| (name.to_owned(), Fetching::Underway);
    assert_eq!(
        picker(&world).fetching,
        [underway("fast"), underway("mock")]
    );
    world.tell(failing);
    world.tell(Msg::Catalogue {
        profile: "mock".to_owned(),
        result: Ok(catalogue()),
    });
    let failed = ("fast".to_owned(), Fetching::Failed("no route".to_owned()));
    assert_eq!(picker(&world).fetching, [failed]);
    assert!(world.model.notices.is_empty());
}

#[test]
fn an_id_that_no_list_holds_is_asked_as_it_was_typed() {
    let mut world = World::new();
    world.keys("ctrl-x m");
    world.write("org/new");
    assert_eq!(
        picker(&world).items.len(),
        5,
        "one more, and not for the mock"
    );
    world.keys("enter");
    let variant = &world.model.pane().variant;
    assert_eq!(
        (variant.profile.as_str(), variant.model.as_str()),
        ("fast", "org/new")
    );
    assert_eq!(asked(&mut world).variant.model, "org/new");
}

#[test]
fn the_form_changes_what_is_asked_with() {
    let mut world = World::new();
    world.keys("ctrl-x p right down");
    world.write("0.2");
    world.keys("enter");
    assert_eq!(
        world.notice(),
        "A asks with effort low, temperature 0.2 from the next prompt on"
    );
    let ask = asked(&mut world);
    assert_eq!(ask.variant.params.effort, Some(Effort::Low));
    assert_eq!(ask.variant.params.temperature, Some(0.2));
    world.keys("tab p del down del enter");
    assert_eq!(params(&world), &Params::default());
    assert!(world.notice().contains("the defaults of its model"));
}

#[test]
fn the_form_keeps_nothing_that_is_wrong_and_esc_nothing_at_all() {
    let mut world = World::new();
    world.keys("ctrl-x p right down");
    world.write("9");
    world.keys("up enter");
    let row = form(&world).row().expect("a row");
    assert_eq!(row.param, Param::Temperature, "it leads to what is wrong");
    assert_eq!(row.error.as_deref(), Some("expected 0 to 2"));
    assert_eq!(params(&world), &Params::default());
    world.keys("backspace");
    world.paste("1.5\n");
    assert_eq!(form(&world).row().and_then(|r| r.error.clone()), None);
    world.keys("esc");
    assert!(world.model.overlays.is_empty());
    assert_eq!(params(&world), &Params::default());
    assert_eq!(world.draft(), "", "nothing of it was text");
}

#[test]
fn the_form_follows_a_fresh_list_until_it_is_touched() {
    let fresh = |refused: Vec<Param>| Msg::Catalogue {
        profile: "fast".to_owned(),
        result: Ok(Catalogue {
            models: vec![ModelInfo {
                refused,
                ..ModelInfo::unknown("thinker")
            }],
            source: CatalogueSource::Live,
        }),
    };
    let offers = |world: &World, param| form(world).rows.iter().any(|r| r.param == param);
    let mut world = World::new();
    let profile = "fast".to_owned();
    assert_eq!(world.keys("ctrl-x p"), [Effect::FetchModels { profile }]);
    world.keys("down down");
    world.tell(fresh(vec![Param::Seed]));
    assert!(!offers(&world, Param::Seed));
    let at = form(&world).row().map(|r| r.param);
    assert_eq!(at, Some(Param::TopP), "the row that takes the keys stays");
    world.write("1");
    world.tell(fresh(vec![Param::Stop]));
    assert!(offers(&world, Param::Stop), "what is being filled in stays");
    world.keys("esc");
    assert_eq!(world.keys("ctrl-x p"), [], "the list is fresh");
    assert!(!offers(&world, Param::Stop));
}

#[test]
fn the_form_sets_all_panes_as_far_as_their_models_take_it() {
    let mut world = World::new();
    let mut variant = Variant::new("fast", "talker");
    variant.params.seed = Some(1);
    world.model.add_pane(variant);
    world.keys("ctrl-x p right down");
    world.write("0.7");
    world.keys("ctrl-a");
    let set: Vec<Vec<Param>> = world
        .model
        .panes
        .iter()
        .map(|p| p.variant.params.set().collect())
        .collect();
    assert_eq!(
        set,
        [
            vec![Param::Effort, Param::Temperature],
            vec![Param::Temperature]
        ],
        "the form leaves the seed empty"
    );
    assert_eq!(
        world.notice(),
        "every pane asks with effort low, temperature 0.7 from the next prompt on; B without effort: \
         this model does not take it"
    );
}

#[test]
fn the_system_prompt_goes_along_from_the_next_prompt_on() {
    let mut world = World::new();
    world.keys("ctrl-x i");
    world.write("Be brief.\nBe kind.");
    assert!(world.model.pane().variant.system.is_none(), "not kept yet");
    world.keys("enter");
    let ask = asked(&mut world);
    let first = &ask.messages[0];
    assert_eq!(
        (first.role, first.text.as_str()),
        (Role::System, "Be brief.\nBe kind.")
    );
    world.keys("ctrl-x i ctrl-u backspace esc");
    assert!(
        world.model.pane().variant.system.is_some(),
        "Esc changes nothing"
    );
    world.keys("ctrl-x i");
    world.paste("\r\nBe short.");
    assert_eq!(editor(&world).text.text(), "Be brief.\nBe kind.\nBe short.");
    for _ in 0..3 {
        world.keys("ctrl-u backspace");
    }
    world.keys("enter");
    assert_eq!(world.model.pane().variant.system, None);
    assert_eq!(world.notice(), "A asks without a system prompt from now on");
}

#[test]
fn enter_and_newline_change_places_in_the_system_prompt_as_they_do_for_prompts() {
    let mut world = World::new();
    world.keys("f4 ctrl-x i a enter b ctrl-j");
    assert_eq!(world.model.pane().variant.system.as_deref(), Some("a\nb"));
}

#[test]
fn a_prompt_of_the_library_brings_its_parameters() {
    let prompt = |name: &str, text: &str, params: Params| Prompt {
        name: name.to_owned(),
        text: text.to_owned(),
        params,
        warnings: Vec::new(),
    };
    let hints = Params {
        temperature: Some(0.2),
        effort: Some(Effort::None),
        ..Params::default()
    };
    let mut world = World::new();
    world.model.prompts = vec![
        prompt("code", "Write code.\u{1b}", hints),
        prompt("terse", "Be brief.", Params::default()),
    ];
    world.keys("ctrl-x i ctrl-p");
    world.write("code");
    world.keys("enter");
    assert_eq!(editor(&world).from.as_deref(), Some("code"));
    world.keys("enter");
    let variant = &world.model.pane().variant;
    assert_eq!(
        variant.system.as_deref(),
        Some("Write code.\u{1b}"),
        "as it is in its file"
    );
    assert_eq!(
        variant.params.set().collect::<Vec<_>>(),
        [Param::Temperature]
    );
    assert_eq!(
        world.notice(),
        "A has this system prompt from the next prompt on, and with temperature 0.2; without effort: \
         this model does not take it"
    );
}

#[test]
fn leaving_the_library_goes_back_to_the_system_prompt() {
    let mut world = World::new();
    world.keys("ctrl-x i a ctrl-p esc");
    assert_eq!(editor(&world).text.text(), "a");
}
