//! The whole program as plain data: it can be cloned, compared and printed, and nothing in it does anything.
//!
//! No channel, task, clock, file or cancellation token lives here.

use std::{collections::BTreeMap, time::Duration};

use ratatui::layout::Rect;

use super::{
    Action, Alerts, Composer, Look, NoSidebar, Notice, Now, Overlay, Pane, PaneFrame, PickerFrame,
    Queue, Quotas, Ranked, Reading, Rereading, Room, Select, SidebarFrame, SidebarRank,
    SidebarView, TabFrame, Totals,
};
use crate::{
    chat::{
        Answer, AnswerId, Budget, BudgetRule, Catalogue, Conversation, ConversationId, Draft,
        IdSource, Layout, ModelInfo, Session, SessionId, Tiling, Timestamp, Variant,
        quota::{Allowance, WhenFull},
    },
    config::{DeckFile, Key, Keymap, Prompt},
    metrics::{Frames, Tallies},
    text::KeyPrint,
};

/// What the program needs to know of a provider profile.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileInfo {
    /// Its name in the configuration.
    pub name: String,
    /// Where requests go, for people.
    pub host: String,
    /// It is the embedded mock.
    pub is_mock: bool,
    /// The model of new panes.
    pub model: String,
    /// Answers come as a stream.
    pub streams: bool,
    /// An answer that was cut goes on from its own text, sent as its beginning.
    pub goes_on: bool,
    /// Sent as `max_completion_tokens` unless a variant says otherwise.
    pub max_completion_tokens: u32,
    /// What is known of its quotas before anything was asked.
    pub allowance: Allowance,
    /// What happens to a request that they have no room for.
    pub when_full: WhenFull,
    /// How long its answers may take unless a variant says otherwise.
    pub budget: BudgetRule,
}

/// Which of the two focus areas takes the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// Keys are text.
    #[default]
    Composer,
    /// Keys move and act.
    Panes,
}

/// What the key that names a pane is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterFor {
    /// To mute or unmute it.
    Mute,
    /// To focus it.
    Focus,
}

/// What was to be sent when the person was told that the quotas have no room for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Warned {
    /// The draft; nothing where a turn was to be asked again.
    pub draft: Option<Draft>,
    /// The panes.
    pub panes: Vec<usize>,
}

/// Settings that can change while the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// The sidebar is shown where there is room.
    pub sidebar: bool,
    /// Enter makes a new line and the newline keys send.
    pub enter_is_newline: bool,
    /// Figures change once a second while answers stream, not ten times.
    pub reduced_motion: bool,
    /// Nothing is written to disk.
    pub temporary: bool,
    /// What cannot be saved ends the program.
    pub requires_store: bool,
    /// Columns of the sidebar; without it as many as suit the screen.
    pub sidebar_width: Option<u16>,
    /// The mouse is ours rather than the terminal's.
    pub mouse: bool,
    /// Tokens a second at which the focused pane shows what came; without it all at once.
    pub reading_speed: Option<u32>,
    /// Long lines of code and wide tables are scrolled sideways rather than wrapped.
    pub scroll_lines: bool,
    /// Lines of code are numbered.
    pub line_numbers: bool,
    /// Links are given to the terminal.
    pub osc8: bool,
    /// Transcripts that are longer than their pane have a scroll bar.
    pub scroll_bar: bool,
    /// How long no text came where a mark says so; without it nothing is marked.
    pub stall: Option<Duration>,
}

/// What an instance starts with.
#[derive(Clone, Debug)]
pub struct Start {
    /// Provider profiles that can be asked.
    pub profiles: Vec<ProfileInfo>,
    /// Models known before any list was fetched, by profile.
    pub catalogues: BTreeMap<String, Catalogue>,
    /// One pane for each.
    pub variants: Vec<Variant>,
    /// How the panes tile.
    pub tiling: Tiling,
    /// Key bindings.
    pub keys: Keymap,
    /// Run-time settings.
    pub settings: Settings,
    /// The prompt library.
    pub prompts: Vec<Prompt>,
    /// Makes ids.
    pub ids: IdSource,
    /// The time of the start.
    pub now: Now,
}

/// What is drawn where; the view's answer to a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameMap {
    /// The panes, first to last.
    pub panes: Vec<PaneFrame>,
    /// The tabs, while panes are shown one at a time.
    pub tabs: Vec<TabFrame>,
    /// The composer, the line above its text included.
    pub composer: Rect,
    /// The list of the topmost overlay, if it is a picker.
    pub picker: Option<PickerFrame>,
    /// The screen is too small to draw anything but a sentence.
    pub too_small: bool,
    /// Why there can be no sidebar, where that is so.
    pub no_sidebar: Option<NoSidebar>,
    /// The last row that an open help can begin with.
    pub help_end: usize,
    /// Rows by which an open help goes on at once.
    pub help_page: usize,
    /// The panes in the order in which the sidebar ranks them, where it does.
    pub ranked: Ranked,
    /// Where the sidebar is, and how it can be scrolled.
    pub sidebar: SidebarFrame,
    /// What an open inspector has for text.
    pub inspector: Room,
}

