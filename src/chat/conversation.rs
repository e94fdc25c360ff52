//! A conversation: a tree of turns of which one path is visible. Editing and regenerating fork, never overwrite.
//!
//! Turns are kept in the order they were made; `parent` answers link them into the tree.

use super::{Answer, AnswerId, ConversationId, EndState, Message, Role, Turn, TurnId};

/// A tree of turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The conversation it was copied from.
    pub forked_from: Option<ConversationId>,
    turns: Vec<Turn>,
    /// The turns of the visible path, oldest first, as indexes into `turns`.
    path: Vec<usize>,
}

impl Conversation {
    /// An empty conversation.
    pub fn new(id: ConversationId) -> Self {
        Self {
            id,
            forked_from: None,
            turns: Vec::new(),
            path: Vec::new(),
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
        self.path.iter().map(|&i| &self.turns[i])
    }

    /// The last turn of the visible path.
    pub fn last_turn(&self) -> Option<&Turn> {
        self.turns.get(*self.path.last()?)
    }

    /// The last answer of the visible path: what a new turn follows.
    pub fn last_answer(&self) -> Option<&Answer> {
        self.last_turn()?.shown_answer()
    }

    /// A turn by id.
    pub fn turn(&self, id: TurnId) -> Option<&Turn> {
        self.turns.iter().find(|t| t.id == id)
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

    /// The answers that have not ended.
    pub fn live(&self) -> impl Iterator<Item = &Answer> {
        self.turns
            .iter()
            .flat_map(|t| &t.answers)
            .filter(|a| a.is_live())
    }

    /// Adds a turn below its parent and shows it.
    pub fn add_turn(&mut self, turn: Turn) {
        self.turns.push(turn);
        self.show_turn(self.turns.len() - 1);
    }

    /// Adds an answer to a turn and shows it. False if there is no such turn.
    pub fn add_answer(&mut self, turn: TurnId, answer: Answer) -> bool {
        let Some(index) = self.turns.iter().position(|t| t.id == turn) else {
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
        let index = self.turns.iter().position(|t| t.id == turn);
        if let Some(index) = index {
            self.show_turn(index);
        }
        index.is_some()
    }

    /// Shows the answer `step` places further among the siblings of `turn`; the path below follows it.
    pub fn show_sibling(&mut self, turn: TurnId, step: isize) -> bool {
        let Some(index) = self.turns.iter().position(|t| t.id == turn) else {
            return false;
        };
        let Some(turn) = self.turns.get_mut(index) else {
            return false;
        };
        let Some(shown) = turn
            .shown
            .checked_add_signed(step)
            .filter(|&s| s < turn.answers.len())
        else {
            return false;
        };
        turn.shown = shown;
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

    /// The turns above `turn`, oldest first, each with the answer that leads down to it.
    fn ancestors(&self, turn: &Turn) -> Vec<(&Turn, &Answer)> {
        let mut chain = Vec::new();
        let mut parent = turn.parent;
        while let Some((turn, answer)) = parent.and_then(|id| self.holder(id)) {
            chain.push((turn, answer));
            parent = turn.parent;
        }
        chain.reverse();
        chain
    }

    fn holder(&self, answer: AnswerId) -> Option<(&Turn, &Answer)> {
        self.turns
            .iter()
            .rev()
            .find_map(|t| Some((t, t.answers.iter().find(|a| a.id == answer)?)))
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
        self.path = path;
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
        self.turns.iter().rposition(|t| t.parent == Some(shown))
    }
}

impl Turn {
    /// True when its shown answer failed before any text: it is not sent along and offers to be sent again.
    pub fn failed_without_text(&self) -> bool {
        self.shown_answer().is_some_and(|a| {
            !a.has_text() && matches!(a.end().map(|e| &e.state), Some(EndState::Failed(_)))
        })
    }
}
