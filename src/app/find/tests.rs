//! Finding in a conversation that goes on: the same as one search of all that came.
//! How one text is searched is tested in `text`, what is looked for in `needle`.

use std::time::Duration;

use super::*;
use crate::{
    chat::{
        Answer, ConversationId, Delta, End, EndState, IdSource, StreamEvent, Timestamp, Variant,
    },
    metrics::Channel,
};

/// A conversation of turns that were asked and answered with these texts; the last answer goes on.
struct Talk {
    ids: IdSource,
    conversation: Conversation,
}

impl Talk {
    fn id(&mut self) -> uuid::Uuid {
        self.ids.next(Timestamp(1))
    }

    fn ask(&mut self, prompt: &str, answer: &str) {
        let turn = TurnId::from_uuid(self.id());
        self.conversation.add_turn(Turn {
            id: turn,
            parent: self.conversation.last_answer().map(|answer| answer.id),
            broadcast: None,
            text: prompt.to_owned(),
            attachments: Vec::new(),
            brief: None,
            at: Timestamp(1),
            answers: Vec::new(),
            shown: 0,
        });
        let variant = Variant::new("p", "m");
        let id = AnswerId::from_uuid(self.id());
        let live = Answer::new(id, variant, false, 1, Duration::ZERO);
        assert!(self.conversation.add_answer(turn, live));
        self.say(answer);
    }

    fn event(&mut self, event: StreamEvent) {
        let id = self.conversation.last_answer().expect("an answer").id;
        let answer = self.conversation.answer_mut(id).expect("it is there");
        answer.apply(event, Duration::ZERO);
    }

    fn say(&mut self, text: &str) {
        self.event(StreamEvent::Delta(Delta {
            channel: Channel::Content,
            text: text.to_owned(),
            at: Duration::ZERO,
        }));
    }

    fn end(&mut self) {
        self.event(StreamEvent::End(Box::new(End::bare(EndState::Complete))));
    }
}

#[test]
fn who_follows_finds_what_one_search_of_all_finds() {
    let mut ids = IdSource::new(1);
    let id = ConversationId::from_uuid(ids.next(Timestamp(1)));
    let conversation = Conversation::new(id);
    let mut talk = Talk { ids, conversation };
    let begin = || {
        Find::new(Before {
            scroll: Scroll::Follow,
            top: None,
            folds: BTreeMap::new(),
            focus: Focus::Panes,
            query: String::new(),
        })
    };
    let mut find = begin();
    let mut look = |talk: &Talk, query: &str, expected: usize| {
        find.line.set_text(query);
        find.search();
        find.follow(&talk.conversation);
        let mut new = begin();
        new.line.set_text(query);
        new.follow(&talk.conversation);
        new.search();
        assert_eq!(
            find,
            Find {
                line: find.line.clone(),
                ..new
            }
        );
        assert_eq!(find.count(), expected);
        let mut places = Vec::new();
        let mut next = find.first_from(None);
        while let Some(at) = next {
            places.push(at);
            find.current = Some(at);
            assert_eq!(find.ordinal(), Some(places.len()));
            let turn = talk.conversation.place_of(at.turn).expect("on the path");
            next = find.first_from(Some((turn, at.part, at.byte + 1)));
        }
        find.current = None;
        assert_eq!(places.len(), expected);
        assert_eq!(find.last_before(None), places.last().copied());
    };
    talk.ask("a word", "no");
    look(&talk, "word", 1);
    talk.say(", a wo");
    look(&talk, "word", 1);
    talk.say("rd");
    look(&talk, "word", 2);
    talk.end();
    look(&talk, "word", 2);
    talk.ask("nothing", "nothing");
    look(&talk, "word", 2);
    talk.end();
    talk.ask("words and words", "word");
    look(&talk, "word", 5);
    look(&talk, "nothing", 2);
    let first = talk.conversation.turns().first().expect("a turn").id;
    let other = AnswerId::from_uuid(talk.id());
    let other = Answer::new(other, Variant::new("p", "m"), false, 1, Duration::ZERO);
    assert!(talk.conversation.add_answer(first, other));
    talk.say("word word");
    look(&talk, "word", 3);
    assert!(talk.conversation.show_version(first, 0));
    look(&talk, "word", 5);
}