/// The state of the program.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub struct Model {
    /// The session on screen.
    pub session: SessionId,
    /// When it began.
    pub created: Timestamp,
    /// Its title, empty before the first prompt.
    pub title: String,
    /// Its conversations.
    pub conversations: Vec<Conversation>,
    /// Answers that have not ended, each with its conversation: what is looked for often is not searched for.
    pub running: Vec<(ConversationId, AnswerId)>,
    /// Conversations that are on disk already.
    pub kept: Vec<ConversationId>,
    /// Its panes, never empty.
    pub panes: Vec<Pane>,
    /// Panes that were closed in this session, the last one at the end; their conversations are kept.
    pub closed: Vec<Pane>,
    /// Index of the focused pane.
    pub focused: usize,
    /// How panes tile.
    pub tiling: Tiling,
    /// The focused pane fills the screen.
    pub zoomed: bool,
    /// The composer sends to all unmuted panes.
    pub broadcast: bool,
    /// Which area takes the keys.
    pub focus: Focus,
    /// The prompt being written.
    pub composer: Composer,
    /// The draft that gave way to a prompt that is being edited.
    pub stash: Option<Draft>,
    /// What is being selected in the focused pane.
    pub select: Option<Select>,
    /// What lies over the screen; the last one takes the keys.
    pub overlays: Vec<Overlay>,
    /// Sentences that go away by themselves, oldest first.
    pub notices: Vec<Notice>,
    /// Why the transcript is not being saved, while that is so.
    pub unsaved: Option<String>,
    /// There is no place to save any session.
    pub no_store: bool,
    /// Provider profiles.
    pub profiles: Vec<ProfileInfo>,
    /// Models by profile.
    pub catalogues: BTreeMap<String, Catalogue>,
    /// What is left of the quotas.
    pub quotas: Quotas,
    /// What happens to requests that they have no room for, where that was chosen while the program runs.
    pub quota: Option<WhenFull>,
    /// What was not sent since the quotas have no room for it, and is when it is asked for again.
    pub warned: Option<Warned>,
    /// Key bindings.
    pub keys: Keymap,
    /// Keys of a chord that is not complete.
    pub pending: Vec<Key>,
    /// The next key names a pane.
    pub letter_for: Option<LetterFor>,
    /// What is asked where nothing else is known: what the program was started with.
    pub fallback: Option<Variant>,
    /// Sessions that were deleted here and can come back, with their titles, the last one at the end.
    pub deleted: Vec<(SessionId, String)>,
    /// The decks there are, as they were last listed.
    pub decks: Vec<DeckFile>,
    /// The session that is being opened and will take the place of this one.
    pub opening: Option<SessionId>,
    /// Run-time settings.
    pub settings: Settings,
    /// The prompt library.
    pub prompts: Vec<Prompt>,
    /// The view of the sidebar that the person chose.
    pub sidebar_view: Option<SidebarView>,
    /// The figure that the sidebar ranks panes by.
    pub sidebar_rank: SidebarRank,
    /// How the screen looks.
    pub look: Look,
    /// Makes ids.
    pub ids: IdSource,
    /// The time of the batch at hand.
    pub now: Now,
    /// What was drawn last.
    pub frame: FrameMap,
    /// What frames with new text cost so far, and how far they lag.
    pub frames: Frames,
    /// The figures of the answers of this session that have ended.
    pub tallies: Tallies,
    /// What they come to, by conversation.
    pub totals: Totals,
    /// How much of the answer that is being read may be shown.
    pub reading: Option<Reading>,
    /// The arrangement as it was last written.
    pub layout_kept: Option<Layout>,
    /// When the arrangement is to be written, on the monotonic clock.
    pub layout_due: Option<Duration>,
    /// Ctrl-C was pressed with nothing to do; pressed again before this moment it leaves.
    pub quit_armed: Option<Duration>,
    /// The program is on its way out.
    pub leaving: bool,
    /// The session whose draft is open in an editor that has the terminal.
    pub outside: Option<SessionId>,
    /// What of the last answers was too slow or too often tried.
    pub alerts: Alerts,
    /// Profiles that cannot be asked, since they have no key.
    pub keyless: Vec<ProfileInfo>,
    /// How often a key was asked for: the number of the overlay that asks for one.
    pub connects: u64,
    /// What tells the keys that are in use.
    pub known_keys: Vec<KeyPrint>,
    /// Every request goes to the embedded mock.
    pub mock_mode: bool,
    /// Prompts that wait until the answers before them have ended.
    pub queue: Queue,
    /// When connections were last opened or in use, on the monotonic clock.
    pub warmed: Duration,
    /// The section that each view of the sidebar begins with; fewer sections may be left than there were.
    pub sidebar_tops: BTreeMap<SidebarView, usize>,
    /// Bytes that the composer takes.
    pub paste_bytes: usize,
    /// The settings are being read again.
    pub rereading: Rereading,
}

