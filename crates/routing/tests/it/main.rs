//! Integration tests of the router: tables and properties.

mod build;
mod find;
mod hosts;
mod properties;
mod reverse;

use squall_routing::{BuildError, Pattern, Router, Rule};

/// A router whose endpoints are the indices of its patterns.
fn router<P: Into<Pattern>>(patterns: impl IntoIterator<Item = P>) -> Router<String> {
    try_router(patterns).expect("the patterns are valid")
}

fn try_router<P: Into<Pattern>>(
    patterns: impl IntoIterator<Item = P>,
) -> Result<Router<String>, BuildError> {
    let mut rules = Router::builder();
    for (i, pattern) in patterns.into_iter().enumerate() {
        rules = rules.route(Rule::new(pattern).name(i.to_string()), i.to_string());
    }
    rules.build()
}

/// The matched pattern and its values as `pattern name=value …`, or the error.
fn found<T>(router: &Router<T>, host: Option<&str>, path: &str) -> String {
    match router.find(host, path) {
        Ok(found) => {
            let mut text = found.captures.pattern().to_owned();
            for (name, value) in found.captures.params(path) {
                assert_eq!(found.captures.get(path, name), Some(value));
                text += &format!(" {name}={value}");
            }
            text
        }
        Err(error) => format!("{error:?}"),
    }
}
