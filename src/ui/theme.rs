//! Roles become styles of this terminal, once for each theme that is chosen: as many colours as it has, none with `NO_COLOR`.
//!
//! No colour is named anywhere else in the view.

use ratatui::style::{Color as Shade, Modifier, Style};

use crate::{
    config::{Color, Style as RoleStyle, Theme},
    markdown::{self, Callout, CodeRole, Role},
};

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColorDepth {
    /// None: bold, dim and reverse have to do.
    None,
    /// The terminal's own sixteen.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// All.
    True,
}

/// Letters that have an accent of their own.
const ACCENTS: usize = 8;

/// The styles that the view draws with.
#[derive(Clone, Debug)]
pub struct Palette {
    /// The theme that it was made from.
    theme: String,
    depth: ColorDepth,
    pub(super) base: Style,
    pub(super) panel: Style,
    pub(super) raised: Style,
    pub(super) text: Style,
    pub(super) strong: Style,
    pub(super) dim: Style,
    pub(super) rule: Style,
    pub(super) key: Style,
    pub(super) badge: Style,
    pub(super) badge_mock: Style,
    pub(super) badge_error: Style,
    pub(super) warning: Style,
    pub(super) error: Style,
    pub(super) info: Style,
    pub(super) heading: Style,
    pub(super) value: Style,
    pub(super) headline: Style,
    pub(super) selected: Style,
    pub(super) prompt: Style,
    pub(super) reasoning: Style,
    pub(super) code_fill: Style,
    pub(super) selection: [Style; 2],
    pub(super) find: [Style; 2],
    pub(super) scroll_thumb: Style,
    pub(super) scroll_match: Style,
    pub(super) split: [Style; 5],
    accents: [Style; ACCENTS],
    titles: [Style; 2],
    markdown: Markdown,
}

#[derive(Clone, Debug)]
struct Markdown {
    headings: [Style; 6],
    roles: [Style; 20],
    callouts: [Style; 5],
    code: [Style; 15],
    bold: Style,
    italic: Style,
    strike: Style,
}

/// The style of one role, for what is printed rather than drawn.
pub(crate) fn role_style(theme: &Theme, role: &str, depth: ColorDepth) -> Style {
    convert(theme.style(role), depth)
}

impl Palette {
    /// The palette of `theme` on a terminal with `depth` colours.
    pub fn new(theme: &Theme, depth: ColorDepth) -> Self {
        let style = |role: &str| convert(theme.style(role), depth);
        let accents = std::array::from_fn(|i| {
            let letter = char::from(b'a' + u8::try_from(i).unwrap_or(0));
            style(&format!("accent.{letter}")).add_modifier(Modifier::BOLD)
        });
        Self {
            theme: theme.name.clone(),
            depth,
            base: style("text").patch(style("background.base")),
            panel: style("background.panel"),
            raised: style("background.raised"),
            text: style("text"),
            strong: style("text.strong"),
            dim: style("text.dim"),
            rule: style("pane.border"),
            key: style("hint.key"),
            badge: style("pane.badge"),
            badge_mock: style("status.mock"),
            badge_error: style("banner"),
            warning: style("notice.warning"),
            error: style("notice.error"),
            info: style("notice.info"),
            heading: style("sidebar.heading"),
            value: style("sidebar.value"),
            headline: style("sidebar.value.main"),
            selected: style("overlay.item.selected"),
            prompt: style("message.user"),
            reasoning: style("reasoning"),
            code_fill: style("code.background"),
            selection: [style("selection"), style("selection.cursor")],
            find: [style("find.match"), style("find.current")],
            scroll_thumb: style("scroll.thumb"),
            scroll_match: style("scroll.match"),
            split: ["queue", "prompt", "generation", "other", "network"]
                .map(|part| style(&format!("split.{part}"))),
            accents,
            titles: [style("pane.title"), style("pane.title.focused")],
            markdown: Markdown::new(&style, depth),
        }
    }

    /// The palette of another theme on the same terminal; `None` if it is the one of `theme` already.
    pub(super) fn changed(&self, theme: &Theme) -> Option<Self> {
        (self.theme != theme.name).then(|| Self::new(theme, self.depth))
    }

