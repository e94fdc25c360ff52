//! Secrets that must not come out again: which are known, where they stand in text, and text without them.
//!
//! Who learns one is who reads keys; who asks is everybody that shows, writes or logs what somebody else said.

mod print;
mod spelt;
mod strand;

use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use memchr::{memchr_iter, memmem};
use secrecy::{ExposeSecret, SecretString};

pub use self::print::{KeyFound, KeyPrint, find_key, hide_known, hide_likely};
pub use self::strand::{Found, Strand};

/// What stands where a key stood.
pub const HIDDEN: &str = "[key hidden]";
/// A "key" of a few characters would blot out ordinary words.
const LEAST: usize = 8;
/// Where a piece of a key stands alone, so many characters of it are too many, or half of a short one.
const TELLING: usize = 8;

/// The secrets that are known so far. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Shared>);

#[derive(Default)]
struct Shared {
    known: RwLock<Arc<[Known]>>,
    told: Mutex<Option<Tell>>,
}

#[derive(Clone)]
struct Known {
    text: SecretString,
    /// Another way to write one that is known, which nobody types.
    is_spelling: bool,
}

impl Known {
    fn text(&self) -> &str {
        self.text.expose_secret()
    }
}

type Tell = Box<dyn Fn(Vec<KeyPrint>) + Send>;

impl Secrets {
    /// Hides `secret` from now on, also as JSON, addresses and base64 spell it.
    pub fn learn(&self, secret: &SecretString) {
        let plain = secret.expose_secret().trim();
        if plain.len() < LEAST {
            return;
        }
        let is_new = self.add(plain, false) | self.add(&spelt::json(plain), false);
        for spelling in spelt::others(plain) {
            self.add(&spelling, true);
        }
        if is_new && let Some(tell) = &*lock(&self.0.told) {
            tell(self.prints());
        }
    }

    fn add(&self, text: &str, is_spelling: bool) -> bool {
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.iter().any(|k| k.text() == text) {
            return false;
        }
        let mut all = known.to_vec();
        all.push(Known {
            text: SecretString::from(text),
            is_spelling,
        });
        *known = all.into();
        true
    }

    /// Calls `tell` with the prints of all secrets now and whenever one is learned.
    pub fn on_change(&self, tell: impl Fn(Vec<KeyPrint>) + Send + 'static) {
        // Held meanwhile: what is learned now is told after it.
        let mut told = lock(&self.0.told);
        tell(self.prints());
        *told = Some(Box::new(tell));
    }

    /// True if none is known.
    pub fn is_empty(&self) -> bool {
        self.known().is_empty()
    }

