//! Pictures of what a pane asks with: the list of models, the form of the parameters, the system prompt.
//! Lists come here from two profiles and one that does not answer.

use proptest::{prelude::*, test_runner::Config as Cases};
use waferdeck::{
    app::{Input, Msg, ProfileInfo},
    chat::{
        BudgetRule, Catalogue, CatalogueSource, Effort, EndState, FailureKind, ModelInfo,
        ModelStatus, Params, Variant,
        quota::{Allowance, WhenFull},
    },
    config::Prompt,
};

use super::{assert_clean, check, text_of_pieces};
use crate::stage::{Stage, failure};

const SIZES: [(u16, u16); 3] = [(60, 15), (80, 24), (120, 40)];

fn check_sizes(name: &str, stage: &mut Stage) {
    for (width, height) in SIZES {
        let picture = stage.draw(width, height);
        check(&format!("{name}@{width}x{height}"), &picture.with_styles());
    }
    for (width, height) in [(40, 12), (20, 5), (200, 50)] {
        assert_clean(&stage.draw(width, height));
    }
}

/// A third profile, whose list cannot be read, and a list with every state a model can be in.
fn with_lists() -> Stage {
    let mut stage = Stage::new();
    stage.model.profiles.push(ProfileInfo {
        name: "local".to_owned(),
        host: "127.0.0.1".to_owned(),
        is_mock: false,
        model: "org/small-model-4bit".to_owned(),
        streams: true,
        goes_on: false,
        max_completion_tokens: 8_192,
        allowance: Allowance::default(),
        when_full: WhenFull::default(),
        budget: BudgetRule::default(),
    });
    let own = Catalogue {
        models: vec![ModelInfo::unknown("org/small-model-4bit")],
        source: CatalogueSource::Configured,
    };
    stage.model.catalogues.insert("local".to_owned(), own);
    stage
}

fn live() -> Catalogue {
    let model = |id: &str, status, price: Option<f64>| ModelInfo {
        status,
        context_window: Some(131_072),
        price_in: price,
        price_out: price.map(|p| p * 2.0),
        ..ModelInfo::unknown(id)
    };
    let going = ModelInfo {
        replaced_by: Some("qwen-3.8-27b".to_owned()),
        speed_tps: Some(1_850.0),
        ..model("gemma-4-31b", ModelStatus::Deprecated, Some(0.99))
    };
    let steady = ModelInfo {
        speed_tps: Some(3_000.0),
        ..model("gpt-oss-120b", ModelStatus::Production, Some(0.35))
    };
    Catalogue {
        models: vec![
            steady,
            model("brand-new-100b", ModelStatus::Preview, Some(12.5)),
            going,
        ],
        source: CatalogueSource::Live,
    }
}

#[test]
fn the_list_of_models() {
    let mut stage = with_lists();
    stage.keys("ctrl-x m");
    stage.tell(Msg::Catalogue {
        profile: "cerebras".to_owned(),
        result: Ok(live()),
    });
    stage.tell(Msg::Catalogue {
        profile: "local".to_owned(),
        result: Err(failure(
            FailureKind::Network,
            "nothing listens at 127.0.0.1:8080",
            "",
        )),
    });
    check_sizes("variants-models", &mut stage);
    stage.write("org/other");
    check(
        "variants-models-typed",
        &stage.draw(80, 24).without_styles(),
    );
}

#[test]
fn the_form() {
    let mut stage = Stage::new();
    stage.model.add_pane(Variant::new("mock", "mock-gpu-50"));
    let variant = &mut stage.model.pane_mut().variant;
    variant.params.effort = Some(Effort::Low);
    variant.params.stop = vec!["\n\n".to_owned(), "END".to_owned()];
    variant.system = Some("You are terse.\nNever apologise.".to_owned());
    stage.keys("ctrl-x p down");
    stage.write("0.2");
    check_sizes("variants-form", &mut stage);
}