    /// The accent of the pane with this letter.
    pub(super) fn accent(&self, letter: char) -> Style {
        let place = u32::from(letter).wrapping_sub(u32::from('A'));
        self.accents[place as usize % ACCENTS]
    }

    /// The letter of a pane among others; the focused one stands out without colour, too.
    pub(super) fn letter(&self, letter: char, focused: bool) -> Style {
        let accent = self.accent(letter);
        if focused {
            accent.add_modifier(Modifier::REVERSED)
        } else {
            accent
        }
    }

    /// The title of a pane.
    pub(super) fn title(&self, focused: bool) -> Style {
        self.titles[usize::from(focused)]
    }

    /// Whether a surface tells code from prose; else an edge does.
    pub(super) fn has_code_surface(&self) -> bool {
        self.code_fill.bg.is_some() && self.code_fill.bg != self.base.bg
    }

    /// The style of a piece of Markdown.
    pub(super) fn markdown(&self, style: markdown::Style) -> Style {
        let mut drawn = self.markdown.role(style.role);
        let emphasis = [
            (style.bold, self.markdown.bold, Modifier::BOLD),
            (style.italic, self.markdown.italic, Modifier::ITALIC),
            (style.strike, self.markdown.strike, Modifier::CROSSED_OUT),
        ];
        for (_, whole, modifier) in emphasis.into_iter().filter(|(is_on, ..)| *is_on) {
            // What has a colour of its own keeps it.
            drawn = match style.role {
                Role::Text | Role::Quote => drawn.patch(whole),
                _ => drawn.add_modifier(modifier),
            };
        }
        drawn
    }
}

/// Roles without parts, in the order of [`Markdown::role`].
const ROLES: [&str; 20] = [
    "text",
    "markdown.code",
    "markdown.link",
    "markdown.link.target",
    "markdown.list.marker",
    "markdown.task.done",
    "markdown.task.open",
    "markdown.quote",
    "markdown.quote.bar",
    "markdown.rule",
    "markdown.table.border",
    "markdown.table.heading",
    "code.language",
    "markdown.math",
    "markdown.html",
    "markdown.image",
    "markdown.footnote",
    "code.border",
    "code.margin",
    "text.dim",
];

/// Callouts in the order of [`Markdown::role`].
const CALLOUTS: [&str; 5] = [
    "markdown.callout.note",
    "markdown.callout.tip",
    "markdown.callout.important",
    "markdown.callout.warning",
    "markdown.callout.caution",
];

/// Code roles in the order of [`Markdown::code`].
const CODE: [&str; 15] = [
    "code",
    "code.keyword",
    "code.string",
    "code.number",
    "code.comment",
    "code.function",
    "code.type",
    "code.constant",
    "code.variable",
    "code.operator",
    "code.punctuation",
    "code.attribute",
    "code.tag",
    "code.inserted",
    "code.deleted",
];

impl Markdown {
    fn new(style: &dyn Fn(&str) -> Style, depth: ColorDepth) -> Self {
        let mut styles = Self {
            headings: std::array::from_fn(|i| style(&format!("markdown.heading.{}", i + 1))),
            roles: ROLES.map(style),
            callouts: CALLOUTS.map(style),
            code: CODE.map(style),
            bold: style("markdown.strong"),
            italic: style("markdown.emphasis"),
            strike: style("markdown.strike"),
        };
        if depth == ColorDepth::None {
            // Weight has to tell what else a colour alone would.
            for style in [&mut styles.roles[1], &mut styles.code[1]] {
                *style = style.add_modifier(Modifier::BOLD);
            }
        }
        styles
    }

    fn role(&self, role: Role) -> Style {
        let place = match role {
            Role::Heading(level) => {
                return self.headings[usize::from(level.clamp(1, 6)) - 1];
            }
            Role::Code(role) => return self.code(role),
            Role::Callout(kind) => {
                let place = match kind {
                    Callout::Note => 0,
                    Callout::Tip => 1,
                    Callout::Important => 2,
                    Callout::Warning => 3,
                    Callout::Caution => 4,
                };
                return self.callouts[place];
            }
            Role::Text => 0,
            Role::InlineCode => 1,
            Role::Link => 2,
            Role::LinkTarget => 3,
            Role::ListMarker => 4,
            Role::TaskDone => 5,
            Role::TaskOpen => 6,
            Role::Quote => 7,
            Role::QuoteBar => 8,
            Role::Rule => 9,
            Role::TableBorder => 10,
            Role::TableHeader => 11,
            Role::CodeLabel => 12,
            Role::Math => 13,
            Role::Html => 14,
            Role::Image => 15,
            Role::Footnote => 16,
            Role::CodeEdge => 17,
            Role::CodeNumber => 18,
            Role::Dim => 19,
        };
        self.roles[place]
    }