    /// `text` without any secret.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        without(text, self.places(text))
    }

    /// The same of words about a request, also where they name a part of a secret, as in `csk-ab…yz`.
    pub fn hide_all<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut places = self.places(text);
        places.extend(self.parts(text));
        without(text, places)
    }

    /// Where `text` names a part of a secret, in bytes: cut short, or a piece that is too long to be there by chance.
    pub fn parts(&self, text: &str) -> Vec<Range<usize>> {
        let known = self.known();
        let secrets: Vec<&str> = known.iter().map(Known::text).collect();
        let mut places = spelt::cut_short(text, &secrets);
        places.extend(spelt::pieces(text, &secrets));
        places
    }

    /// The same for bytes that are about to be written; what holds no secret stays as it is, byte for byte.
    pub fn hide_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let is_in = |k: &Known| memmem::find(bytes, k.text().as_bytes()).is_some();
        if !self.known().iter().any(is_in) {
            return Cow::Borrowed(bytes);
        }
        let text = String::from_utf8_lossy(bytes);
        Cow::Owned(self.hide(&text).into_owned().into_bytes())
    }

    /// Where secrets are in `text`, and what at its end may be the beginning of one.
    pub fn find(&self, text: &str) -> Found {
        let (mut hidden, ends) = self.look(text);
        let mut held = ends.bytes;
        let from = text.len().saturating_sub(held);
        // One secret may begin as another does, or where it ends.
        if let Some(place) = hidden.iter().find(|p| p.start < from && from < p.end) {
            held = self.ends(text.get(place.end..).unwrap_or_default()).bytes;
        }
        let from = text.len().saturating_sub(held);
        hidden.retain(|place| place.end <= from);
        Found { hidden, held }
    }

    /// Where secrets are in `text`, in order.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        self.look(text).0
    }

    /// The longest end of `text` that a secret begins with.
    fn ends(&self, text: &str) -> Piece {
        self.look(text).1
    }

    /// Both. Tokens come by the thousand in a second: what no secret begins with is passed over byte by byte.
    fn look(&self, text: &str) -> (Vec<Range<usize>>, Piece) {
        let (mut places, mut ends) = (Vec::new(), Piece::default());
        let (text, known) = (text.as_bytes(), self.known());
        for secret in known.iter().map(|k| k.text().as_bytes()) {
            let begins = secret.first().map(|&first| memchr_iter(first, text));
            for at in begins.into_iter().flatten() {
                let rest = text.get(at..).unwrap_or_default();
                if rest.starts_with(secret) {
                    places.push(at..at.saturating_add(secret.len()));
                } else if rest.len() < secret.len() && secret.starts_with(rest) {
                    ends.add(rest.len(), secret, true);
                }
            }
        }
        in_order(&mut places);
        (places, ends)
    }

    /// The longest beginning of `text` that stands within a secret.
    fn piece(&self, text: &str) -> Piece {
        let mut piece = Piece::default();
        let known = self.known();
        for secret in known.iter().map(|k| k.text().as_bytes()) {
            for rest in (1..secret.len()).filter_map(|at| secret.get(at..)) {
                let both = rest.iter().zip(text.as_bytes());
                let bytes = both.take_while(|(a, b)| a == b).count();
                let goes_on = bytes == text.len() && bytes < rest.len();
                piece.add(text.floor_char_boundary(bytes), secret, goes_on);
            }
        }
        piece
    }

    /// What tells the secrets without holding them.
    pub fn prints(&self) -> Vec<KeyPrint> {
        let known = self.known();
        let typed = known.iter().filter(|k| !k.is_spelling);
        typed.map(|k| KeyPrint::of(k.text())).collect()
    }

    fn known(&self) -> Arc<[Known]> {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known)
    }
}

/// What of a text is part of a secret.
#[derive(Clone, Copy, Default)]
struct Piece {
    bytes: usize,
    /// It is too much to be shown.
    is_telling: bool,
    /// It ends with the text, and the secret does not.
    goes_on: bool,
}

impl Piece {
    /// So many bytes may be part of this secret, too.
    fn add(&mut self, bytes: usize, secret: &[u8], goes_on: bool) {
        self.bytes = self.bytes.max(bytes);
        self.is_telling |= bytes >= TELLING.min(secret.len() / 2);
        self.goes_on |= bytes > 0 && goes_on;
    }
}

/// Sorts places; those that overlap become one.
fn in_order(places: &mut Vec<Range<usize>>) {
    places.sort_unstable_by_key(|place| place.start);
    places.dedup_by(|next, last| {
        let overlap = next.start < last.end;
        if overlap {
            last.end = last.end.max(next.end);
        }
        overlap
    });
}

/// `text` with a stand-in at these places, in bytes; where they overlap, one.
pub fn without(text: &str, mut places: Vec<Range<usize>>) -> Cow<'_, str> {
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    in_order(&mut places);
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    for place in places {
        clean.push_str(text.get(from..place.start).unwrap_or_default());
        clean.push_str(HIDDEN);
        from = place.end;
    }
    clean.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(clean)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} hidden)", self.prints().len())
    }
}

/// Who holds the same settings may have learned more secrets by now; that makes no other settings.
impl PartialEq for Secrets {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Secrets {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Secret;

    const KEY: &str = "csk-canary-0123456789abcdef";

    fn knowing(keys: &[&str]) -> Secrets {
        let secrets = Secrets::default();
        for &key in keys {
            secrets.learn(&key.into());
        }
        secrets
    }

