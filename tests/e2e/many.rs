//! Many instances at once: all start, and none mixes its session with another's.

use std::{collections::BTreeMap, fs, process::Stdio};

use crate::harness::{Home, Stage};

const MANY: usize = 20;

#[test]
fn twenty_instances_at_once_keep_twenty_sessions_apart() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let prompts: Vec<_> = (0..MANY).map(|n| format!("question-{n:02}")).collect();
    let ask = |prompt: &String| home.start(&["ask", prompt], Stdio::null());
    let running: Vec<_> = prompts.iter().map(ask).collect();
    // All of them are under way before the first has an answer.
    let mut asked: BTreeMap<String, _> = BTreeMap::new();
    for _ in 0..MANY {
        let answering = stage.next();
        asked.insert(answering.prompt().to_owned(), answering);
    }
    assert_eq!(asked.keys().cloned().collect::<Vec<_>>(), prompts);
    for round in 0..10 {
        for (prompt, answering) in &mut asked {
            answering.say(&format!("{prompt}/{round} "));
        }
    }
    asked
        .into_values()
        .for_each(crate::harness::Answering::finish);
    for (prompt, running) in prompts.iter().zip(running) {
        let ran = running.end().exits(0);
        assert!(ran.stdout.contains(&format!("{prompt}/9")), "{ran:?}");
        assert_eq!(ran.stderr, "");
    }
    let transcripts = home.transcripts();
    assert_eq!(transcripts.len(), MANY);
    for transcript in transcripts {
        let text = fs::read_to_string(transcript).expect("text");
        let of: Vec<_> = prompts.iter().filter(|p| text.contains(*p)).collect();
        assert_eq!(of.len(), 1, "mixed: {of:?}");
        assert!(text.contains(&format!("{}/9", of[0])));
    }
    let listed = home.run(&["history", "list", "--json"]).exits(0).json();
    let sessions = listed.as_array().expect("a list");
    let mut titles: Vec<_> = sessions.iter().map(|s| s["title"].clone()).collect();
    titles.sort_by_key(ToString::to_string);
    assert_eq!(titles, prompts);
    assert!(
        home.files("data")
            .iter()
            .all(|f| f.extension().is_none_or(|e| e != "lock"))
    );
}
