//! The sidebar where it has more sections than rows: every row of it is reached by keys, and each page says how many
//! sections are above and below and which key shows them.

use ratatui::layout::Rect;
use waferdeck::{
    app::SidebarView,
    chat::{Bucket, EndState, Limits, Quota, Unit, Variant},
    config::Keymap,
};

use super::{assert_clean, check, sidebar_session::answered};
use crate::stage::Stage;

/// A pane with every section there is but diagnostics.
fn full() -> Stage {
    let mut stage = answered(40);
    let quota = |unit, limit, remaining| Quota {
        unit,
        bucket: Bucket::Minute,
        limit: Some(limit),
        remaining: Some(remaining),
        reset: None,
    };
    let limits = Limits(vec![
        quota(Unit::Requests, 30, 9),
        quota(Unit::Tokens, 64_000, 55_120),
    ]);
    let answer = stage.ask("Explain merge sort");
    stage.quota(answer, &limits);
    stage.text(answer, "It splits, sorts and merges.");
    stage.end(answer, EndState::Complete);
    stage
}

/// More panes than rows, and the quota of their model.
fn many() -> Stage {
    let variant = |place| Variant::new("cerebras", format!("model-{place}"));
    let mut stage = Stage::comparing((0..40).map(variant).collect());
    let answers = stage.broadcast("hello");
    for answer in answers {
        stage.text(answer, "It splits, sorts and merges.");
        stage.end(answer, EndState::Complete);
    }
    stage.model.sidebar_view = Some(SidebarView::All);
    stage
}

/// The rows of the sidebar, without the rule at its left and the keys at its foot.
fn beside(stage: &mut Stage, (width, height): (u16, u16), columns: u16) -> Vec<String> {
    stage.model.settings.sidebar_width = Some(columns);
    let screen = stage.draw(width, height);
    assert_clean(&screen);
    let place = Rect::new(width - columns + 2, 1, columns - 3, height - 1);
    let rows = screen.part(place).rows();
    let is_foot = |row: &String| row.starts_with("F3 explains");
    written(rows.into_iter().filter(|row| !is_foot(row)))
}

/// The rows of the box over the panes.
fn over(stage: &mut Stage, (width, height): (u16, u16)) -> Vec<String> {
    let screen = stage.draw(width, height);
    assert_clean(&screen);
    let inside = |row: String| {
        let row = row.split_once("│ ")?.1.rsplit_once(" │")?.0.to_owned();
        (!row.starts_with("beside the panes")).then_some(row)
    };
    written(screen.rows().into_iter().filter_map(inside))
}

fn written(rows: impl Iterator<Item = String>) -> Vec<String> {
    let rows = rows.map(|row| row.trim_end().to_owned());
    rows.filter(|row| !row.is_empty()).collect()
}

/// Turns page after page and collects what stands there; both sentences of each page must tell the truth.
fn read_all(
    stage: &mut Stage,
    keys: &str,
    look: impl Fn(&mut Stage) -> Vec<String>,
) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut before = Vec::new();
    for _ in 0..60 {
        let page = look(stage);
        if page == before {
            return seen;
        }
        seen.extend(page.iter().cloned());
        before = page;
        stage.keys(keys);
    }
    panic!("there is no last page");
}

fn told<'a>(page: &'a [String], place: &str) -> Option<&'a str> {
    let mut rows = page.iter().map(String::as_str);
    rows.find(|row| row.starts_with("… ") && row.contains(place))
}

fn missing<'a>(all: &'a [String], seen: &[String]) -> Vec<&'a String> {
    all.iter().filter(|row| !seen.contains(row)).collect()
}

#[test]
fn every_row_is_reached_beside_the_panes() {
    for view in [SidebarView::Pane, SidebarView::Session, SidebarView::All] {
        for (screen, columns) in [
            ((100, 30), 30),
            ((100, 30), 24),
            ((200, 50), 50),
            ((200, 14), 24),
        ] {
            let mut stage = full();
            stage.model.sidebar_view = Some(view);
            let all = beside(&mut stage, (screen.0, 200), columns);
            assert_eq!(told(&all, "below"), None, "{all:?}");
            let seen = read_all(&mut stage, "f8", |stage| beside(stage, screen, columns));
            let missing = missing(&all, &seen);
            assert!(
                missing.is_empty(),
                "{view:?} {screen:?} {columns}: {missing:?}"
            );
            let last = beside(&mut stage, screen, columns);
            assert_eq!(told(&last, "below"), None, "{last:?}");
        }
    }
}

