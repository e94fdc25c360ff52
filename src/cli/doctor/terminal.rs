//! TERMINAL: what the screen and the keyboard can do here, and what stands in the way.
//!
//! The facts are `runtime::abilities`', the environment's and the configuration's.

use rustix::termios::tcgetwinsize;

use super::check::Check;
use crate::{
    config::{ClipboardChoice, ColorChoice, Config},
    runtime::{
        abilities::{Abilities, Tmux, Unasked},
        clipboard::{Desk, Relay, Way},
    },
    ui::ColorDepth,
};

/// The smallest screen on which panes have their usual form.
const USUAL: (u16, u16) = (80, 24);
/// Below this nothing but words is left.
const LEAST: (u16, u16) = (20, 5);

/// All that is known about the terminal.
pub(super) struct Facts<'a> {
    pub(super) config: &'a Config,
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    pub(super) depth: ColorDepth,
    pub(super) is_terminal: bool,
    /// Columns and rows.
    pub(super) size: Option<(u16, u16)>,
    pub(super) asked: Result<Abilities, Unasked>,
    pub(super) desk: Desk,
    /// What tmux says of itself, inside it.
    pub(super) tmux: Option<Result<Tmux, String>>,
}

/// Columns and rows of the terminal on standard output, as far as it tells them.
pub(super) fn size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(std::io::stdout()).ok()?;
    Some((size.ws_col, size.ws_row)).filter(|(columns, rows)| *columns > 0 && *rows > 0)
}

/// Its columns alone, which lines need; one that was set up by hand may tell no rows.
pub(super) fn columns() -> Option<usize> {
    let size = tcgetwinsize(std::io::stdout()).ok()?;
    Some(size.ws_col.into()).filter(|columns| *columns > 0)
}

