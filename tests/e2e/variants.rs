//! What panes ask with: several `-m`, the form, the system prompt, the list of models.
//! What was sent is read from the request, what was kept from the transcript on disk.

use serde_json::json;

use crate::harness::{Home, Mock, Stage, Workbench};

#[test]
fn several_models_open_as_many_panes_side_by_side() {
    let home = Home::new();
    let args = [
        "-m",
        "gpt-oss-120b?effort=low",
        "-m",
        "qwen-3.8-27b",
        "-m",
        "mock-gpu-50",
    ];
    let workbench = Workbench::open(&home, (160, 30), &args);
    workbench.until("three titles in one row", |s| {
        s.rows.iter().any(|row| {
            let places =
                ["A gpt-oss-120b · low", "B qwen-3.8-27b", "C mock-gpu-50"].map(|t| row.find(t));
            places.iter().all(Option::is_some) && places.is_sorted()
        })
    });
    workbench.until_text("to A B C");
    workbench.quit();
}

#[test]
fn more_panes_than_there_are_letters_are_refused() {
    let home = Home::new();
    let mut args = Vec::new();
    for _ in 0..65 {
        args.extend(["-m", "gpt-oss-120b"]);
    }
    let ran = home.run(&args).exits(2);
    let sentence = "65 panes were asked for with -m; 64 can be open at once";
    assert!(ran.stderr.contains(sentence), "{ran:#?}");
}

#[test]
fn a_mistake_in_a_variant_is_answered_with_the_nearest_name() {
    let home = Home::new();
    for (variant, sentence) in [
        (
            "m?tempratur=1",
            "unknown parameter tempratur; did you mean temperature?",
        ),
        ("m?effort=hihg", "effort: did you mean high?"),
        ("m?system=none", "system=none: no such prompt"),
    ] {
        let ran = home.run(&["ask", "-m", variant, "hi"]).exits(2);
        assert!(ran.stderr.contains(sentence), "{ran:#?}");
    }
    let ran = home
        .run(&["ask", "--mock", "-m", "gpt-oss-12b", "hi"])
        .exits(8);
    assert!(ran.stderr.contains("gpt-oss-120b"), "{ran:#?}");
}

#[test]
fn what_the_form_sets_is_sent_and_kept() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 30), &[]);
    workbench.key("ctrl-x");
    workbench.key("p");
    workbench.until_text("Parameters of A");
    workbench.key("left");
    workbench.until_text("‹ high ›");
    workbench.key("down");
    workbench.type_text("3");
    workbench.until_text("expected 0 to 2");
    workbench.key("backspace");
    workbench.type_text("0.2");
    workbench.until_gone("expected 0 to 2");
    workbench.key("enter");
    workbench.until_text("A gpt-oss-120b · high · t 0.2");
    workbench.send("hello");
    let answer = stage.next();
    assert_eq!(answer.request["reasoning_effort"], "high");
    assert_eq!(answer.request["temperature"], 0.2);
    assert_eq!(
        answer.request.get("top_p"),
        None,
        "only what is set is sent"
    );
    answer.answer("quite well");
    workbench.until("the end", |s| s.has("quite well") && !s.has("Esc stop"));
    workbench.quit();
    let path = home.transcripts().pop().expect("a transcript");
    let text = std::fs::read_to_string(path).expect("text");
    let params = json!({"effort": "high", "temperature": 0.2});
    let kept = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        record["kind"] == "answer" && record["variant"]["params"] == params
    };
    assert!(text.lines().any(kept), "{text}");
}

#[test]
fn a_system_prompt_is_written_or_taken_from_the_library() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    std::fs::create_dir(home.path("config/prompts")).expect("a directory");
    home.write(
        "config/prompts/terse.md",
        "---\ntop_p: 0.5\n---\nBe brief.\n",
    );
    home.write(
        "config/prompts/broken.md",
        "---\ntop_p: all\n---\nBe long.\n",
    );
    let mut workbench = Workbench::open(&home, (100, 30), &[]);
    workbench.until_text("prompts/broken.md: top_p: expected 0 to 1");
    workbench.key("ctrl-x");
    workbench.key("i");
    workbench.until_text("System prompt of A");
    workbench.key("ctrl-p");
    workbench.until("the library", |s| {
        s.has("Prompt library") && s.has("Be brief.")
    });
    workbench.key("enter");
    workbench.until_text("from terse");
    workbench.key("ctrl-j");
    workbench.paste("Very.");
    workbench.until_text("Very.");
    workbench.key("enter");
    workbench.until_text("A gpt-oss-120b · top-p 0.5 · system");
    workbench.send("hello");
    let answer = stage.next();
    let system = json!({"role": "system", "content": "Be brief.\nVery."});
    assert_eq!(answer.request["messages"][0], system);
    assert_eq!(answer.request["top_p"], 0.5);
    answer.answer("quite well");
    workbench.until("the end", |s| s.has("quite well") && !s.has("Esc stop"));
    workbench.quit();
}

#[test]
fn the_live_list_shows_prices_and_opens_a_pane_beside() {
    let mock = Mock::playing("");
    let home = Home::asking(mock.url());
    let mut workbench = Workbench::open(&home, (120, 30), &[]);
    workbench.key("ctrl-x");
    workbench.key("m");
    // Only the live list of that server knows this one.
    let shown = workbench.until_text("mock-gpu-50  ");
    assert!(shown.has("$/M in"), "{}", shown.text());
    workbench.type_text("qwen cerebras");
    let is_priced = |row: &str| row.contains("0.99") && row.contains("1.49");
    workbench.until("its prices", |s| {
        !s.has("mock-gpu-50") && s.row_with("production").is_some_and(is_priced)
    });
    workbench.key("alt-enter");
    workbench.until_text("B asks qwen-3.8-27b from now on");
    workbench.until_text("to A B");
    workbench.quit();
}
