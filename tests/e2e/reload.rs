//! Settings that change while the workbench is open: read again on a signal and by the palette, and never when broken.

use rustix::process::Signal;

use crate::harness::{Home, Stage, Workbench};

#[test]
fn a_broken_file_changes_nothing_and_a_good_one_counts_at_once() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (120, 30), &[]);
    workbench.send("a question");
    let mut answer = stage.next();
    answer.say("the first half");
    workbench.until_text("the first half");

    home.write("config/config.toml", "[ui]\nsidebar = \"perhaps\"\n");
    workbench.signal(Signal::USR1);
    workbench.until("where it is broken", |s| {
        s.says("config.toml:2:11: ui.sidebar: expected") && s.says("the settings from before hold")
    });
    answer.say(" and the second");
    workbench.until("the answer going on", |s| {
        s.says("the first half and the second")
    });

    home.write(
        "config/config.toml",
        "[ui]\nsidebar = false\nthme = 1\n[providers.cerebras]\nmax_completion_tokens = 77\n\
         [keys.global]\nhelp = \"ctrl-o\"\n",
    );
    workbench.until_text("TTFT");
    workbench.signal(Signal::USR1);
    workbench.until("what changed", |s| {
        s.says("settings read again: keys.global.help") && s.says("did you mean theme?")
    });
    workbench.until_gone("TTFT");
    workbench.key("ctrl-o");
    workbench.until_text("leave waferdeck");
    workbench.key("esc");
    answer.finish();
    workbench.until_text("Enter send");
    workbench.send("another question");
    let answer = stage.next();
    assert_eq!(answer.request["max_completion_tokens"], 77);
    answer.answer("with fewer tokens");
    workbench.until_text("with fewer tokens");
    workbench.quit();
}

#[test]
fn the_palette_reads_the_settings_and_a_profile_that_is_gone_is_named() {
    let stage = Stage::new();
    let local = format!(
        "[providers.local]\nbase_url = \"{}\"\nauth = \"none\"\n",
        stage.url()
    );
    let home = Home::with_config(&local);
    let mut workbench = Workbench::open(&home, (120, 30), &["-m", "local/any"]);
    home.write("config/config.toml", "");
    workbench.key("ctrl-p");
    workbench.type_text("read the settings again");
    workbench.until_text("Ctrl-X ,");
    workbench.key("enter");
    workbench.until("which pane it was", |s| {
        s.says("A: its profile local is in the settings no more")
    });
    workbench.send("is anybody there?");
    workbench.until_text("there is no provider profile local");
    home.write(
        "config/config.toml",
        &format!("[ui]\nsidebar = false\n{local}"),
    );
    workbench.key("ctrl-x");
    workbench.key(",");
    workbench.until("it is back", |s| {
        s.says("settings read again: providers.local and ui.sidebar changed")
    });
    workbench.send("and now?");
    stage.next().answer("here again");
    workbench.until_text("here again");
    workbench.quit();
}