impl Facts<'_> {
    /// The lines of the checklist.
    pub(super) fn judge(&self) -> Vec<Check> {
        let mut checks = vec![
            self.kind(),
            self.colour(),
            self.charset(),
            self.room(),
            self.keys(),
            self.frames(),
            self.clipboard(),
            self.links(),
        ];
        checks.extend(self.inside_tmux());
        checks
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.trim().is_empty())
    }

    fn kind(&self) -> Check {
        let id = "terminal.kind";
        let term = self.variable("TERM");
        if !self.is_terminal {
            let why = "standard output is no terminal: run doctor where the workbench will run";
            return Check::unchecked(id, why);
        }
        let Some(term) = term else {
            let remedy = "set TERM to what the terminal is, such as xterm-256color";
            return Check::warning(id, "TERM is not set", remedy);
        };
        if term == "dumb" {
            let remedy = "open the workbench in another terminal; `waferdeck ask` works here";
            return Check::failed(id, "TERM is dumb: the workbench cannot draw", remedy);
        }
        let program = self.variable("TERM_PROGRAM");
        let name = self.asked.as_ref().ok().and_then(|a| a.name.clone());
        match name.or(program) {
            Some(name) => Check::good(id, format!("{name}, TERM={term}")),
            None => Check::good(id, format!("TERM={term}")),
        }
    }

    fn colour(&self) -> Check {
        let id = "terminal.colour";
        let depth = match self.depth {
            ColorDepth::None => "no colours",
            ColorDepth::Sixteen => "the 16 colours of the terminal",
            ColorDepth::Indexed => "256 colours",
            ColorDepth::True => "true colour",
        };
        let why = match self.config.ui.color {
            ColorChoice::Never => "switched off (--color, ui.color or NO_COLOR)".to_owned(),
            _ if !self.is_terminal => {
                return Check::unchecked(id, "standard output is no terminal");
            }
            ColorChoice::Always if self.depth <= ColorDepth::Sixteen => {
                "asked for (--color, ui.color or CLICOLOR_FORCE)".to_owned()
            }
            ColorChoice::Always | ColorChoice::Auto => self.colour_variables(),
        };
        let check = Check::good(id, format!("{depth}: {why}"));
        if matches!(self.depth, ColorDepth::Sixteen | ColorDepth::Indexed) {
            return check.detail("export COLORTERM=truecolor if the terminal shows more");
        }
        check
    }

    fn colour_variables(&self) -> String {
        let said: Vec<_> = ["COLORTERM", "TERM"]
            .iter()
            .filter_map(|name| Some(format!("{name}={}", self.variable(name)?)))
            .collect();
        if said.is_empty() {
            "TERM is not set".to_owned()
        } else {
            said.join(", ")
        }
    }

    fn charset(&self) -> Check {
        let id = "terminal.charset";
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| Some((name, self.variable(name)?)));
        let is_utf8 = |value: &str| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        };
        match locale {
            Some((name, value)) if is_utf8(&value) && self.config.ui.ascii => Check::good(
                id,
                format!("UTF-8 ({name}={value}); drawn in ASCII by ui.ascii"),
            ),
            Some((name, value)) if is_utf8(&value) => {
                Check::good(id, format!("UTF-8 ({name}={value})"))
            }
            Some((name, value)) => Check::warning(
                id,
                format!("{name}={value} is no UTF-8 locale: signs are drawn in ASCII"),
                "export LC_ALL=C.UTF-8, or another UTF-8 locale that `locale -a` lists",
            ),
            None => Check::warning(
                id,
                "no locale is set; UTF-8 is assumed",
                "export LC_ALL=C.UTF-8, or another UTF-8 locale that `locale -a` lists",
            ),
        }
    }

    fn room(&self) -> Check {
        let id = "terminal.size";
        if !self.is_terminal {
            return Check::unchecked(id, "standard output is no terminal");
        }
        let Some((columns, rows)) = self.size else {
            return Check::unchecked(id, "the terminal does not tell how large it is");
        };
        let summary = format!("{columns} columns, {rows} rows");
        let fits = |(width, height): (u16, u16)| columns >= width && rows >= height;
        if fits(USUAL) {
            Check::good(id, summary)
        } else if fits(LEAST) {
            let remedy = "enlarge the window: from 80x24 on nothing is left out";
            Check::warning(id, format!("{summary}: panes become tabs"), remedy)
        } else {
            let remedy = "enlarge the window to at least 20 columns and 5 rows";
            Check::failed(id, format!("{summary}: too small to draw"), remedy)
        }
    }

    fn keys(&self) -> Check {
        let id = "terminal.keys";
        match &self.asked {
            Ok(found) if found.keyboard => {
                Check::good(id, "told apart (kitty keyboard protocol)")
            }
            Ok(_) => Check::good(id, "the usual ones: Shift-Enter may come as Enter")
                .detail("Ctrl-J and Alt-Enter make a new line; `waferdeck config keys --probe` shows what keys send"),
            Err(why) => Check::unchecked(id, why.to_string()),
        }
    }

    fn frames(&self) -> Check {
        let id = "terminal.frames";
        match &self.asked {
            Ok(found) if found.synchronized => {
                Check::good(id, "shown as a whole (synchronized output)")
            }
            Ok(_) => Check::good(
                id,
                "shown as they come: the terminal has no synchronized output",
            ),
            Err(why) => Check::unchecked(id, why.to_string()),
        }
    }

    fn clipboard(&self) -> Check {
        let id = "terminal.clipboard";
        let helpers: Vec<_> = self.desk.helpers().iter().map(|h| h.name()).collect();
        if !helpers.is_empty() {
            let summary = format!(
                "copies go by {}, else by the terminal",
                helpers.join(" or ")
            );
            return Check::good(id, summary);
        }
        match self.desk.way(0) {
            Way::File if self.desk.choice == ClipboardChoice::File => {
                Check::good(id, "copies go into a file (ui.clipboard)")
            }
            Way::File | Way::TooLong | Way::NoClipboard => Check::warning(
                id,
                "copies go into a file: this terminal has no clipboard",
                "open the workbench in a terminal with a clipboard, or select with its own means",
            ),
            Way::Terminal(_) if !self.is_terminal => {
                Check::unchecked(id, "standard output is no terminal")
            }
            // What tmux does with it has a line of its own.
            Way::Terminal(Relay::Tmux) => {
                Check::good(id, "copies go to the terminal through tmux (OSC 52)")
            }
            Way::Terminal(relay) => self.osc52(relay),
        }
    }

    fn osc52(&self, relay: Relay) -> Check {
        let id = "terminal.clipboard";
        let announced = self.asked.as_ref().is_ok_and(|found| found.clipboard);
        if self.variable("TERM_PROGRAM").as_deref() == Some("Apple_Terminal") {
            return Check::warning(
                id,
                "copies go to the terminal (OSC 52), and Terminal.app does not take them",
                "set ui.clipboard = \"file\", or use another terminal",
            );
        }
        let through = if relay == Relay::Screen {
            " through screen"
        } else {
            ""
        };
        if announced {
            let summary = format!("copies go to the terminal{through} (OSC 52), which takes them");
            return Check::good(id, summary);
        }
        Check::unchecked(
            id,
            format!(
                "copies go to the terminal{through} (OSC 52); it does not say whether it takes them"
            ),
        )
        .detail("copy something (y) and paste it; ui.clipboard chooses another way")
    }

    fn links(&self) -> Check {
        let id = "terminal.links";
        if !self.config.ui.osc8 {
            return Check::good(
                id,
                "written out; ui.osc8 gives them to the terminal (OSC 8)",
            );
        }
        let why = "given to the terminal (OSC 8), which cannot be asked whether it knows them";
        Check::unchecked(id, why)
    }

    fn inside_tmux(&self) -> Vec<Check> {
        let tmux = match &self.tmux {
            None => return Vec::new(),
            Some(Err(why)) => return vec![Check::unchecked("terminal.tmux", why)],
            Some(Ok(tmux)) => tmux,
        };
        vec![
            tmux_clipboard(tmux),
            tmux_colours(tmux, self.depth),
            Check::good(
                "terminal.tmux",
                format!("focus-events {}: waferdeck needs none", tmux.focus_events),
            ),
        ]
    }
}

