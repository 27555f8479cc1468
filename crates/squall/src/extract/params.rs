//! Deserializes route parameters into the type of a handler's argument.

use std::fmt;

use serde::de::{
    self, Deserializer, IntoDeserializer, Visitor,
    value::{MapDeserializer, SeqDeserializer},
};

/// The parameters of one route, in the order of its pattern.
pub(super) struct Params<'a>(Vec<(&'a str, &'a str)>);

/// One parameter's value, parsed on demand.
#[derive(Clone, Copy)]
struct Value<'a>(&'a str);

/// Parameters that do not match the handler's type.
#[derive(Debug)]
pub(super) enum ParamError {
    /// The client's value does not parse.
    Value(String),
    /// The handler extracts more or fewer values than its route has.
    Count { expected: usize, found: usize },
}

impl<'a> Params<'a> {
    pub(super) fn new(params: Vec<(&'a str, &'a str)>) -> Self {
        Self(params)
    }

    fn miscounted(&self, expected: usize) -> ParamError {
        let found = self.0.len();
        ParamError::Count { expected, found }
    }

    fn only(&self) -> Result<Value<'a>, ParamError> {
        match self.0[..] {
            [(_, value)] => Ok(Value(value)),
            _ => Err(self.miscounted(1)),
        }
    }
}

/// Types of one value: the route must have one parameter.
macro_rules! only {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
            self.only()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Params<'de> {
    type Error = ParamError;

    only! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_option
        deserialize_identifier
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
        let params = self.0.into_iter().map(|(name, value)| (name, Value(value)));
        visitor.visit_map(MapDeserializer::new(params))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParamError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
        let mut values = SeqDeserializer::new(self.0.into_iter().map(|(_, value)| Value(value)));
        let value = visitor.visit_seq(&mut values)?;
        values.end()?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ParamError> {
        if length != self.0.len() {
            return Err(self.miscounted(length));
        }
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ParamError> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParamError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParamError> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParamError> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
        visitor.visit_unit()
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
            match self.0.parse::<$type>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(ParamError::Value(format!(concat!("{:?} is not a ", stringify!($type)), self.0))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = ParamError;

    parsed! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
        deserialize_char visit_char char;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
        visitor.visit_borrowed_bytes(self.0.as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParamError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParamError> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    serde::forward_to_deserialize_any! {
        str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, ParamError> for Value<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(message) => f.write_str(message),
            Self::Count { expected, found } => {
                write!(
                    f,
                    "the handler extracts {expected} parameters, but the route has {found}"
                )
            }
        }
    }
}

impl std::error::Error for ParamError {}

impl de::Error for ParamError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, de::DeserializeOwned};

    use super::Params;

    fn read<T: DeserializeOwned>(params: &[(&str, &str)]) -> Result<T, String> {
        T::deserialize(Params::new(params.to_vec())).map_err(|error| error.to_string())
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct User {
        name: String,
        id: u64,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Id(u8);

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Small,
    }

    const BOTH: &[(&str, &str)] = &[("name", "Ada"), ("id", "7")];

    #[test]
    fn parameters_deserialize_into_values_tuples_structs_and_maps() {
        assert_eq!(read(&[("id", "7")]), Ok(7_u32));
        assert_eq!(read(&[("id", "7")]), Ok("7".to_owned()));
        assert_eq!(read(&[("id", "7")]), Ok(Some(7_u8)));
        assert_eq!(read(&[("id", "7")]), Ok(Id(7)));
        assert_eq!(read(&[("id", "7")]), Ok((7_u8,)));
        assert_eq!(read(&[("id", "small")]), Ok(Kind::Small));
        assert_eq!(read(BOTH), Ok(("Ada".to_owned(), 7_u64)));
        assert_eq!(read(BOTH), Ok(vec!["Ada".to_owned(), "7".to_owned()]));
        let user = User {
            name: "Ada".to_owned(),
            id: 7,
        };
        assert_eq!(read(BOTH), Ok(user));
        let map: BTreeMap<String, String> = read(BOTH).unwrap();
        assert_eq!(map["name"], "Ada");
        assert_eq!(read(&[]), Ok(()));
    }

    #[test]
    fn errors_name_the_value_or_the_count() {
        for (result, said) in [
            (read::<u8>(&[("id", "256")]).err(), "\"256\" is not a u8"),
            (
                read::<bool>(&[("id", "yes")]).err(),
                "\"yes\" is not a bool",
            ),
            (read::<Id>(&[("id", "-1")]).err(), "\"-1\" is not a u8"),
            (
                read::<u8>(BOTH).err(),
                "the handler extracts 1 parameters, but the route has 2",
            ),
            (read::<(u8, u8)>(BOTH).err(), "\"Ada\" is not a u8"),
            (
                read::<(u8, u8, u8)>(BOTH).err(),
                "the handler extracts 3 parameters, but the route has 2",
            ),
            (
                read::<(String,)>(BOTH).err(),
                "the handler extracts 1 parameters, but the route has 2",
            ),
            (read::<User>(&[("name", "Ada")]).err(), "missing field `id`"),
            (
                read::<Kind>(&[("id", "big")]).err(),
                "unknown variant `big`, expected `small`",
            ),
        ] {
            assert_eq!(result.as_deref(), Some(said));
        }
    }
}
