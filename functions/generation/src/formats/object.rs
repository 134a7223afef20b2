//! JSON objects that are written field by field: a plan may hold a hundred thousand findings, and a
//! `serde_json::Value` of each costs many times what its text does.

use serde::{Serialize, Serializer, ser::SerializeMap};

/// `object! { "a": 1, "b"?: option }`: fields in this order; those with `?` are left out where there is nothing.
macro_rules! object {
    ($($fields:tt)*) => {
        $crate::formats::object::Object($crate::formats::object::fields!($($fields)*))
    };
}

/// The fields of an [`object`], one in the other.
macro_rules! fields {
    () => { $crate::formats::object::End };
    ($key:literal: $value:expr $(, $($rest:tt)*)?) => {
        $crate::formats::object::Field(
            $key, Some($value), $crate::formats::object::fields!($($($rest)*)?)
        )
    };
    ($key:literal?: $value:expr $(, $($rest:tt)*)?) => {
        $crate::formats::object::Field($key, $value, $crate::formats::object::fields!($($($rest)*)?))
    };
}

pub(super) use {fields, object};

/// See [`object`].
pub struct Object<F>(pub F);

/// A field and those after it.
pub struct Field<T, F>(pub &'static str, pub Option<T>, pub F);

/// No field.
pub struct End;

/// Fields that can be written.
pub trait Fields {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

impl Fields for End {
    fn write<M: SerializeMap>(&self, _: &mut M) -> Result<(), M::Error> {
        Ok(())
    }
}

impl<T: Serialize, F: Fields> Fields for Field<T, F> {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self(key, value, rest) = self;
        if let Some(value) = value {
            map.serialize_entry(key, value)?;
        }
        rest.write(map)
    }
}

impl<F: Fields> Serialize for Object<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.write(&mut map)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_are_written_in_order_and_nothing_is_left_out() {
        let none: Option<u8> = None;
        let object = object! { "b": 1, "a"?: none, "c": object! { "d": none, "e"?: Some("f") } };
        let text = serde_json::to_string(&object).unwrap();
        assert_eq!(text, r#"{"b":1,"c":{"d":null,"e":"f"}}"#);
        assert_eq!(serde_json::to_string(&object! {}).unwrap(), "{}");
    }
}
