//! Pictures of the program's own figures in the sidebar: as a view with their meaning, and below a pane in depth.
//! They show the sidebar alone.

use std::time::Duration;

use ratatui::layout::Rect;
use waferdeck::{app::Msg, app::SidebarView, metrics::FrameLog};

use super::check;
use crate::stage::{Picture, Stage};

const SCREEN: (u16, u16) = (160, 50);

fn sidebar(stage: &mut Stage, width: u16) -> Picture {
    stage.model.settings.sidebar_width = Some(width);
    let screen = stage.draw(SCREEN.0, SCREEN.1);
    screen.part(Rect::new(SCREEN.0 - width, 1, width, SCREEN.1 - 1))
}

fn measured() -> Stage {
    let mut stage = Stage::new();
    let mut log = FrameLog::default();
    let ms = Duration::from_micros;
    for n in 1..=1_000 {
        let late = ms(if n == 500 { 40_000 } else { 0 });
        log.record([ms(n * 17), ms(n * 9)], ms(n * 2), late, ms(16_000));
    }
    stage.tell(Msg::Measured(log.figures()));
    stage
}

#[test]
fn the_view_says_what_each_figure_means() {
    let mut stage = measured();
    stage.model.sidebar_view = Some(SidebarView::Diagnostics);
    for width in [24, 36, 60] {
        let picture = sidebar(&mut stage, width);
        check(&format!("diagnostics@{width}"), &picture.with_styles());
    }
}

#[test]
fn before_the_first_text_there_is_nothing_to_tell() {
    let mut stage = Stage::new();
    stage.model.sidebar_view = Some(SidebarView::Diagnostics);
    check(
        "diagnostics-none",
        &sidebar(&mut stage, 24).without_styles(),
    );
}

#[test]
fn a_pane_in_depth_has_them_below_everything_else() {
    let mut stage = measured();
    stage.ask("hello");
    stage.model.sidebar_view = Some(SidebarView::Pane);
    check(
        "diagnostics-pane",
        &sidebar(&mut stage, 30).without_styles(),
    );
}
