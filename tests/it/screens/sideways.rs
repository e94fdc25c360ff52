//! How far long lines are scrolled sideways is the reader's: it outlives every layout that is thrown away.

use crate::stage::Stage;

/// Presses a key so many times, with a frame after each.
fn press(stage: &mut Stage, key: &str, times: usize, (width, height): (u16, u16)) {
    for _ in 0..times {
        stage.keys(key);
        stage.draw(width, height);
    }
}

#[test]
fn what_was_scrolled_sideways_stays_so_whatever_is_laid_out_anew() {
    let words = (0..40).map(|n| format!("word_{n}"));
    let wide = words.collect::<Vec<_>>().join(" ");
    let mut stage = Stage::new();
    let answer = stage.ask("something wide");
    let head = wide.replace(' ', " | ");
    let rule = ["---"; 40].join(" | ");
    let source = format!("```\n{wide}\nshort\n```\n\n{head}\n{rule}\n{head}\n\n");
    stage.text(answer, &source);
    stage.keys("tab W ) ) )");
    stage.draw(100, 24);
    stage.keys(") ) )");
    let before = stage.draw(100, 24).rows();
    let is_scrolled = before.iter().filter(|row| row.contains('‹')).count();
    assert!(is_scrolled >= 3, "{before:#?}");
    let check = |stage: &mut Stage, what: &str| {
        let after = stage.draw(100, 24).rows();
        assert_eq!(before, after, "{what}");
    };

    for (width, height) in [(40, 12), (200, 50), (70, 24)] {
        stage.draw(width, height);
    }
    check(&mut stage, "other sizes and back");
    stage.keys("u");
    stage.draw(100, 24);
    stage.keys("u");
    check(&mut stage, "the source and back");

    // More blocks than are kept laid out.
    stage.text(answer, &"word\n\n".repeat(1_500));
    stage.draw(100, 24);
    stage.keys("g");
    let top = stage.draw(100, 24).rows();
    assert!(top.iter().any(|row| row.contains("‹")));
    stage.keys("G");
    stage.draw(100, 24);
    press(&mut stage, "pgup", 200, (100, 24));
    stage.keys("g");
    assert_eq!(
        stage.draw(100, 24).rows().get(..12),
        top.get(..12),
        "far away and back"
    );
}

#[test]
fn what_fits_never_moves_and_each_block_stops_at_its_own_end() {
    let mut stage = Stage::new();
    let answer = stage.ask("something wide");
    let longest = "longest ".repeat(20) + "END";
    let longer = "longer ".repeat(14) + "LAST";
    let source = format!(
        "```\n{longest}\n  indented\n```\n\n```\n{longer}\nsmall\n```\n\n```\nfits\n```\n\n\
         | Name | Value |\n| --- | --- |\n| one | 1 |\n\n"
    );
    stage.text(answer, &source);
    stage.keys("tab W");
    let before = stage.draw(80, 30).rows();
    press(&mut stage, ")", 20, (80, 30));
    let after = stage.draw(80, 30).rows();
    let row = |rows: &[String], what: &str| {
        let found = rows.iter().find(|row| row.contains(what));
        found.unwrap_or_else(|| panic!("{what}: {rows:#?}")).clone()
    };
    for what in ["fits", "Name", "one  "] {
        assert_eq!(row(&before, what), row(&after, what));
    }
    // Both long ones end at the same column: each moved as far as it reaches.
    let ends = [("END", 3), ("LAST", 4)].map(|(what, len)| {
        let row = row(&after, what);
        let at = row.split(what).next().unwrap_or_default();
        at.chars().count() + len
    });
    assert_eq!(ends[0], ends[1], "{after:#?}");
    assert!(
        !after
            .iter()
            .any(|row| row.contains("small") || row.contains("indented"))
    );

    // The first step back moves all that had moved.
    stage.keys("(");
    let back = stage.draw(80, 30).rows();
    assert!(!back.iter().any(|row| row.contains("END")), "{back:#?}");
}

#[test]
fn a_code_block_in_many_parts_moves_as_one() {
    let mut stage = Stage::new();
    let answer = stage.ask("something long");
    let wide = "wide ".repeat(40) + "END";
    let lines: Vec<_> = (0..300)
        .map(|n| {
            format!("line number {n:03} of the code that is a little longer than the pane at hand")
        })
        .collect();
    let source = format!("```\n{}\n{wide}\n```\n\n", lines.join("\n"));
    stage.text(answer, &source);
    stage.keys("tab W G");
    stage.draw(60, 24);
    press(&mut stage, ")", 20, (60, 24));
    // Where the lines are short they are out of sight, also in the parts that settled first.
    stage.keys("g");
    let top = stage.draw(60, 24).rows();
    assert!(
        !top.iter()
            .any(|row| row.contains("little") || row.contains("pane at")),
        "{top:#?}"
    );
}