    #[test]
    fn what_is_known_is_hidden_and_the_rest_is_not_touched() {
        let secrets = knowing(&[KEY, "mock", "quo\"ted-key"]);
        let text = format!("a {KEY}, {KEY}. mock");
        assert_eq!(secrets.hide(&text), "a [key hidden], [key hidden]. mock");
        assert!(matches!(secrets.hide("nothing"), Cow::Borrowed(_)));
        assert_eq!(
            &*secrets.hide_bytes(br#"{"a":"quo\"ted-key"}"#),
            br#"{"a":"[key hidden]"}"#
        );
        assert_eq!(&*secrets.hide_bytes(b"\xff quo"), b"\xff quo");
        assert_eq!(&*knowing(&[]).hide(KEY), KEY);
        let secrets = knowing(&["csk-a/b+c==0123"]);
        let spelt = r"csk-a\/b+c==0123 csk-a%2Fb%2Bc%3D%3D0123 csk-a%2fb%2bc%3d%3d0123 Y3NrLWEvYitjPT0wMTIz";
        assert_eq!(secrets.hide(spelt), [HIDDEN; 4].join(" "));
        assert_eq!(secrets.prints().len(), 1);
        assert_eq!(
            secrets.hide_all("no csk-a/b...0123, csk-a/b+c==0123"),
            "no [key hidden], [key hidden]"
        );
        let secrets = knowing(&["csk-k3m9x2p7q4w8e5r1", "the-provider-key"]);
        for (said, hidden) in [
            ("key csk-k3m9x2p7q4 is", "key [key hidden] is"),
            ("\"9x2p7q4w\"", "\"[key hidden]\""),
            ("ends in 4w8e5r1", "ends in 4w8e5r1"),
            ("the provider says", "the provider says"),
            ("the-provider-k, of", "[key hidden], of"),
            ("é9x2p7q4w8é", "é[key hidden]é"),
        ] {
            assert_eq!(secrets.hide_all(said), hidden);
        }
    }

    #[test]
    fn the_longer_of_two_keys_that_begin_alike_is_hidden_whole() {
        let longer = format!("{KEY}-new");
        let secrets = knowing(&[KEY, &longer]);
        assert_eq!(
            secrets.hide(&format!("{longer} {KEY}")),
            "[key hidden] [key hidden]"
        );
    }

    #[test]
    fn only_what_may_become_a_key_is_held_back() {
        let secrets = knowing(&[KEY]);
        for (text, held) in [
            ("", 0),
            ("plain", 0),
            ("basic", 1),
            ("a cs", 2),
            ("csk-canary-0123456789abcde", 26),
            ("csk-x", 0),
            ("ccsk-", 4),
            ("é c", 1),
        ] {
            assert_eq!(secrets.find(text).held, held, "{text}");
        }
    }

    #[test]
    fn nothing_prints_a_secret() {
        let secret = Secret::from(KEY);
        let json = serde_json::to_string(&secret).unwrap();
        let shown = format!(
            "{secret} {secret:?} {json} {:?} {:?}",
            knowing(&[KEY]),
            KeyPrint::of(KEY)
        );
        assert_eq!(
            shown,
            "[hidden] [hidden] \"[hidden]\" Secrets(1 hidden) KeyPrint"
        );
    }

    #[test]
    fn who_wants_to_know_hears_of_each_secret_once() {
        let secrets = knowing(&[KEY]);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&heard);
        secrets.on_change(move |prints| lock(&into).push(prints.len()));
        secrets.learn(&"another-secret".into());
        secrets.learn(&"another-secret".into());
        assert_eq!(*lock(&heard), [1, 2]);
    }

    #[test]
    fn what_is_learned_while_the_first_are_told_is_told_too() {
        let secrets = knowing(&[KEY]);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let learner = Mutex::new(None);
        let (into, all) = (Arc::clone(&heard), secrets.clone());
        secrets.on_change(move |prints| {
            lock(&into).push(prints.len());
            let mut learner = lock(&learner);
            if learner.is_none() {
                let learning = all.clone();
                *learner = Some(std::thread::spawn(move || {
                    learning.learn(&"another-secret".into());
                }));
                while all.prints().len() < 2 {
                    std::thread::yield_now();
                }
            }
        });
        while lock(&heard).len() < 2 {
            std::thread::yield_now();
        }
        assert_eq!(*lock(&heard), [1, 2]);
    }
}