    fn code(&self, role: CodeRole) -> Style {
        let place = match role {
            CodeRole::Plain => 0,
            CodeRole::Keyword => 1,
            CodeRole::String => 2,
            CodeRole::Number => 3,
            CodeRole::Comment => 4,
            CodeRole::Function => 5,
            CodeRole::Type => 6,
            CodeRole::Constant => 7,
            CodeRole::Variable => 8,
            CodeRole::Operator => 9,
            CodeRole::Punctuation => 10,
            CodeRole::Attribute => 11,
            CodeRole::Tag => 12,
            CodeRole::Inserted => 13,
            CodeRole::Deleted => 14,
        };
        self.code[place]
    }
}

fn convert(style: RoleStyle, depth: ColorDepth) -> Style {
    let mut drawn = Style {
        fg: style.fg.and_then(|c| shade(c, depth).or(hue_of(c, depth))),
        bg: style.bg.and_then(|c| shade(c, depth)),
        ..Style::default()
    };
    if style.reverse && depth <= ColorDepth::Sixteen {
        // Else each word would turn its own colour into a ground.
        drawn.fg = drawn.fg.or(Some(Shade::Reset));
        drawn.bg = drawn.bg.or(Some(Shade::Reset));
    }
    let flags = [
        (style.bold, Modifier::BOLD),
        (style.dim, Modifier::DIM),
        (style.italic, Modifier::ITALIC),
        (style.underline, Modifier::UNDERLINED),
        (style.strike, Modifier::CROSSED_OUT),
        (style.reverse, Modifier::REVERSED),
    ];
    for (on, modifier) in flags {
        if on {
            drawn = drawn.add_modifier(modifier);
        }
    }
    drawn
}

fn shade(color: Color, depth: ColorDepth) -> Option<Shade> {
    match (color, depth) {
        // What the sixteen look like is the person's choice: no ground is near to any of them, see `hue_of` for text.
        (_, ColorDepth::None) | (Color::Rgb(..) | Color::Index(16..), ColorDepth::Sixteen) => None,
        (Color::Default, _) => Some(Shade::Reset),
        (Color::Index(index @ 0..16), _) => Some(NAMED[usize::from(index)]),
        (Color::Index(index), _) => Some(Shade::Indexed(index)),
        (Color::Rgb(red, green, blue), ColorDepth::True) => Some(Shade::Rgb(red, green, blue)),
        (Color::Rgb(red, green, blue), ColorDepth::Indexed) => {
            Some(Shade::Indexed(nearest_indexed([red, green, blue])))
        }
    }
}

/// The one of the terminal's own sixteen that is called like a colour of a theme: whatever its shade, a red is a red.
/// Greys have none and stay the terminal's own.
fn hue_of(color: Color, depth: ColorDepth) -> Option<Shade> {
    let (Color::Rgb(red, green, blue), ColorDepth::Sixteen) = (color, depth) else {
        return None;
    };
    let [red, green, blue] = [red, green, blue].map(i32::from);
    let most = red.max(green).max(blue);
    let chroma = most - red.min(green).min(blue);
    if chroma < GREY {
        return None;
    }
    // The angle on the colour circle in degrees, by the usual hexagon (Smith 1978).
    let angle = if most == red {
        60 * (green - blue) / chroma
    } else if most == green {
        120 + 60 * (blue - red) / chroma
    } else {
        240 + 60 * (red - green) / chroma
    };
    Some(match angle.rem_euclid(360) {
        20..80 => Shade::Yellow,
        80..150 => Shade::Green,
        150..205 => Shade::Cyan,
        205..248 => Shade::Blue,
        248..335 => Shade::Magenta,
        _ => Shade::Red,
    })
}

/// A colour with less between its strongest and its weakest part is a grey to the eye.
const GREY: i32 = 48;

