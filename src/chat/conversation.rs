//! A conversation: a tree of turns of which one path is visible. Editing and regenerating fork, never overwrite.
//!
//! Turns are kept in the order they were made; `parent` answers link them into the tree.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{Answer, AnswerId, ConversationId, EndState, Message, Role, Turn, TurnId};

/// Asks for the rest of an answer where an endpoint cannot be given its beginning.
const GO_ON: &str = "Your last message was cut off. Continue it exactly where it stopped: repeat nothing of it, and \
    write nothing before its continuation.";

/// A tree of turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The conversation it was copied from.
    pub forked_from: Option<ConversationId>,
    turns: Vec<Turn>,
    /// Where in `turns` each is.
    places: HashMap<TurnId, usize>,
    /// The turns below each answer, and those at the start, as ascending indexes into `turns`.
    below: HashMap<Option<AnswerId>, Vec<usize>>,
    path: Path,
}

/// The turns of a visible path, oldest first, as ascending indexes. It is made anew whenever another turn or another
/// answer is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Path(Arc<[usize]>);

impl Path {
    /// Whether nothing was made anew since: the same turns with the same answers are shown.
    pub fn is_unchanged(&self, before: &Self) -> bool {
        Arc::ptr_eq(&self.0, &before.0)
    }
}

impl Conversation {
    /// An empty conversation.
    pub fn new(id: ConversationId) -> Self {
        Self {
            id,
            forked_from: None,
            turns: Vec::new(),
            places: HashMap::new(),
            below: HashMap::new(),
            path: Path(Arc::new([])),
        }
    }

    /// True while nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Every turn, oldest first, also those off the path.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// The turns of the visible path, oldest first.
    pub fn path(&self) -> impl DoubleEndedIterator<Item = &Turn> + ExactSizeIterator {
        // `path` is made from positions in `turns`, and turns are never removed.
        self.path.0.iter().map(|&i| &self.turns[i])
    }

    /// Which way the visible path goes: kept, it tells later whether it still goes that way.
    pub fn way(&self) -> &Path {
        &self.path
    }

    /// The turn at a place of the visible path.
    pub fn on_path(&self, place: usize) -> Option<&Turn> {
        self.turns.get(*self.path.0.get(place)?)
    }

    /// The place of a turn on the visible path.
    pub fn place_of(&self, id: TurnId) -> Option<usize> {
        self.path.0.binary_search(self.places.get(&id)?).ok()
    }

    /// The last turn of the visible path.
    pub fn last_turn(&self) -> Option<&Turn> {
        self.turns.get(*self.path.0.last()?)
    }

    /// The last answer of the visible path: what a new turn follows.
    pub fn last_answer(&self) -> Option<&Answer> {
        self.last_turn()?.shown_answer()
    }

    /// A turn by id.
    pub fn turn(&self, id: TurnId) -> Option<&Turn> {
        self.turns.get(*self.places.get(&id)?)
    }

    /// An answer by id.
    pub fn answer(&self, id: AnswerId) -> Option<&Answer> {
        self.turns
            .iter()
            .rev()
            .flat_map(|t| &t.answers)
            .find(|a| a.id == id)
    }

    /// An answer by id, to change.
    pub fn answer_mut(&mut self, id: AnswerId) -> Option<&mut Answer> {
        self.turns
            .iter_mut()
            .rev()
            .flat_map(|t| &mut t.answers)
            .find(|a| a.id == id)
    }

    /// Goes on with an answer that is over; the result counts its parts. What was known of its turn holds no more.
    pub fn resume(&mut self, id: AnswerId, prefix: bool, now: Duration) -> u32 {
        self.path = Path(self.path.0.to_vec().into());
        let answer = self.answer_mut(id);
        answer.map_or(0, |answer| answer.resume(prefix, now))
    }

    /// The answers that have not ended.
    pub fn live(&self) -> impl Iterator<Item = &Answer> {
        self.turns
            .iter()
            .flat_map(|t| &t.answers)
            .filter(|a| a.is_live())
    }

    /// Adds a turn below its parent and shows it.
    pub fn add_turn(&mut self, turn: Turn) {
        let index = self.turns.len();
        // Of two with one id, the first is meant.
        self.places.entry(turn.id).or_insert(index);
        self.below.entry(turn.parent).or_default().push(index);
        self.turns.push(turn);
        self.show_turn(index);
    }