impl Model {
    /// A new session with one pane for each variant.
    pub fn new(start: Start) -> Self {
        let Start {
            profiles,
            catalogues,
            variants,
            tiling,
            keys,
            settings,
            prompts,
            mut ids,
            now,
        } = start;
        let session = SessionId::from_uuid(ids.next(now.wall));
        let mut model = Self {
            session,
            created: now.wall,
            title: String::new(),
            conversations: Vec::new(),
            running: Vec::new(),
            kept: Vec::new(),
            panes: Vec::new(),
            closed: Vec::new(),
            focused: 0,
            tiling,
            zoomed: false,
            broadcast: true,
            focus: Focus::Composer,
            composer: Composer::default(),
            stash: None,
            select: None,
            overlays: Vec::new(),
            notices: Vec::new(),
            unsaved: None,
            no_store: false,
            profiles,
            catalogues,
            quotas: Quotas::default(),
            quota: None,
            warned: None,
            keys,
            pending: Vec::new(),
            letter_for: None,
            fallback: variants.first().cloned(),
            deleted: Vec::new(),
            decks: Vec::new(),
            opening: None,
            settings,
            prompts,
            sidebar_view: None,
            sidebar_rank: SidebarRank::default(),
            look: Look::default(),
            ids,
            now,
            frame: FrameMap::default(),
            frames: Frames::default(),
            tallies: Tallies::default(),
            totals: Totals::default(),
            reading: None,
            layout_kept: None,
            layout_due: None,
            quit_armed: None,
            leaving: false,
            outside: None,
            alerts: Alerts::default(),
            keyless: Vec::new(),
            connects: 0,
            known_keys: Vec::new(),
            mock_mode: false,
            queue: Queue::default(),
            warmed: now.mono,
            sidebar_tops: BTreeMap::new(),
            paste_bytes: 1 << 20,
            rereading: Rereading::default(),
        };
        for variant in variants {
            model.add_pane(variant);
        }
        model
    }

    /// Opens a pane with an empty conversation.
    pub fn add_pane(&mut self, variant: Variant) {
        let conversation = ConversationId::from_uuid(self.ids.next(self.now.wall));
        self.conversations.push(Conversation::new(conversation));
        let letter = Pane::free_letter(&self.panes);
        self.panes.push(Pane::new(letter, variant, conversation));
    }

    /// The arrangement as it is stored.
    pub fn layout(&self) -> Layout {
        Layout {
            tiling: self.tiling,
            panes: self.panes.iter().map(Pane::layout).collect(),
            focus: self.focused,
            zoomed: self.zoomed,
            broadcast: self.broadcast,
        }
    }

    /// The session as it is exported.
    pub fn snapshot(&self) -> Session {
        Session {
            conversations: self.conversations.clone(),
            ..self.head()
        }
    }

    /// The session without its conversations.
    pub fn head(&self) -> Session {
        Session {
            id: self.session,
            created: self.created,
            title: self.title.clone(),
            conversations: Vec::new(),
            layout: self.layout(),
        }
    }

    /// The focused pane. There is always one.
    pub fn pane(&self) -> &Pane {
        &self.panes[self.focused]
    }

    /// The focused pane, to change.
    pub fn pane_mut(&mut self) -> &mut Pane {
        &mut self.panes[self.focused]
    }

    /// The conversation of a pane.
    pub fn conversation(&self, id: ConversationId) -> Option<&Conversation> {
        self.conversations.iter().find(|c| c.id == id)
    }

    /// The conversation of a pane, to change.
    pub fn conversation_mut(&mut self, id: ConversationId) -> Option<&mut Conversation> {
        self.conversations.iter_mut().find(|c| c.id == id)
    }

    /// The conversation of the focused pane.
    pub fn focused_conversation(&self) -> Option<&Conversation> {
        self.conversation(self.pane().conversation)
    }

    /// An answer of any conversation.
    pub fn answer(&self, id: AnswerId) -> Option<&Answer> {
        self.conversations.iter().find_map(|c| c.answer(id))
    }

    /// The last answer that a pane shows.
    pub fn last_answer(&self, pane: &Pane) -> Option<&Answer> {
        self.conversation(pane.conversation)?.last_answer()
    }

    /// Answers that have not ended, of all conversations.
    pub fn live(&self) -> impl Iterator<Item = &Answer> {
        let running = self.running.iter();
        running
            .filter_map(|&(conversation, answer)| self.conversation(conversation)?.answer(answer))
    }

