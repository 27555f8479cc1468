//! The names of a handler and of its arguments' types, for checks before anything listens.
//!
//! Some handlers compile and would then reject every request: those that extract what only axum's
//! router has, or what no setting provides. No bound of a type can express that, so their names are
//! compared. Names of types are not stable between compilers; a name that is not recognized fails
//! no check, and the request has its error as before.

use std::any::type_name;

/// A handler and its arguments, as the compiler names them.
#[derive(Clone, Copy)]
pub(crate) struct HandlerTypes {
    pub(crate) handler: &'static str,
    /// `((A, B), M)`: the marker of [`Handler`](crate::Handler).
    arguments: &'static str,
}

impl HandlerTypes {
    pub(crate) fn of<H, T>() -> Self {
        Self {
            handler: type_name::<H>(),
            arguments: type_name::<T>(),
        }
    }

    /// Returns the name of each argument's type.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &'static str> {
        let mut rest = self.arguments.strip_prefix("((").unwrap_or_default();
        std::iter::from_fn(move || {
            let end = end_of_type(rest);
            let (argument, after) = rest.split_at(end);
            rest = after.strip_prefix(',').unwrap_or_default();
            let argument = argument.trim_start();
            (!argument.is_empty()).then_some(argument)
        })
    }

    /// Returns the extractor of axum's router among the arguments, if there is one.
    pub(crate) fn axum_only(&self) -> Option<&'static str> {
        self.arguments().find_map(|argument| {
            let path = argument.split('<').next()?;
            let name = path.strip_prefix("axum::extract::")?.rsplit("::").next()?;
            ["Path", "RawPathParams", "MatchedPath", "NestedPath"]
                .contains(&name)
                .then_some(name)
        })
    }
}

/// Returns where the first type of a list ends: at a comma or bracket that is not inside of it.
fn end_of_type(list: &str) -> usize {
    let mut depth = 0_usize;
    let end = list.char_indices().find_map(|(at, c)| {
        match c {
            '<' | '(' | '[' => depth += 1,
            ',' | ')' if depth == 0 => return Some(at),
            // The arrow of a function's type is no bracket.
            '>' if list[..at].ends_with('-') => {}
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        None
    });
    end.unwrap_or(list.len())
}

#[cfg(test)]
mod tests {
    use super::HandlerTypes;

    #[test]
    fn arguments_are_split() {
        for (text, expected) in [
            ("((), ())", &[][..]),
            ("((a::A,), m::M)", &["a::A"]),
            (
                "((a::A, b::B<c::C, d::D>), m::M)",
                &["a::A", "b::B<c::C, d::D>"],
            ),
            (
                "(((), [u8; 2], fn(a::A, b::B) -> c::C), m::M)",
                &["()", "[u8; 2]", "fn(a::A, b::B) -> c::C"],
            ),
            ("something else", &[]),
        ] {
            let types = HandlerTypes {
                handler: "",
                arguments: text,
            };
            assert_eq!(types.arguments().collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