fn tmux_clipboard(tmux: &Tmux) -> Check {
    let id = "terminal.tmux";
    let passes = matches!(tmux.allow_passthrough.as_str(), "" | "on" | "all");
    let state = format!(
        "set-clipboard {}, allow-passthrough {}",
        tmux.set_clipboard,
        if tmux.allow_passthrough.is_empty() {
            "on"
        } else {
            &tmux.allow_passthrough
        }
    );
    if tmux.set_clipboard == "on" || passes {
        return Check::good(id, format!("{state}: copies get through"));
    }
    Check::warning(
        id,
        format!("{state}: copies do not get through"),
        "tmux set -s set-clipboard on; in ~/.tmux.conf to keep it",
    )
}

fn tmux_colours(tmux: &Tmux, depth: ColorDepth) -> Check {
    let id = "terminal.tmux";
    let name = &tmux.default_terminal;
    let has_rgb = tmux.features.split(',').any(|f| f == "RGB");
    if !name.contains("256color") && !name.contains("direct") {
        return Check::warning(
            id,
            format!("default-terminal {name}: programs inside see few colours"),
            "tmux set -s default-terminal tmux-256color; in ~/.tmux.conf to keep it",
        );
    }
    if depth == ColorDepth::True && !has_rgb {
        return Check::warning(
            id,
            format!(
                "default-terminal {name}, no RGB: tmux changes true colours to the nearest of 256"
            ),
            "tmux set -as terminal-features ',*:RGB', and attach again",
        );
    }
    let rgb = if has_rgb { "RGB" } else { "no RGB" };
    Check::good(id, format!("default-terminal {name}, {rgb}"))
}

#[cfg(test)]
mod tests;
