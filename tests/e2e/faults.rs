//! Faults on order (the feature `faults`): defects in a frame, in a task and in the writer, disks that fail, no locks.
//! An order counts from the moment at which the test says "now".

mod defects;
mod disk;

use std::{fs, path::PathBuf};

use crate::harness::{Home, Stage, Workbench};

/// A workbench whose faults were ordered.
struct Fault {
    home: Home,
    stage: Stage,
    now: PathBuf,
}

impl Fault {
    /// Orders this; nothing happens yet.
    fn ordered(order: &str) -> Self {
        let stage = Stage::new();
        let mut home = Home::asking(stage.url());
        let now = home.path("now");
        home.set("WAFERDECK_FAULTS", order);
        home.set("WAFERDECK_FAULTS_WHILE", now.clone());
        Self { home, stage, now }
    }

    fn now(&self) {
        fs::write(&self.now, "").expect("a file of the test");
    }

    fn no_more(&self) {
        fs::remove_file(&self.now).expect("a file of the test");
    }

    fn open(&self) -> Workbench {
        Workbench::open(&self.home, (120, 24), &[])
    }

    /// Asks, and answers at once.
    fn talk(&self, workbench: &mut Workbench, prompt: &str, answer: &str) {
        workbench.send(prompt);
        self.stage.next().answer(answer);
        workbench.until(answer, |s| s.has(answer) && s.has("Enter send"));
    }

    /// The files of the one session.
    fn segments(&self) -> Vec<String> {
        let paths = self.home.transcripts().into_iter();
        paths
            .map(|p| fs::read_to_string(p).expect("text"))
            .collect()
    }

    /// The session as `history show` reads it, with what it had to complain of.
    fn session(&self) -> (serde_json::Value, String) {
        let listed = self
            .home
            .run(&["history", "list", "--json"])
            .exits(0)
            .json();
        let id = listed[0]["id"].as_str().expect("an id");
        let ran = self.home.run(&["history", "show", id, "--json"]).exits(0);
        (ran.json(), ran.stderr)
    }

    /// Everything was kept: these prompts with these answers, whole, and nothing to complain of.
    #[track_caller]
    fn assert_kept(&self, turns: &[(&str, &str)]) {
        let (session, complaints) = self.session();
        assert_eq!(complaints, "");
        let kept = session["conversations"][0]["turns"]
            .as_array()
            .expect("turns");
        let kept: Vec<_> = kept
            .iter()
            .map(|turn| {
                let answer = &turn["answers"][0];
                assert_eq!(answer["state"], "complete", "{answer}");
                (
                    turn["text"].as_str().expect("text"),
                    answer["content"].as_str().expect("text"),
                )
            })
            .collect();
        assert_eq!(kept, turns);
    }
}
