//! Several answers at once on a small quota: all of them come.

use serde_json::Value;

use crate::harness::{Home, Mock};

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