    /// Adds an answer to a turn and shows it. False if there is no such turn.
    pub fn add_answer(&mut self, turn: TurnId, answer: Answer) -> bool {
        let Some(&index) = self.places.get(&turn) else {
            return false;
        };
        if let Some(turn) = self.turns.get_mut(index) {
            turn.answers.push(answer);
            turn.shown = turn.answers.len() - 1;
        }
        self.show_turn(index);
        true
    }

    /// Makes the visible path run through a turn. False if there is no such turn.
    pub fn show(&mut self, turn: TurnId) -> bool {
        let index = self.places.get(&turn).copied();
        if let Some(index) = index {
            self.show_turn(index);
        }
        index.is_some()
    }

    /// The versions of a turn: its answers and those of the turns that editing put beside it, oldest first; each as a
    /// turn and the place of an answer in it.
    pub fn versions(&self, turn: TurnId) -> Vec<(TurnId, usize)> {
        let Some(turn) = self.turn(turn) else {
            return Vec::new();
        };
        let beside = self.below.get(&turn.parent).into_iter().flatten();
        beside
            .filter_map(|&index| self.turns.get(index))
            .flat_map(|t| (0..t.answers.len().max(1)).map(|answer| (t.id, answer)))
            .collect()
    }

    /// Makes the visible path run through an answer of a turn, by its place. False if there is no such turn.
    pub fn show_version(&mut self, turn: TurnId, answer: usize) -> bool {
        let Some(&index) = self.places.get(&turn) else {
            return false;
        };
        if let Some(turn) = self.turns.get_mut(index) {
            turn.shown = answer.min(turn.answers.len().saturating_sub(1));
        }
        self.show_turn(index);
        true
    }

    /// What is sent when `turn` is asked: the system prompt, then the turns of its path. Stopped and cut answers go
    /// with the text they have; turns without text of an answer are left out; reasoning is not sent back.
    pub fn messages(&self, system: Option<&str>, turn: TurnId) -> Vec<Message> {
        let mut messages = Vec::new();
        if let Some(system) = system.filter(|s| !s.is_empty()) {
            messages.push(Message::new(Role::System, system));
        }
        let Some(asked) = self.turn(turn) else {
            return messages;
        };
        for (turn, answer) in self.ancestors(asked) {
            if !answer.content.is_empty() {
                messages.push(Message::new(Role::User, &turn.text));
                messages.push(Message::new(Role::Assistant, &answer.content));
            }
        }
        messages.push(Message::new(Role::User, &asked.text));
        messages
    }

    /// What is sent to make an answer of `turn` go on: what was sent for it, and then its own text, as the beginning of
    /// the answer or with the request to go on.
    pub fn messages_after(
        &self,
        system: Option<&str>,
        turn: TurnId,
        answer: &Answer,
        prefix: bool,
    ) -> Vec<Message> {
        let mut messages = self.messages(system, turn);
        messages.push(Message::new(Role::Assistant, &answer.content));
        if !prefix {
            messages.push(Message::new(Role::User, GO_ON));
        }
        messages
    }

    /// The turns above `turn`, oldest first, each with the answer that leads down to it. Only turns made before are
    /// looked at, so that the walk ends whatever a file claims.
    fn ancestors(&self, turn: &Turn) -> Vec<(&Turn, &Answer)> {
        let mut chain = Vec::new();
        let mut parent = turn.parent;
        let own = self.places.get(&turn.id).copied();
        let mut above = own.and_then(|i| self.turns.get(..i)).unwrap_or_default();
        while let Some((i, turn, answer)) = parent.and_then(|id| holder(above, id)) {
            chain.push((turn, answer));
            parent = turn.parent;
            above = above.get(..i).unwrap_or_default();
        }
        chain.reverse();
        chain
    }

    /// Makes the path run through turn `index`: its ancestors, itself, and the newest turns below.
    fn show_turn(&mut self, index: usize) {
        let mut path = Vec::new();
        let mut at = Some(index);
        while let Some(i) = at {
            path.push(i);
            at = self
                .turns
                .get(i)
                .and_then(|t| t.parent)
                .and_then(|parent| self.show_answer(parent, i));
        }
        path.reverse();
        let mut last = index;
        while let Some(below) = self.newest_below(last) {
            path.push(below);
            last = below;
        }
        self.path = Path(path.into());
    }

    /// Shows `answer` in its turn, one of those before `child`, and returns that turn's index. It is searched from
    /// the child upwards: there it is the nearest as a rule, and a walk up always ends.
    fn show_answer(&mut self, answer: AnswerId, child: usize) -> Option<usize> {
        let above = self.turns.get_mut(..child)?;
        above.iter_mut().enumerate().rev().find_map(|(i, turn)| {
            turn.shown = turn.answers.iter().position(|a| a.id == answer)?;
            Some(i)
        })
    }

