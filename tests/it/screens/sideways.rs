//! How far long lines are scrolled sideways is the reader's: it outlives every layout that is thrown away.

use crate::stage::Stage;

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
    for _ in 0..200 {
        stage.keys("pgup");
        stage.draw(100, 24);
    }
    stage.keys("g");
    assert_eq!(
        stage.draw(100, 24).rows().get(..12),
        top.get(..12),
        "far away and back"
    );
}
