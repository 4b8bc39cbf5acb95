//! JSON in which every name stands once.
//!
//! Where a name stands twice, one reader takes the first and another the last: a token could say
//! one thing to whoever checks it and another to whoever uses it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A value in which every name stands once.
#[derive(Debug)]
pub(crate) struct Unique(pub(crate) Value);

/// Reads one object.
pub(crate) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice::<Unique>(bytes).ok()?.0 {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON in which every name stands once")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut held = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            held.push(item);
        }
        Ok(held.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut held = Map::new();
        while let Some((name, Unique(value))) = fields.next_entry::<String, Unique>()? {
            if held.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(held.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_refused_at_every_depth() {
        assert!(object(br#"{"a": 1, "b": [{"a": -1.5, "c": null, "d": true}]}"#).is_some());
        for twice in [r#"{"a":1,"a":1}"#, r#"{"x":{"a":1,"\u0061":2}}"#, r#"{"x":[{"a":1,"a":2}]}"#]
        {
            assert!(object(twice.as_bytes()).is_none(), "{twice}");
        }
        assert!(object(b"[]").is_none() && object(b"{} {}").is_none() && object(b"\xff").is_none());
    }
}
