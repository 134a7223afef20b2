//! The names of a type's fields, as serde knows them.

use std::fmt;

use serde::{
    de::{Deserialize, Deserializer, Error, Visitor},
    forward_to_deserialize_any,
};

/// The fields of the struct `T` in the order in which it declares them; none where it is no struct.
pub fn of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    match T::deserialize(Ask) {
        Err(Answer::Fields(fields)) => fields,
        Ok(_) | Err(Answer::Other) => &[],
    }
}

/// Asks a type how it would be read, and reads nothing.
struct Ask;

/// What asking ends with.
#[derive(Debug)]
enum Answer {
    Fields(&'static [&'static str]),
    Other,
}

impl<'de> Deserializer<'de> for Ask {
    type Error = Answer;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Answer> {
        Err(Answer::Fields(fields))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Answer> {
        Err(Answer::Other)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl Error for Answer {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }
}

impl std::error::Error for Answer {}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only asked for its fields")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ResourceKind, lambda::Function};

    #[test]
    fn every_kind_tells_its_fields() {
        for kind in ResourceKind::ALL {
            assert!(!kind.fields().is_empty(), "{kind}");
        }
        assert!(super::of::<Function>().starts_with(&["runtime", "architecture"]));
        assert!(super::of::<u32>().is_empty());
    }
}
