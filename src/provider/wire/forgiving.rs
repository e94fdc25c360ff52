//! Values made from whatever JSON stands in their place, so that one odd field never costs the rest of a chunk.
//! Which fields there are is `chunk`'s.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::metrics::{ServerTime, Usage};

/// A string; anything else reads as none.
#[derive(Default)]
pub(super) struct Word<'a>(pub(super) Option<Cow<'a, str>>);

/// A number, or something that stands in its place and is none.
#[derive(Clone, Copy, Default)]
pub(super) enum Number {
    #[default]
    None,
    Whole(u64),
    Other(f64),
    /// A word, which may have been meant as one.
    Word,
}

impl Number {
    /// True if something was said, be it a number or not.
    pub(super) fn is_said(self) -> bool {
        !matches!(self, Self::None)
    }

    /// A count of tokens; a negative, broken or gigantic number is no count.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    pub(super) fn count(self) -> Option<u64> {
        match self {
            Self::Whole(n) => Some(n),
            // Some servers write all numbers with a point.
            Self::Other(n) if (0.0..=1e18).contains(&n) && n.fract() == 0.0 => Some(n as u64),
            _ => None,
        }
        .filter(|&n| Usage::is_count(n))
    }

    /// A time that a request may have taken; a negative, broken or gigantic number is none.
    pub(super) fn seconds(self) -> Option<Duration> {
        match self {
            Self::Whole(n) => Some(Duration::from_secs(n)),
            Self::Other(s) => Duration::try_from_secs_f64(s).ok(),
            Self::None | Self::Word => None,
        }
        .filter(|&time| ServerTime::is_time(time))
    }
}

/// Whether something stands there: a string, a list, an object or a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Present {
    #[default]
    No,
    /// A string, a list or an object that holds nothing.
    Hollow,
    Yes,
}

impl Present {
    fn holding(something: bool) -> Self {
        if something { Self::Yes } else { Self::Hollow }
    }
}

/// An object; anything else reads as none.
pub(super) struct Object<T>(pub(super) Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// A value made from whatever stands in its place; each method is what the type makes of that kind of JSON.
pub(super) trait Forgiving<'de>: Default {
    fn text(_: Cow<'de, str>) -> Self {
        Self::default()
    }
    fn number(_: Number) -> Self {
        Self::default()
    }
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl<'de: 'a, 'a> Forgiving<'de> for Word<'a> {
    fn text(text: Cow<'de, str>) -> Self {
        Self(Some(text))
    }
}

impl<'de> Forgiving<'de> for Number {
    fn text(_: Cow<'de, str>) -> Self {
        Self::Word
    }
    fn number(number: Number) -> Self {
        number
    }
}

impl<'de> Forgiving<'de> for Present {
    fn text(text: Cow<'de, str>) -> Self {
        Self::holding(!text.is_empty())
    }
    fn number(_: Number) -> Self {
        Self::Yes
    }
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut present = Self::Hollow;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            present = Self::Yes;
        }
        Ok(present)
    }
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut present = Self::Hollow;
        while list.next_element::<IgnoredAny>()?.is_some() {
            present = Self::Yes;
        }
        Ok(present)
    }
}

impl<'de, T: Deserialize<'de>> Forgiving<'de> for Object<T> {
    fn object<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Self(Some(value)))
    }
}

struct ForgivingVisitor<T>(PhantomData<T>);

impl<'de, T: Forgiving<'de>> Visitor<'de> for ForgivingVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_u64<E>(self, n: u64) -> Result<T, E> {
        Ok(T::number(Number::Whole(n)))
    }
    fn visit_i64<E>(self, n: i64) -> Result<T, E> {
        Ok(T::number(Number::Other(n as f64)))
    }
    fn visit_f64<E>(self, n: f64) -> Result<T, E> {
        Ok(T::number(Number::Other(n)))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<T, E> {
        Ok(T::text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::text(Cow::Owned(text.to_owned())))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::object(map)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }
}

pub(super) fn forgive<'de, T: Forgiving<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(ForgivingVisitor(PhantomData))
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        forgive(deserializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        forgive(deserializer)
    }
}

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        forgive(deserializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        forgive(deserializer)
    }
}