    /// Answers of one conversation that have not ended.
    pub(super) fn live_of(&self, conversation: ConversationId) -> Vec<AnswerId> {
        let running = self.running.iter();
        let of = running.filter(|(c, _)| *c == conversation);
        of.map(|&(_, answer)| answer).collect()
    }

    /// An answer that has not ended, to change.
    pub(super) fn running_mut(&mut self, id: AnswerId) -> Option<&mut Answer> {
        let &(conversation, _) = self.running.iter().find(|(_, a)| *a == id)?;
        self.conversation_mut(conversation)?.answer_mut(id)
    }

    /// The profile of that name.
    pub fn profile(&self, name: &str) -> Option<&ProfileInfo> {
        self.profiles.iter().find(|p| p.name == name)
    }

    /// True when the settings have a profile of that name, with or without a key.
    pub fn is_set_up(&self, profile: &str) -> bool {
        let mut all = self.profiles.iter().chain(&self.keyless);
        all.any(|p| p.name == profile)
    }

    /// What is known of a variant's model.
    pub fn model_info(&self, variant: &Variant) -> Option<&ModelInfo> {
        self.catalogues.get(&variant.profile)?.get(&variant.model)
    }

    /// True when the variant is answered by the mock.
    pub fn is_mock(&self, variant: &Variant) -> bool {
        let variant = self.asked_variant(variant);
        self.profile(&variant.profile).is_some_and(|p| p.is_mock)
    }

    /// Panes that the composer sends to, as indexes: those whose prompt is being edited, else all that are not muted,
    /// or the focused one alone.
    pub fn targets(&self) -> Vec<usize> {
        let of = |wanted: &dyn Fn(usize, &Pane) -> bool| {
            let panes = self.panes.iter().enumerate();
            panes
                .filter(|(i, p)| wanted(*i, p))
                .map(|(i, _)| i)
                .collect()
        };
        if self.is_editing() {
            of(&|_, pane| pane.editing.is_some())
        } else if self.broadcast {
            of(&|_, pane| !pane.muted)
        } else {
            of(&|index, _| index == self.focused)
        }
    }

    /// What the sidebar shows: the person's choice, else all panes as soon as there are several.
    pub fn sidebar_view(&self) -> SidebarView {
        self.sidebar_view.unwrap_or(if self.panes.len() > 1 {
            SidebarView::All
        } else {
            SidebarView::Pane
        })
    }

    /// The section that the sidebar begins with, if it has as many.
    pub fn sidebar_top(&self) -> usize {
        let top = self.sidebar_tops.get(&self.sidebar_view());
        top.copied().unwrap_or(0)
    }

    /// True while a prompt that was sent before is back in the composer.
    pub fn is_editing(&self) -> bool {
        self.panes.iter().any(|p| p.editing.is_some())
    }

    /// The trouble of one session's file is none of another's.
    pub(super) fn forget_trouble(&mut self) {
        if !self.no_store {
            self.unsaved = None;
        }
    }

    /// Sending asks something new again; false if it would have anyway.
    pub(super) fn stop_editing(&mut self) -> bool {
        let editing = self.is_editing();
        for pane in &mut self.panes {
            pane.editing = None;
        }
        editing
    }

    /// How to get at an action from where the focus is; its name if no key leads there.
    pub fn key_name(&self, action: Action) -> String {
        self.way_to(action)
            .unwrap_or_else(|| format!("{} (in the palette)", action.info().name))
    }

    /// Tokens that a request of `pane` may generate.
    pub fn max_completion_tokens(&self, variant: &Variant) -> u32 {
        variant
            .params
            .max_tokens
            .or_else(|| Some(self.profile(&variant.profile)?.max_completion_tokens))
            .unwrap_or(8_192)
    }

    /// How long an answer to `variant` may take.
    pub fn budget(&self, variant: &Variant) -> Option<Budget> {
        let profile = self.profile(&variant.profile);
        let rule = profile.map(|p| p.budget).unwrap_or_default();
        rule.budget(&variant.params)
    }

    /// When something on screen next changes with time, on the monotonic clock; `None` when nothing does.
    pub fn next_tick(&self) -> Option<Duration> {
        let notice = self.notices.iter().map(|n| n.until).min();
        let pace = Duration::from_millis(if self.settings.reduced_motion {
            1_000
        } else {
            100
        });
        let clock = self
            .live()
            .next()
            .is_some()
            .then(|| self.now.mono.saturating_add(pace));
        notice
            .into_iter()
            .chain(clock)
            .chain(self.quit_armed)
            .chain(self.layout_due)
            .chain(self.next_reading())
            .chain(self.next_quota_tick())
            .chain(self.can_go_on().then_some(self.now.mono))
            .chain(self.next_connect_tick())
            .min()
    }
}