/// The terminal's own sixteen, in the order of their numbers.
const NAMED: [Shade; 16] = [
    Shade::Black,
    Shade::Red,
    Shade::Green,
    Shade::Yellow,
    Shade::Blue,
    Shade::Magenta,
    Shade::Cyan,
    Shade::Gray,
    Shade::DarkGray,
    Shade::LightRed,
    Shade::LightGreen,
    Shade::LightYellow,
    Shade::LightBlue,
    Shade::LightMagenta,
    Shade::LightCyan,
    Shade::White,
];

/// The nearest of xterm's 6×6×6 cube (16 to 231) and its 24 greys (232 to 255).
fn nearest_indexed(rgb: [u8; 3]) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest_step = |value: u8| {
        (0_u8..6)
            .min_by_key(|&i| STEPS[usize::from(i)].abs_diff(value))
            .unwrap_or(0)
    };
    let distance = |other: [u8; 3]| -> u32 {
        rgb.iter()
            .zip(other)
            .map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2))
            .sum()
    };
    let cube = rgb.map(nearest_step);
    let cube_rgb = cube.map(|i| STEPS[usize::from(i)]);
    let [red, green, blue] = cube;
    let cube_index = 16 + 36 * red + 6 * green + blue;
    let grey = (0_u8..24)
        .min_by_key(|&i| distance([8 + 10 * i; 3]))
        .unwrap_or(0);
    if distance([8 + 10 * grey; 3]) < distance(cube_rgb) {
        232 + grey
    } else {
        cube_index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_fit_the_depth() {
        let rgb = Color::Rgb(255, 0, 0);
        assert_eq!(shade(rgb, ColorDepth::None), None);
        assert_eq!(shade(rgb, ColorDepth::Sixteen), None);
        assert_eq!(shade(rgb, ColorDepth::Indexed), Some(Shade::Indexed(196)));
        assert_eq!(shade(rgb, ColorDepth::True), Some(Shade::Rgb(255, 0, 0)));
        assert_eq!(
            shade(Color::Index(4), ColorDepth::Sixteen),
            Some(Shade::Blue)
        );
        assert_eq!(shade(Color::Index(4), ColorDepth::None), None);
    }

    #[test]
    fn colours_keep_their_names_among_sixteen_and_greys_are_the_terminals() {
        let drawn = |rgb: [u8; 3]| {
            let fg = Some(Color::Rgb(rgb[0], rgb[1], rgb[2]));
            let style = RoleStyle {
                fg,
                bg: fg,
                ..RoleStyle::default()
            };
            let drawn = convert(style, ColorDepth::Sixteen);
            assert_eq!(drawn.bg, None, "a ground is the terminal's own");
            drawn.fg
        };
        assert_eq!(drawn([0xf4, 0x79, 0x83]), Some(Shade::Red));
        assert_eq!(drawn([0xe3, 0xbf, 0x78]), Some(Shade::Yellow));
        assert_eq!(drawn([0x9f, 0xce, 0x76]), Some(Shade::Green));
        assert_eq!(drawn([0x63, 0xcd, 0xbd]), Some(Shade::Cyan));
        assert_eq!(drawn([0x79, 0xa8, 0xf5]), Some(Shade::Blue));
        assert_eq!(drawn([0xb7, 0x9c, 0xf2]), Some(Shade::Magenta));
        assert_eq!(drawn([0xff, 0x00, 0x40]), Some(Shade::Red));
        for grey in [[0; 3], [255; 3], [0x84, 0x8d, 0xa1]] {
            assert_eq!(drawn(grey), None);
        }
    }

    #[test]
    fn what_is_reversed_in_sixteen_colours_is_of_one_colour() {
        let style = RoleStyle {
            reverse: true,
            ..RoleStyle::default()
        };
        let drawn = convert(style, ColorDepth::Sixteen);
        assert_eq!(
            (drawn.fg, drawn.bg),
            (Some(Shade::Reset), Some(Shade::Reset))
        );
        assert_eq!(convert(style, ColorDepth::True).fg, None);
    }

    #[test]
    fn greys_find_the_grey_ramp() {
        assert_eq!(nearest_indexed([0, 0, 0]), 16);
        assert_eq!(nearest_indexed([255, 255, 255]), 231);
        assert_eq!(nearest_indexed([28, 28, 28]), 234);
    }
}