#[test]
fn every_row_is_reached_over_the_panes() {
    for view in [SidebarView::Pane, SidebarView::Session] {
        for keys in ["pgdn", "j"] {
            let mut stage = full();
            stage.model.sidebar_view = Some(view);
            stage.draw(60, 200);
            stage.keys("ctrl-x b");
            let all = over(&mut stage, (60, 200));
            let seen = read_all(&mut stage, keys, |stage| over(stage, (60, 15)));
            let missing = missing(&all, &seen);
            assert!(missing.is_empty(), "{view:?} {keys}: {missing:?}");
            stage.keys("home");
            let first = over(&mut stage, (60, 15));
            assert_eq!(told(&first, "above"), None, "{first:?}");
        }
    }
}

#[test]
fn panes_without_a_row_in_the_table_have_one_below_it() {
    for (screen, columns) in [((100, 30), 30), ((200, 50), 24)] {
        let mut stage = many();
        let seen = read_all(&mut stage, "f8", |stage| beside(stage, screen, columns));
        let is_named = |place: u32| {
            let name = format!("{place} ");
            seen.iter().any(|row| row.contains(&name))
        };
        let missing: Vec<u32> = (0..40).filter(|&place| !is_named(place)).collect();
        assert!(missing.is_empty(), "{missing:?} of {seen:#?}");
    }
}

#[test]
fn the_pages_say_what_is_above_and_below_and_which_keys_show_it() {
    let mut stage = full();
    let first = beside(&mut stage, (100, 30), 30);
    assert_eq!(told(&first, "above"), None);
    assert_eq!(told(&first, "below"), Some("… 8 sections below, F8"));
    stage.keys("f8");
    let second = beside(&mut stage, (100, 30), 30);
    assert_eq!(second[0], "A  gpt-oss-120b", "whose figures they are");
    assert_eq!(second[1], "… 4 sections above, F7");
    let narrow = beside(&mut stage, (100, 30), 24);
    assert_eq!(told(&narrow, "below"), Some("… 3 below, F8"));
    // Nobody is told of a key that leads nowhere.
    stage.model.keys = Keymap::default();
    let unbound = beside(&mut stage, (100, 30), 24);
    assert_eq!(told(&unbound, "above"), Some("… 4 sections above"));
}

#[test]
fn the_place_stays_when_another_pane_is_read() {
    let mut stage = full();
    stage.keys("f8");
    let second = beside(&mut stage, (100, 30), 30);
    stage.keys("ctrl-x v");
    stage.model.sidebar_view = Some(SidebarView::Pane);
    stage.model.zoomed = true;
    let empty = beside(&mut stage, (100, 30), 30);
    assert!(empty.iter().any(|row| row == "MODEL"), "{empty:?}");
    assert_eq!(told(&empty, "above"), None, "it has fewer sections");
    stage.keys("ctrl-x 1");
    assert_eq!(beside(&mut stage, (100, 30), 30), second);
}

#[test]
fn scrolled_sidebars() {
    let mut stage = full();
    stage.draw(100, 30);
    stage.keys("f8");
    check(
        "sidebar-scrolled@100x30",
        &stage.draw(100, 30).with_styles(),
    );
    stage.model.settings.sidebar_width = Some(24);
    check(
        "sidebar-scrolled-24@100x30",
        &stage.draw(100, 30).without_styles(),
    );
    let mut stage = full();
    stage.draw(200, 50);
    stage.keys("f8");
    check(
        "sidebar-scrolled@200x50",
        &stage.draw(200, 50).without_styles(),
    );
    let mut stage = full();
    stage.draw(60, 15);
    stage.keys("ctrl-x b");
    stage.draw(60, 15);
    stage.keys("pgdn pgdn");
    check(
        "sidebar-scrolled@60x15",
        &stage.draw(60, 15).without_styles(),
    );
    let mut stage = many();
    stage.model.settings.sidebar_width = Some(30);
    stage.draw(100, 24);
    stage.keys("f8");
    let picture = stage.draw(100, 24).part(Rect::new(70, 1, 30, 23));
    check("sidebar-scrolled-all@30x23", &picture.without_styles());
}

#[test]
fn each_figure_has_its_number_of_samples_where_there_is_no_column_for_it() {
    let mut stage = full();
    stage.model.sidebar_view = Some(SidebarView::Session);
    stage.model.settings.sidebar_width = Some(24);
    let picture = stage.draw(100, 30).part(Rect::new(76, 1, 24, 29));
    check("sidebar-session-uneven@24", &picture.without_styles());
}
