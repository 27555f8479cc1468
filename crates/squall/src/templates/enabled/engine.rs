//! `Engine`: the templates of an application, with the functions of every template.

use std::{collections::BTreeMap, fmt::Display, iter};

#[cfg(feature = "auth")]
use serde::Serialize;
#[cfg(feature = "auth")]
use squall_templates::minijinja::value::Serde;
use squall_templates::{
    Templates, Value, html,
    minijinja::{self, ErrorKind, value::Rest},
};

use crate::Urls;

/// Renders templates, if the application has any.
pub(crate) struct Engine(pub(super) Option<Templates>);

/// A user as a value for templates.
#[derive(Clone)]
pub(crate) struct UserValue(pub(super) Value);

impl Engine {
    /// Adds the functions. Compiles all templates, except in debug mode.
    pub(super) fn new(
        templates: Option<Templates>,
        urls: &Urls,
        debug: bool,
    ) -> crate::Result<Self> {
        let Some(templates) = templates else {
            return Ok(Self(None));
        };
        let mut templates = with_urls(templates, urls);
        if debug {
            templates = templates.auto_reload(true);
        } else {
            templates.check()?;
        }
        Ok(Self(Some(templates)))
    }
}

#[cfg(feature = "auth")]
impl UserValue {
    pub(crate) fn new(user: &impl Serialize) -> Self {
        Self(Value::from(Serde(user)))
    }
}

/// Adds the functions that every template has.
fn with_urls(templates: Templates, urls: &Urls) -> Templates {
    #[cfg(feature = "static")]
    let templates = templates.function("static_url", static_url(urls.clone()));
    templates.function("reverse_url", reverse_url(urls.clone(), fixed_urls(urls)))
}

/// Returns the URLs of the routes without parameters, which most calls of a page get: they are the same
/// for each request.
fn fixed_urls(urls: &Urls) -> BTreeMap<String, Value> {
    let fixed = |name: &str| {
        let path = urls.reverse_url(name, iter::empty::<&str>()).ok()?;
        Some((name.to_owned(), url(path)))
    };
    urls.route_names().filter_map(fixed).collect()
}

/// Returns the function of that name, for the requests of an application that is mounted.
pub(super) fn url_function(name: &str, urls: &Urls) -> Option<Value> {
    match name {
        _ if urls.prefix().is_root() => None,
        #[cfg(feature = "static")]
        "static_url" => Some(Value::from_function(static_url(urls.clone()))),
        "reverse_url" => {
            let reverse_url = reverse_url(urls.clone(), BTreeMap::new());
            Some(Value::from_function(reverse_url))
        }
        _ => None,
    }
}

#[cfg(feature = "static")]
fn static_url(urls: Urls) -> impl Fn(&str) -> Value + Send + Sync + 'static {
    move |name| url(urls.file(name))
}

/// Returns the function, which looks up a URL without parameters among the `fixed` ones first.
fn reverse_url(
    urls: Urls,
    fixed: BTreeMap<String, Value>,
) -> impl Fn(&str, Rest<Value>) -> Result<Value, minijinja::Error> + Send + Sync + 'static {
    move |name, params| {
        if let (true, Some(url)) = (params.is_empty(), fixed.get(name)) {
            return Ok(url.clone());
        }
        let params = params.iter().map(|param| param as &dyn Display);
        let path = urls.reverse_url(name, params);
        path.map(url)
            .map_err(|error| minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string()))
    }
}

/// Marks a URL without special characters as safe, because minijinja escapes slashes as well.
fn url(url: String) -> Value {
    let is_special = |byte| matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'&');
    if url.bytes().any(is_special) {
        url.into()
    } else {
        html(url)
    }
}
