//! Several answers at once on a small quota: all of them come.

use serde_json::Value;

use crate::harness::{Home, Mock, Shown, Workbench};

/// The free trial's quota: three reservations of 8,192 tokens fit. None has ended when the fourth comes, so that it meets
/// a 429 unless it is held back here.
const FREE_TRIAL: &str = "\
tokens_per_second = \"unpaced\"
ttft_ms = 500
tokens = 40
[limits]
requests_minute = 5
tokens_minute = 30000
retry_after = 1
";

#[test]
fn four_answers_at_once_keep_within_the_caps_of_the_profile() {
    let mock = Mock::playing(FREE_TRIAL);
    let mut home = Home::with_config("[providers.cerebras]\nrpm = 5\ntpm = 30000\n");
    home.set("CEREBRAS_BASE_URL", mock.url());
    home.set("CEREBRAS_API_KEY", "any");
    let mut args = vec!["ask", "--format", "json"];
    args.extend(["-m", "gpt-oss-120b"].repeat(4));
    args.push("Which is the largest planet?");
    let object = home.run(&args).exits(0).json();
    let answers = object["answers"].as_array().expect("answers");
    assert_eq!(answers.len(), 4);
    for answer in answers {
        assert_eq!(answer["state"], "complete", "{answer}");
        assert_eq!(answer["attempts"], Value::Array(Vec::new()), "{answer}");
    }
}

/// The same buckets; three seconds pass before any text, so that the fourth request has to be seen waiting.
const SLOW: &str = "\
tokens_per_second = \"unpaced\"
ttft_ms = 3000
tokens = 40
[limits]
requests_minute = 5
tokens_minute = 30000
";

fn home_on_the_free_trial(mock: &Mock, more: &str) -> Home {
    let tier = "[providers.cerebras]\ntier = \"free-trial\"\n";
    let mut home = Home::with_config(&format!("{tier}{more}"));
    home.set("CEREBRAS_BASE_URL", mock.url());
    home.set("CEREBRAS_API_KEY", "any");
    home
}

/// The seconds in the title of the pane that waits.
fn countdown(shown: &Shown) -> Option<u64> {
    let titles = shown.rows.get(1)?;
    let (_, after) = titles.split_once("waits ")?;
    let (seconds, _) = after.split_once(' ')?;
    seconds.parse().ok()
}

#[test]
fn in_four_panes_the_draft_says_what_fits_and_the_fourth_counts_down() {
    let mock = Mock::playing(SLOW);
    let home = home_on_the_free_trial(&mock, "");
    let args = ["-m", "gpt-oss-120b"].repeat(4);
    let mut workbench = Workbench::open(&home, (200, 40), &args);
    workbench.type_text("Which is the largest planet?");
    workbench.until_text("reserves 4×~8,264 of 30,000 · 3 fit now, 1 in 7 s");
    workbench.key("enter");
    let shown = workbench.until("a countdown", |s| countdown(s).is_some());
    let first = countdown(&shown);
    workbench.until("less of it", |s| {
        countdown(s).is_some_and(|n| Some(n) < first)
    });
    workbench.until("four answers", |s| {
        s.text().matches("TTFT 3.").count() == 4 && !s.has("waits")
    });
    workbench.quit();
    let list = home.run(&["history", "list", "--json"]).exits(0).json();
    let id = list[0]["id"].as_str().expect("an id").to_owned();
    let session = home.run(&["history", "show", &id, "--json"]).exits(0);
    let attempts = attempts(&session.json());
    assert_eq!(attempts.len(), 4, "of each answer: {attempts:?}");
    let refused = attempts.iter().flatten().any(|a| a["status"] == 429);
    assert!(!refused, "{attempts:?}");
}

/// The attempts before the one that was answered, of each answer that is stored.
fn attempts(session: &Value) -> Vec<Vec<Value>> {
    let all = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let conversations = all(session, "conversations").into_iter();
    let turns = conversations.flat_map(|conversation| all(&conversation, "turns"));
    let answers = turns.flat_map(|turn| all(&turn, "answers"));
    let attempts = answers.map(|answer| answer["attempts"].as_array().cloned());
    attempts.map(|found| found.expect("attempts")).collect()
}

#[test]
fn esc_gives_up_a_wait_and_leaves_the_others_alone() {
    let mock = Mock::playing(SLOW);
    let home = home_on_the_free_trial(&mock, "");
    let args = ["-m", "gpt-oss-120b"].repeat(4);
    let mut workbench = Workbench::open(&home, (200, 40), &args);
    workbench.send("Which is the largest planet?");
    workbench.until("a countdown", |s| countdown(s).is_some());
    workbench.key("alt-4");
    workbench.key("esc");
    workbench.until_text("stopped by you");
    workbench.until("three answers", |s| {
        s.text().matches("TTFT 3.").count() == 3
    });
    workbench.quit();
}

#[test]
fn ask_obeys_the_setting_and_max_wait() {
    let mut args = vec!["ask", "--format", "json"];
    args.extend(["-m", "gpt-oss-120b"].repeat(4));
    args.push("Which is the largest planet?");
    let retried = |setting: &str| {
        // Full buckets for each.
        let mock = Mock::playing(FREE_TRIAL);
        let home = home_on_the_free_trial(&mock, setting);
        let object = home.run(&args).exits(0).json();
        let answers = object["answers"].as_array().expect("answers").clone();
        let all = answers.iter().all(|a| a["state"] == "complete");
        assert!(all, "{setting}: {answers:?}");
        let retried = answers
            .iter()
            .filter(|a| a["attempts"] != Value::Array(Vec::new()));
        retried.count()
    };
    assert_eq!(retried("quota = \"shrink\"\n"), 0);
    assert_eq!(retried("quota = \"stagger\"\n"), 0);
    // What would wait longer than it may is not sent at all.
    let mock = Mock::playing(FREE_TRIAL);
    let home = home_on_the_free_trial(&mock, "quota = \"warn\"\nrpm = 3\n");
    let mut hasty = vec!["--max-wait", "1"];
    hasty.extend(&args);
    let ran = home.run(&hasty).exits(1);
    let said = ran.stderr.clone();
    assert!(
        said.contains(
            "the quota of gpt-oss-120b has room for 3 of 4 requests now, the rest goes within 21 s"
        ) && said.contains("not sent, it waits for quota: 3 requests a minute"),
        "{said}"
    );
}
