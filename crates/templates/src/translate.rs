//! Translation in templates: gettext's functions, by whatever finds translations.

use std::sync::Arc;

use minijinja::Value;

/// Finds translations, in the language of one request.
pub trait Translate: Send + Sync + 'static {
    /// The translation of a message, perhaps in a context that says which of its meanings is meant.
    fn translate(&self, context: Option<&str>, message: &str) -> String;

    /// The translation in the form that the count takes.
    fn translate_plural(
        &self,
        context: Option<&str>,
        message: &str,
        plural: &str,
        count: u64,
    ) -> String;
}

/// gettext's function of this name: `_`, `gettext`, `ngettext`, `pgettext` or `npgettext`. `None` for other names.
///
/// Translations are escaped as other texts are. Values go into them by the filter `format`, which escapes them too:
///
/// ```jinja
/// {{ ngettext("%(count)d book by %(name)s", "%(count)d books by %(name)s", count)|format(count=count, name=name) }}
/// ```
///
/// A negative count takes the form of the positive one.
#[must_use]
pub fn translation(name: &str, translate: &Arc<impl Translate>) -> Option<Value> {
    let translate = Arc::clone(translate);
    Some(match name {
        "_" | "gettext" => {
            Value::from_function(move |message: &str| translate.translate(None, message))
        }
        "pgettext" => Value::from_function(move |context: &str, message: &str| {
            translate.translate(Some(context), message)
        }),
        "ngettext" => Value::from_function(move |message: &str, plural: &str, count: i64| {
            translate.translate_plural(None, message, plural, count.unsigned_abs())
        }),
        "npgettext" => Value::from_function(
            move |context: &str, message: &str, plural: &str, count: i64| {
                translate.translate_plural(Some(context), message, plural, count.unsigned_abs())
            },
        ),
        _ => return None,
    })
}