#[test]
fn the_form_with_an_error() {
    let mut stage = Stage::new();
    stage.keys("ctrl-x p down");
    stage.write("hot");
    stage.keys("down down");
    stage.write("1000000");
    check_sizes("variants-form-error", &mut stage);
}

#[test]
fn the_system_prompt() {
    let mut stage = Stage::new();
    let params = Params {
        temperature: Some(0.2),
        ..Params::default()
    };
    stage.model.prompts = vec![
        Prompt {
            name: "code".to_owned(),
            text:
                "You write Rust that compiles. Say nothing but the code.\n\nNo unsafe, no unwrap."
                    .to_owned(),
            params,
            ..Prompt::default()
        },
        Prompt {
            name: "terse".to_owned(),
            text: "Be brief.".to_owned(),
            ..Prompt::default()
        },
    ];
    stage.keys("ctrl-x i ctrl-p");
    check("variants-library", &stage.draw(80, 24).without_styles());
    stage.keys("enter");
    check_sizes("variants-system", &mut stage);
}

#[test]
fn an_answer_says_what_it_was_asked_with_when_the_pane_asks_otherwise_now() {
    let mut stage = Stage::new();
    let answer = stage.ask("Say one");
    stage.text(answer, "One.");
    stage.end(answer, EndState::Complete);
    stage.keys("ctrl-x p right down");
    stage.write("0.2");
    stage.keys("enter");
    stage.clock(60_000);
    check("variants-asked-with", &stage.draw(80, 24).without_styles());
}

proptest! {
    #![proptest_config(Cases { cases: 40, failure_persistence: None, ..Cases::default() })]

    #[test]
    fn any_words_of_others_draw_in_what_a_pane_asks_with(
        words in text_of_pieces(),
        other in text_of_pieces(),
        row in 0usize..7,
        (width, height) in (1u16..=120, 1u16..=40),
    ) {
        let mut stage = Stage::new();
        stage.model.prompts = vec![Prompt { name: other.clone(), text: words.clone(), ..Prompt::default() }];
        let variant = &mut stage.model.pane_mut().variant;
        variant.model.clone_from(&other);
        variant.system = Some(words.clone());
        variant.params.stop = vec![words.clone()];
        stage.keys("ctrl-x p");
        assert_clean(&stage.draw(width, height));
        for _ in 0..row {
            stage.keys("down");
        }
        stage.tell(Msg::Terminal(Input::Paste(words.clone())));
        assert_clean(&stage.draw(width, height));
        stage.keys("esc ctrl-x i");
        assert_clean(&stage.draw(width, height));
        stage.keys("ctrl-p");
        assert_clean(&stage.draw(width, height));
        stage.keys("enter enter ctrl-x m");
        let models = vec![ModelInfo { replaced_by: Some(words.clone()), ..ModelInfo::unknown(other) }];
        let catalogue = Catalogue { models, source: CatalogueSource::Live };
        stage.tell(Msg::Catalogue { profile: "cerebras".to_owned(), result: Ok(catalogue) });
        let failed = failure(FailureKind::Network, &words, "");
        stage.tell(Msg::Catalogue { profile: "mock".to_owned(), result: Err(failed) });
        assert_clean(&stage.draw(width, height));
        stage.tell(Msg::Terminal(Input::Paste(words)));
        assert_clean(&stage.draw(width, height));
    }
}

#[test]
fn where_the_profile_is_gone_the_way_out_is_another_model() {
    let mut stage = Stage::new();
    let answer = stage.ask("hello");
    let gone = failure(
        FailureKind::Setup,
        "there is no provider profile cerebras",
        "",
    );
    stage.fail(answer, gone);
    stage.model.profiles.clear();
    let picture = stage.draw(100, 24).without_styles();
    let way_out = "Ctrl-X m chooses another model, then Ctrl-X r asks again";
    assert!(picture.contains(way_out), "{picture}");
}
