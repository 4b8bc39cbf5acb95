//! Metadata in YAML, each value kept as it was written: `3.10` stays `3.10`.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use crate::sources::MetaValue;

/// Why a text is not metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(crate) struct Fault {
    /// The line, from 1, within the text.
    pub(crate) line: u64,
    /// What is wrong there.
    pub(crate) reason: String,
}

/// Reads `key: value` and `key: [value, …]`; keys without a value are left out.
pub(crate) fn read(text: &str) -> Result<Vec<(String, MetaValue)>, Fault> {
    let shapes: Shapes = serde_saphyr::from_str(text).map_err(|error| fault(&error))?;
    serde_saphyr::with_deserializer_from_str(text, |deserializer| {
        Values(shapes.0).deserialize(deserializer)
    })
    .map_err(|error| fault(&error))
}

fn fault(error: &serde_saphyr::Error) -> Fault {
    let line = error.location().map_or(1, |location| location.line());
    let text = error.without_snippet().to_string();
    let reason = text.lines().next().unwrap_or_default().to_owned();
    Fault { line, reason }
}

/// What kind of value each key has; numbers are not kept, since reading them loses digits.
struct Shapes(Vec<Shape>);

#[derive(Clone, Copy)]
enum Shape {
    Nothing,
    One,
    Many,
}

impl<'de> Deserialize<'de> for Shapes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapesVisitor)
    }
}

struct ShapesVisitor;

impl<'de> Visitor<'de> for ShapesVisitor {
    type Value = Shapes;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("lines of `key: value`")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Shapes, E> {
        Ok(Shapes(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shapes, A::Error> {
        let mut shapes = Vec::new();
        while let Some((_, shape)) = map.next_entry::<String, Shape>()? {
            shapes.push(shape);
        }
        Ok(Shapes(shapes))
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a value or a list of values")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Shape, E> {
        Ok(Shape::Nothing)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::One)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::One)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::One)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::One)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        while list.next_element::<Shape>()?.is_some() {}
        Ok(Shape::Many)
    }
}

/// Reads the values as the text they are, knowing their shapes.
struct Values(Vec<Shape>);

impl<'de> DeserializeSeed<'de> for Values {
    type Value = Vec<(String, MetaValue)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            return IgnoredAny::deserialize(deserializer).map(|_| Vec::new());
        }
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Values {
    type Value = Vec<(String, MetaValue)>;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("lines of `key: value`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        for shape in self.0 {
            let Some(key) = map.next_key::<String>()? else { break };
            match shape {
                Shape::Nothing => {
                    map.next_value::<IgnoredAny>()?;
                }
                Shape::One => values.push((key, MetaValue::One(map.next_value()?))),
                Shape::Many => {
                    let list: Vec<Option<String>> = map.next_value()?;
                    values.push((key, MetaValue::Many(list.into_iter().flatten().collect())));
                }
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, value: &str) -> (String, MetaValue) {
        (key.to_owned(), MetaValue::One(value.to_owned()))
    }

    #[test]
    fn values_are_kept_as_written() {
        let text = "# et hoved\nversion: 3.10\nloengruppe: [0780, \"042\"]\ngyldig_til:\n\
                    gyldig_fra: 2025-03-01\ndemo: true\ntitel: \"Løn: aconto\"\n";
        let many = MetaValue::Many(vec!["0780".to_owned(), "042".to_owned()]);
        let expected = [
            one("version", "3.10"),
            ("loengruppe".to_owned(), many),
            one("gyldig_fra", "2025-03-01"),
            one("demo", "true"),
            one("titel", "Løn: aconto"),
        ];
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(read("\n# kun en bemærkning\n").unwrap(), []);
    }

    #[track_caller]
    fn check_fault(text: &str, line: u64) {
        assert_eq!(read(text).unwrap_err().line, line, "{text}");
    }

    #[test]
    fn a_fault_names_its_line() {
        check_fault("version: 1\ntitel: [a\nejer: b\n", 3);
        check_fault("version: 1\ntitel: 'a\n", 3);
        check_fault("version: 1\nejer:\n  navn: b\n", 3);
        check_fault("version: 1\nversion: 2\n", 2);
        check_fault("bare tekst", 1);
    }
}
