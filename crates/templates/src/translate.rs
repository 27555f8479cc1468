//! gettext functions for templates, independent of the source of translations.

use std::{borrow::Cow, sync::Arc};

use minijinja::Value;

/// Translates messages to the language of one request.
pub trait Translate: Send + Sync + 'static {
    /// Translates a message; `context` distinguishes the meanings of equal messages.
    fn translate<'a>(&'a self, context: Option<&str>, message: &'a str) -> Cow<'a, str>;

    /// Translates a message in the plural form for `count`.
    fn translate_plural<'a>(
        &'a self,
        context: Option<&str>,
        message: &'a str,
        plural: &'a str,
        count: u64,
    ) -> Cow<'a, str>;
}

/// Returns the gettext function of this name: `_`, `gettext`, `ngettext`, `pgettext` or
/// `npgettext`. Returns `None` for other names.
///
/// Translations are escaped like other text. Insert values with the filter `format`, which escapes
/// them too:
///
/// ```jinja
/// {{ ngettext("%(count)d book", "%(count)d books", count)|format(count=count) }}
/// ```
///
/// A negative count uses the form of its absolute value.
#[must_use]
pub fn translation(name: &str, translate: &Arc<impl Translate>) -> Option<Value> {
    let translate = Arc::clone(translate);
    Some(match name {
        "_" | "gettext" => Value::from_function(move |message: &str| {
            Value::from(translate.translate(None, message))
        }),
        "pgettext" => Value::from_function(move |context: &str, message: &str| {
            Value::from(translate.translate(Some(context), message))
        }),
        "ngettext" => Value::from_function(move |message: &str, plural: &str, count: i64| {
            Value::from(translate.translate_plural(None, message, plural, count.unsigned_abs()))
        }),
        "npgettext" => Value::from_function(
            move |context: &str, message: &str, plural: &str, count: i64| {
                let count = count.unsigned_abs();
                Value::from(translate.translate_plural(Some(context), message, plural, count))
            },
        ),
        _ => return None,
    })
}
