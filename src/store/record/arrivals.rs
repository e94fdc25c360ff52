//! Arrivals on disk: `[gap, bytes, gap, bytes, …]`, gaps in microseconds, the first since the attempt was sent.
//!
//! One token an event makes four bytes of text; pairs of absolute times would take three times that. For serde's `with`.

use std::fmt;

use serde::{
    Deserializer, Serializer,
    de::{Error, SeqAccess, Visitor},
    ser::SerializeSeq,
};

pub(super) fn serialize<S: Serializer>(
    arrivals: &[(u64, u32)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(arrivals.len().saturating_mul(2)))?;
    let mut before = 0_u64;
    for &(micros, bytes) in arrivals {
        // Wraps on purpose: times that run backwards come back exactly, as negative gaps.
        list.serialize_element(&micros.wrapping_sub(before).cast_signed())?;
        list.serialize_element(&bytes)?;
        before = micros;
    }
    list.end()
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(u64, u32)>, D::Error> {
    deserializer.deserialize_seq(Flat)
}

struct Flat;

impl<'de> Visitor<'de> for Flat {
    type Value = Vec<(u64, u32)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of gaps and byte counts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut arrivals = Vec::new();
        let mut at = 0_u64;
        while let Some(gap) = list.next_element::<i64>()? {
            let bytes = list
                .next_element::<u32>()?
                .ok_or_else(|| A::Error::custom("a gap without its bytes"))?;
            at = at.wrapping_add_signed(gap);
            arrivals.push((at, bytes));
        }
        Ok(arrivals)
    }
}
