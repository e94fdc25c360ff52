//! Where on the screen a link can be followed, and to what. The terminal is told while the cells are written.
//!
//! A target reaches the terminal inside a sequence of its own, so nothing is let through that could end it.

use std::{fmt::Write as _, ops::Range, rc::Rc};

use ratatui::layout::Rect;

/// Longer targets are refused by terminals.
const LONGEST: usize = 2_083;
/// What may be opened. Whoever clicks shall not start a program.
const SCHEMES: [&str; 3] = ["http://", "https://", "mailto:"];

/// Cells of one row that lead to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSpan {
    /// The row.
    pub y: u16,
    /// The columns.
    pub x: Range<u16>,
    target: Rc<str>,
}

impl LinkSpan {
    /// A link from these cells; `None` when `target` is none that a terminal should open.
    pub fn new(y: u16, x: Range<u16>, target: &str) -> Option<Self> {
        let target = sanitised(target)?.into();
        Some(Self { y, x, target })
    }

    /// The same link in other cells.
    pub fn at(&self, y: u16, x: Range<u16>) -> Self {
        Self {
            y,
            x,
            target: Rc::clone(&self.target),
        }
    }

    /// Where it leads: printable ASCII.
    pub fn target(&self) -> &Rc<str> {
        &self.target
    }

    /// True when the cell in this column belongs to it.
    pub fn covers(&self, x: usize) -> bool {
        u16::try_from(x).is_ok_and(|x| self.x.contains(&x))
    }
}

/// Takes from the links what is covered by something else.
pub(super) fn cover(links: &mut Vec<LinkSpan>, area: Rect) {
    let rows = area.y..area.bottom();
    let mut behind = Vec::new();
    for link in links.iter_mut().filter(|link| rows.contains(&link.y)) {
        if link.x.end > area.right() {
            let x = link.x.start.max(area.right())..link.x.end;
            behind.push(link.at(link.y, x));
        }
        link.x.end = link.x.end.min(area.x);
    }
    links.retain(|link| !link.x.is_empty());
    links.extend(behind);
}

/// The target with everything but printable ASCII as percent escapes.
fn sanitised(target: &str) -> Option<String> {
    let is_open = SCHEMES.iter().any(|scheme| {
        let start = target.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !is_open || target.len() > LONGEST || target.contains(char::is_control) {
        return None;
    }
    let mut safe = String::with_capacity(target.len());
    for byte in target.bytes() {
        if byte.is_ascii_graphic() {
            safe.push(char::from(byte));
        } else {
            let _ = write!(safe, "%{byte:02X}");
        }
    }
    (safe.len() <= LONGEST).then_some(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_covered_leads_nowhere() {
        let link = |y, x| LinkSpan::new(y, x, "https://a.example").expect("a link");
        let mut links = vec![
            link(0, 0..20),
            link(1, 0..6),
            link(1, 2..12),
            link(1, 5..7),
            link(1, 8..9),
        ];
        cover(&mut links, Rect::new(5, 1, 3, 1));
        let left: Vec<_> = links.iter().map(|l| (l.y, l.x.clone())).collect();
        let expected = [(0, 0..20), (1, 0..5), (1, 2..5), (1, 8..12), (1, 8..9)];
        assert_eq!(left, expected);
    }

    #[test]
    fn only_what_is_safe_to_open_is_a_target() {
        let target = |raw: &str| LinkSpan::new(0, 0..1, raw).map(|l| l.target().to_string());
        let check = |raw: &str, safe: Option<&str>| {
            assert_eq!(target(raw).as_deref(), safe, "{raw:?}");
        };
        check(
            "https://a.example/x?y=1#z",
            Some("https://a.example/x?y=1#z"),
        );
        check("HTTP://a.example", Some("HTTP://a.example"));
        check("mailto:me@a.example", Some("mailto:me@a.example"));
        check(
            "https://a.example/é b",
            Some("https://a.example/%C3%A9%20b"),
        );
        check(
            "https://a.example/\u{202e}",
            Some("https://a.example/%E2%80%AE"),
        );
        check("https://a.example/\u{1b}\\", None);
        check("https://a.example/\u{7}", None);
        check("https://a.example/\u{9c}", None);
        check("file:///etc/passwd", None);
        check("javascript:alert(1)", None);
        check("httpé", None);
        check("", None);
        let long = format!("https://{}", "a".repeat(LONGEST));
        check(&long, None);
        let grows = format!("https://{}", "é".repeat(LONGEST / 4));
        check(&grows, None);
    }
}
