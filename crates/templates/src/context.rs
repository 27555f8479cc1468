//! `context!`: the values of a template, of any type that serde can serialize.

use std::collections::BTreeMap;

use minijinja::{
    Value,
    value::{Serde, merge_maps},
};
use serde::Serialize;

/// Makes the context of a template from names and values (`title => "Home"`), or from variables with
/// these names (`title`). `..other` adds the values of another context or struct; if several have a
/// name, the first counts.
///
/// A value can be of any type that serde can serialize, and is taken by reference. A [`Value`] stays
/// as it is: [`html`](crate::html) is not escaped, and functions can be called.
///
/// # Examples
///
/// ```
/// use squall_templates::{context, html};
///
/// #[derive(serde::Serialize)]
/// struct Message {
///     author: &'static str,
///     text: String,
/// }
///
/// let messages = vec![Message { author: "Ada", text: "Hello".to_owned() }];
/// let site = context! { title => "Chat", footer => html("<hr>") };
/// let page = context! { messages, newest => messages.first(), ..site };
/// assert_eq!(page.get_attr("messages")?.get_item_by_index(0)?.get_attr("author")?, "Ada".into());
/// assert_eq!(page.get_attr("title")?, "Chat".into());
/// # Ok::<(), squall_templates::minijinja::Error>(())
/// ```
#[macro_export]
macro_rules! context {
    ($($name:ident $(=> $value:expr)?),+ $(, ..$other:expr)* $(,)?) => {
        $crate::__context::merge([
            $crate::__context::map([
                $((stringify!($name), $crate::__context_value!($name $(=> $value)?))),+
            ]),
            $($crate::__context::value(&$other)),*
        ])
    };
    ($(..$other:expr),* $(,)?) => {
        $crate::__context::merge([$($crate::__context::value(&$other)),*])
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __context_value {
    ($name:ident) => {
        $crate::__context::value(&$name)
    };
    ($name:ident => $value:expr) => {
        $crate::__context::value(&$value)
    };
}

/// A type whose values templates can use.
#[diagnostic::on_unimplemented(
    message = "templates cannot use a value of the type `{Self}`",
    label = "this type is not `serde::Serialize`",
    note = "add `#[derive(serde::Serialize)]` to the type, or give the template its text or its parts"
)]
pub trait ContextValue: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> ContextValue for T {}

/// Returns a value of the program as a value of templates.
#[must_use]
pub fn value<T: ContextValue + ?Sized>(value: &T) -> Value {
    Value::from(Serde(value))
}

/// Returns the map of names and values.
#[must_use]
pub fn map<const N: usize>(values: [(&'static str, Value); N]) -> Value {
    values.into_iter().collect::<BTreeMap<_, _>>().into()
}

/// Merges maps, of which the first has precedence.
#[must_use]
pub fn merge<const N: usize>(maps: [Value; N]) -> Value {
    merge_maps(maps.into_iter().rev())
}
