//! Deserializes route parameters into the type of a handler's argument.

mod value;

use std::{cell::Cell, fmt};

use serde::de::{
    self, DeserializeOwned, Deserializer, Visitor,
    value::{MapDeserializer, SeqDeserializer},
};

use self::value::Value;

/// Deserializes the parameters of one route, in the order of its pattern.
///
/// The type does not tell whether an untagged enum needs numbers, text or a map. So each is tried in
/// turn; for all other types the first attempt decides.
pub(super) fn deserialize<T: DeserializeOwned>(pairs: &[(&str, &str)]) -> Result<T, ParamError> {
    let attempt = |untyped| {
        let is_untyped = Cell::new(false);
        let hint = Hint {
            untyped,
            is_untyped: &is_untyped,
        };
        (T::deserialize(Params { pairs, hint }), is_untyped.get())
    };
    let (mut result, mut is_untyped) = attempt(Untyped::Scalar);
    for untyped in [Untyped::Text, Untyped::ScalarMap, Untyped::TextMap] {
        if is_untyped && matches!(result, Err(ParamError::Value(_))) {
            (result, is_untyped) = attempt(untyped);
        }
    }
    result
}

/// The presentation of parameters to a type that accepts any.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Untyped {
    /// A single parameter is a number, a boolean or text.
    Scalar,
    /// A single parameter is text.
    Text,
    /// A map, even of one parameter, with numbers and booleans.
    ScalarMap,
    /// A map of text.
    TextMap,
}

#[derive(Clone, Copy)]
struct Hint<'a> {
    untyped: Untyped,
    /// Set if the type accepts any presentation.
    is_untyped: &'a Cell<bool>,
}

/// The parameters of one route: a value, a sequence or a map, which depends on the type.
struct Params<'a> {
    /// Names and values.
    pairs: &'a [(&'a str, &'a str)],
    hint: Hint<'a>,
}

/// Parameters that do not match the handler's type.
#[derive(Debug)]
pub(super) enum ParamError {
    /// The client's value does not parse.
    Value(String),
    /// The handler extracts more or fewer values than its route has.
    Count { expected: usize, found: usize },
}

impl<'a> Params<'a> {
    fn miscounted(&self, expected: usize) -> ParamError {
        let found = self.pairs.len();
        ParamError::Count { expected, found }
    }

    fn only(&self) -> Result<Value<'a>, ParamError> {
        match self.pairs {
            [(_, text)] => Ok(self.value(text)),
            _ => Err(self.miscounted(1)),
        }
    }

    fn value(&self, text: &'a str) -> Value<'a> {
        Value {
            text,
            hint: self.hint,
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
        self.hint.is_untyped.set(true);
        match (self.hint.untyped, self.pairs.len()) {
            (Untyped::Scalar | Untyped::Text, 1) => self.only()?.deserialize_any(visitor),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParamError> {
        let pairs = self.pairs.iter();
        let pairs = pairs.map(|&(name, text)| (name, self.value(text)));
        visitor.visit_map(MapDeserializer::new(pairs))
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
        let values = self.pairs.iter().map(|&(_, text)| self.value(text));
        let mut values = SeqDeserializer::new(values);
        let value = visitor.visit_seq(&mut values)?;
        values.end()?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ParamError> {
        if length != self.pairs.len() {
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

    fn read<T: DeserializeOwned>(params: &[(&str, &str)]) -> Result<T, String> {
        super::deserialize(params).map_err(|error| error.to_string())
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

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum Key {
        Flag(bool),
        Id(u64),
        Offset(i64),
        Ratio(f64),
        Slug(String),
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum TextKey {
        Kind(Kind),
        Letter(char),
        Name(String),
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum ByName {
        User { name: String, id: u64 },
        Id { id: u64 },
        Name { name: String },
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Flat {
        id: u64,
        #[serde(flatten)]
        rest: BTreeMap<String, String>,
    }

    #[test]
    fn untagged_enums_select_the_variant_of_the_value() {
        for (text, key) in [
            ("7", Key::Id(7)),
            ("-7", Key::Offset(-7)),
            ("1.5", Key::Ratio(1.5)),
            ("true", Key::Flag(true)),
            ("007", Key::Slug("007".to_owned())),
            ("+7", Key::Slug("+7".to_owned())),
            ("1e3", Key::Slug("1e3".to_owned())),
            ("NaN", Key::Slug("NaN".to_owned())),
            ("inf", Key::Slug("inf".to_owned())),
            ("Ada", Key::Slug("Ada".to_owned())),
            ("", Key::Slug(String::new())),
        ] {
            assert_eq!(read(&[("key", text)]), Ok(key), "{text}");
        }
        for (text, key) in [
            ("small", TextKey::Kind(Kind::Small)),
            ("x", TextKey::Letter('x')),
            ("12", TextKey::Name("12".to_owned())),
            ("true", TextKey::Name("true".to_owned())),
        ] {
            assert_eq!(read(&[("key", text)]), Ok(key), "{text}");
        }
        let name = "Ada".to_owned();
        assert_eq!(
            read(BOTH),
            Ok(ByName::User {
                name: name.clone(),
                id: 7
            })
        );
        assert_eq!(read(&[("id", "7")]), Ok(ByName::Id { id: 7 }));
        assert_eq!(read(&[("name", "Ada")]), Ok(ByName::Name { name }));
        let name = "7".to_owned();
        assert_eq!(read(&[("name", "7")]), Ok(ByName::Name { name }));
        let rest = BTreeMap::from([("name".to_owned(), "7".to_owned())]);
        assert_eq!(
            read(&[("id", "7"), ("name", "7")]),
            Ok(Flat { id: 7, rest })
        );
        let keys = vec![Key::Slug("Ada".to_owned()), Key::Id(7)];
        assert_eq!(read(BOTH), Ok(keys));
        let error = read::<ByName>(&[("id", "x")]).unwrap_err();
        assert!(error.contains("did not match any variant"), "{error}");
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
