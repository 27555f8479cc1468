//! Symbol names: demangled names of functions, closures and crates.

/// The name of a function for display.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Whether the symbol is a closure in this function, such as the body of an `async fn`.
    pub(crate) is_closure: bool,
}

impl Function {
    /// Parses a symbol in the format of rustc-demangle, for both manglings.
    pub(crate) fn of(symbol: &str) -> Self {
        let mut name = symbol;
        let mut is_closure = false;
        while let Some((before, last)) = name.rsplit_once("::") {
            if !is_closure_name(last) {
                break;
            }
            (name, is_closure) = (before, true);
        }
        Self {
            name: name.to_owned(),
            is_closure,
        }
    }
}

/// Whether the caller polls the closure as a future: it is a function named `poll…`, or another
/// closure that awaits it. Closures of the standard library do not await.
pub(crate) fn is_polled_by(closure: &Function, caller: &str) -> bool {
    let by = Function::of(caller);
    let last = by.name.rsplit("::").next();
    let is_std = crates(caller).any(|name| matches!(name, "alloc" | "core" | "std"));
    last.is_some_and(|last| last.starts_with("poll"))
        || (by.is_closure && by.name != closure.name && !is_std)
}

/// Returns the crates of a symbol: that of its path, or those of the type and the trait in `<T as
/// Trait>`.
pub(crate) fn crates(symbol: &str) -> impl Iterator<Item = &str> {
    let head = match symbol.strip_prefix('<') {
        Some(qualified) => qualified
            .split_once(">::")
            .map_or(qualified, |(head, _)| head),
        None => symbol,
    };
    let parts = if symbol.starts_with('<') { 2 } else { 1 };
    head.splitn(parts, " as ").filter_map(|path| {
        let path = path.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
        let path = path
            .strip_prefix("dyn ")
            .or(path.strip_prefix("mut "))
            .unwrap_or(path);
        let (first, _) = path.split_once("::")?;
        let is_name = first.chars().all(|c| c.is_alphanumeric() || c == '_');
        is_name.then_some(first)
    })
}

/// `{{closure}}` in the legacy mangling, `{closure#0}` in v0; `synthetic` is the body of an async
/// closure.
fn is_closure_name(part: &str) -> bool {
    let part = part.trim_start_matches('{');
    part.ends_with('}') && (part.starts_with("closure") || part.starts_with("synthetic"))
}

#[cfg(test)]
mod tests {
    use super::{Function, crates, is_polled_by};

    #[test]
    fn closures_are_named_by_their_function() {
        for (symbol, name, is_closure) in [
            ("main", "main", false),
            ("app::user", "app::user", false),
            ("app::user::{{closure}}", "app::user", true),
            ("app::user::{closure#0}", "app::user", true),
            ("app::user::{{closure}}::{{synthetic}}", "app::user", true),
            ("app::user::{closure#0}::{closure#1}", "app::user", true),
            (
                "<app::User as core::fmt::Display>::fmt",
                "<app::User as core::fmt::Display>::fmt",
                false,
            ),
            (
                "app::run::<app::f::{closure#0}>",
                "app::run::<app::f::{closure#0}>",
                false,
            ),
            ("", "", false),
        ] {
            let name = name.to_owned();
            assert_eq!(Function::of(symbol), Function { name, is_closure });
        }
    }

    #[test]
    fn polled_closures_are_futures() {
        let closure = Function::of("app::inner::{{closure}}");
        for (caller, is_future) in [
            ("app::outer::{{closure}}", true),
            (
                "<core::pin::Pin<P> as core::future::future::Future>::poll",
                true,
            ),
            ("tokio::runtime::task::core::Core<T,S>::poll", true),
            ("<F as futures_core::future::TryFuture>::poll_unpin", true),
            ("app::inner", false),
            ("app::inner::{{closure}}", false),
            ("core::option::Option<T>::map", false),
            (
                "core::iter::adapters::map::map_try_fold::{{closure}}",
                false,
            ),
        ] {
            assert_eq!(is_polled_by(&closure, caller), is_future, "{caller}");
        }
    }

    #[test]
    fn crates_of_paths_types_and_traits() {
        for (symbol, named) in [
            ("squall::handler::call", &["squall"][..]),
            (
                "<app::Page as squall::Handler<(),S>>::call",
                &["app", "squall"],
            ),
            (
                "<F as squall::handler::Handler<app::M>>::call::{{closure}}",
                &["squall"],
            ),
            ("<&mut app::X>::go", &["app"]),
            (
                "<alloc::boxed::Box<dyn app::T> as core::future::Future>::poll",
                &["alloc", "core"],
            ),
            ("main", &[]),
            ("", &[]),
        ] {
            assert_eq!(crates(symbol).collect::<Vec<_>>(), named, "{symbol}");
        }
    }
}