    fn newest_below(&self, index: usize) -> Option<usize> {
        let shown = self.turns.get(index)?.shown_answer()?.id;
        // Turns below are made later; one that claims to follow its own answer must not lead in a circle.
        let newest = *self.below.get(&Some(shown))?.last()?;
        (newest > index).then_some(newest)
    }
}

/// The last of `turns` that has this answer, with its place.
fn holder(turns: &[Turn], answer: AnswerId) -> Option<(usize, &Turn, &Answer)> {
    turns.iter().enumerate().rev().find_map(|(i, turn)| {
        let answer = turn.answers.iter().find(|a| a.id == answer)?;
        Some((i, turn, answer))
    })
}

impl Turn {
    /// True when its shown answer failed before any text: it is not sent along and offers to be sent again.
    pub fn failed_without_text(&self) -> bool {
        self.shown_answer().is_some_and(|a| {
            let state = a.end().map(|e| &e.state);
            !a.has_text() && matches!(state, Some(EndState::Failed(_) | EndState::Skipped(_)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{
        Delta, End, Failure, FailureKind, IdSource, StreamEvent, Timestamp, Variant,
    };
    use crate::metrics::Channel;

    struct Tree {
        ids: IdSource,
        conversation: Conversation,
    }

    impl Tree {
        fn new() -> Self {
            let mut ids = IdSource::new(1);
            let id = ConversationId::from_uuid(ids.next(Timestamp(1)));
            Self {
                ids,
                conversation: Conversation::new(id),
            }
        }

        fn turn(&mut self, parent: Option<AnswerId>, text: &str) -> TurnId {
            let id = TurnId::from_uuid(self.ids.next(Timestamp(1)));
            self.conversation.add_turn(Turn {
                id,
                parent,
                broadcast: None,
                text: text.to_owned(),
                attachments: Vec::new(),
                brief: None,
                at: Timestamp(1),
                answers: Vec::new(),
                shown: 0,
            });
            id
        }

        /// Adds an answer with this text that ended in this state.
        fn answer(&mut self, turn: TurnId, text: &str, state: EndState) -> AnswerId {
            let id = AnswerId::from_uuid(self.ids.next(Timestamp(1)));
            let zero = Duration::ZERO;
            let mut answer = Answer::new(id, Variant::new("p", "m"), false, 1, zero);
            for channel in [Channel::Reasoning, Channel::Content] {
                let delta = Delta {
                    channel,
                    text: text.to_owned(),
                    at: zero,
                };
                answer.apply(StreamEvent::Delta(delta), zero);
            }
            answer.apply(StreamEvent::End(Box::new(End::bare(state))), zero);
            assert!(self.conversation.add_answer(turn, answer));
            id
        }

        fn path(&self) -> Vec<&str> {
            self.conversation.path().map(|t| t.text.as_str()).collect()
        }

        fn sent(&self, turn: TurnId) -> Vec<String> {
            let messages = self.conversation.messages(None, turn);
            messages.into_iter().map(|m| m.text).collect()
        }
    }

    fn failed() -> EndState {
        EndState::Failed(Failure::new(FailureKind::Server, "no", ""))
    }

    #[test]
    fn the_path_runs_through_what_was_made_last() {
        let mut tree = Tree::new();
        let one = tree.turn(None, "one");
        let first = tree.answer(one, "1", EndState::Complete);
        tree.turn(Some(first), "two");
        assert_eq!(tree.path(), ["one", "two"]);
        tree.answer(one, "uno", EndState::Complete);
        assert_eq!(tree.path(), ["one"], "nothing was asked below it yet");
        let fork = tree.turn(None, "one, edited");
        assert_eq!(tree.path(), ["one, edited"]);
        assert!(tree.conversation.show(one));
        assert_eq!(tree.path(), ["one"]);
        assert!(tree.conversation.show_version(one, 0));
        assert_eq!(tree.path(), ["one", "two"], "the path below comes along");
        assert!(tree.conversation.show(fork));
        assert_eq!(tree.conversation.turns().len(), 3, "nothing is lost");
    }

    #[test]
    fn a_turn_below_another_answer_shows_that_answer() {
        let mut tree = Tree::new();
        let root = tree.turn(None, "root");
        let first = tree.answer(root, "1", EndState::Complete);
        let below = tree.turn(Some(first), "below the first");
        tree.answer(root, "2", EndState::Complete);
        assert!(tree.conversation.show(below));
        assert_eq!(tree.path(), ["root", "below the first"]);
        let shown = tree.conversation.turn(root).and_then(Turn::shown_answer);
        assert_eq!(shown.map(|a| a.id), Some(first));
    }

    #[test]
    fn versions_are_the_answers_of_a_turn_and_of_its_edits() {
        let mut tree = Tree::new();
        let root = tree.turn(None, "root");
        let parent = tree.answer(root, "r", EndState::Complete);
        let dice = tree.turn(Some(parent), "dice");
        tree.answer(dice, "1", EndState::Complete);
        tree.answer(dice, "2", EndState::Complete);
        let edited = tree.turn(Some(parent), "two dice");
        let all = [(dice, 0), (dice, 1), (edited, 0)];
        assert_eq!(tree.conversation.versions(dice), all);
        assert_eq!(tree.conversation.versions(edited), all);
        assert_eq!(tree.conversation.versions(root), [(root, 0)]);
        assert!(tree.conversation.show_version(dice, 0));
        assert_eq!(tree.path(), ["root", "dice"]);
        let shown = tree.conversation.last_answer().map(|a| a.content.as_str());
        assert_eq!(shown, Some("1"));
        assert!(
            tree.conversation.show_version(edited, 9),
            "the last one it has"
        );
        assert_eq!(tree.path(), ["root", "two dice"]);
    }

    #[test]
    fn the_way_is_another_one_when_something_else_is_shown() {
        let mut tree = Tree::new();
        let one = tree.turn(None, "one");
        let first = tree.answer(one, "1", EndState::Complete);
        let two = tree.turn(Some(first), "two");
        let edited = tree.turn(Some(first), "two, edited");
        let way = tree.conversation.way().clone();
        assert!(tree.conversation.way().is_unchanged(&way));
        let places = |tree: &Tree| [one, two, edited].map(|id| tree.conversation.place_of(id));
        assert_eq!(places(&tree), [Some(0), None, Some(1)]);
        let at = |tree: &Tree, place| tree.conversation.on_path(place).map(|turn| turn.id);
        assert_eq!(at(&tree, 1), Some(edited));
        assert_eq!(at(&tree, 2), None);
        assert!(tree.conversation.show(two));
        assert!(!tree.conversation.way().is_unchanged(&way));
        assert_eq!(places(&tree), [Some(0), Some(1), None]);
        let way = tree.conversation.way().clone();
        tree.answer(two, "2", EndState::Complete);
        assert!(!tree.conversation.way().is_unchanged(&way), "other answers");
    }

    #[test]
    fn what_is_sent_is_the_path_with_its_texts() {
        let mut tree = Tree::new();
        let one = tree.turn(None, "one");
        let stopped = tree.answer(one, "half an ans", EndState::Stopped);
        let two = tree.turn(Some(stopped), "two");
        let nothing = tree.answer(two, "", failed());
        let last = tree.turn(Some(nothing), "three");
        assert_eq!(
            tree.sent(last),
            ["one", "half an ans", "three"],
            "a turn without an answer is left out, reasoning is not sent"
        );
        assert_eq!(tree.sent(one), ["one"]);
        let with_system = tree.conversation.messages(Some("Be brief."), one);
        assert_eq!(with_system[0], Message::new(Role::System, "Be brief."));
        assert_eq!(tree.conversation.messages(Some(""), one).len(), 1);
        assert!(tree.conversation.turn(two).unwrap().failed_without_text());
        assert!(!tree.conversation.turn(one).unwrap().failed_without_text());
    }

    #[test]
    fn what_is_not_there_is_no_place_to_go() {
        let mut tree = Tree::new();
        let stranger = TurnId::from_uuid(tree.ids.next(Timestamp(1)));
        let answer = AnswerId::from_uuid(tree.ids.next(Timestamp(1)));
        let waiting = Answer::new(answer, Variant::new("p", "m"), false, 1, Duration::ZERO);
        assert!(!tree.conversation.add_answer(stranger, waiting.clone()));
        assert!(!tree.conversation.show(stranger));
        assert!(tree.conversation.messages(None, stranger).is_empty());
        assert!(tree.conversation.is_empty() && tree.conversation.last_turn().is_none());
        let orphan = tree.turn(Some(answer), "whose parent was lost");
        assert_eq!(tree.path(), ["whose parent was lost"]);
        assert_eq!(tree.sent(orphan).len(), 1);
        tree.conversation.add_answer(orphan, waiting);
        assert_eq!(tree.conversation.live().count(), 1);
        assert_eq!(tree.path().len(), 1, "it follows its own answer now");
        assert_eq!(tree.sent(orphan).len(), 1);
    }
}
