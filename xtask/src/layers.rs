//! Dependency rules between crates, checked with `cargo metadata`.
//!
//! Normal dependencies only, with all features on: dev-dependencies reach no user.

use crate::workspace::{Graph, Workspace, path};
use crate::{Result, circles, complain, repository};

/// Crates that a crate must not depend on, not even through others. Every crate has its line here.
const MUST_NOT_REACH: &[(&str, &[&str])] = &[
    ("squall", &["axum"]),
    ("squall-auth", &["axum-core", "tokio"]),
    ("squall-autoreload", &["axum-core", "hyper"]),
    ("squall-cli", &["axum-core"]),
    ("squall-cookies", &["axum-core", "hyper", "tokio"]),
    ("squall-debug", &["axum-core", "hyper", "tokio"]),
    ("squall-fields", &["axum-core", "http", "hyper", "tokio"]),
    ("squall-listen", &["axum-core", "http", "hyper", "tokio"]),
    ("squall-locale", &["axum-core", "hyper", "tokio"]),
    ("squall-peers", &["axum-core", "hyper", "tokio"]),
    ("squall-prefork", &["axum-core", "http", "hyper", "tokio"]),
    ("squall-routing", &["axum-core", "hyper", "tokio"]),
    ("squall-server", &["axum-core"]),
    ("squall-static", &["axum-core", "hyper"]),
    ("squall-templates", &["axum-core", "hyper", "tokio"]),
    // It may reach hyper, for `hyper::upgrade` and `:protocol` alone: without hyper's server, httparse is absent.
    ("squall-websocket", &["axum", "tungstenite"]),
    ("squall-xheaders", &["axum-core", "hyper", "tokio"]),
    ("squall-xsrf", &["axum-core", "hyper", "tokio"]),
    ("testkit", &["http", "hyper", "tokio"]),
];

/// The only crates that may depend on any other crate of ours: they introduce these to each other.
const INTRODUCE: &[&str] = &["squall", "squall-cli"];

/// The crates that every crate may depend on: what two leaves need alike. They depend on no crate
/// of ours.
const VOCABULARY: &[&str] = &["squall-fields", "squall-listen", "squall-peers"];

pub(crate) fn check() -> Result {
    let workspace = Workspace::load()?;
    let crates: Vec<&str> = workspace
        .crates()
        .map(|package| package.name.as_str())
        .collect();
    let mut found = violations(&crates, &workspace.graph());
    found.extend(circles::violations(&repository::files()?));
    complain(&found)
}

fn violations(crates: &[&str], graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for name in crates {
        match MUST_NOT_REACH.iter().find(|(of, _)| of == name) {
            Some((_, banned)) => found.extend(
                banned
                    .iter()
                    .filter_map(|banned| path(graph, name, banned))
                    .map(|path| format!("there must be no way {}", path.join(" → "))),
            ),
            None => found.push(format!(
                "{name} has no line in xtask/src/layers.rs: say what it must not reach"
            )),
        }
        let (kind, may) = if INTRODUCE.contains(name) {
            continue;
        } else if VOCABULARY.contains(name) {
            ("vocabulary", &[][..])
        } else {
            ("a leaf", VOCABULARY)
        };
        found.extend(
            graph[*name]
                .iter()
                .map(String::as_str)
                .filter(|dependency| crates.contains(dependency) && !may.contains(dependency))
                .map(|dependency| format!("{name} is {kind} and must not depend on {dependency}")),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    type Edges<'a> = &'a [(&'a str, &'a [&'a str])];

    fn graph(edges: Edges<'_>) -> Graph {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        edges
            .iter()
            .map(|&(from, to)| (from.to_owned(), owned(to)))
            .collect()
    }

    #[test]
    fn finds_what_must_not_be() {
        let table: &[(&str, Edges<'_>, &[&str])] = &[
            ("nothing wrong", &[("squall-routing", &["regex"])], &[]),
            (
                "reached through others, by the shortest way",
                &[
                    ("squall-routing", &["a", "b"]),
                    ("a", &["c"]),
                    ("b", &["tokio"]),
                    ("c", &["tokio"]),
                ],
                &["there must be no way squall-routing → b → tokio"],
            ),
            (
                "round in circles",
                &[("squall-server", &["a"]), ("a", &["b"]), ("b", &["a"])],
                &[],
            ),
            (
                "a leaf on a leaf",
                &[
                    ("squall-server", &["squall-routing"]),
                    ("squall-routing", &[]),
                ],
                &["squall-server is a leaf and must not depend on squall-routing"],
            ),
            (
                "a leaf on vocabulary",
                &[
                    ("squall-server", &["squall-listen"]),
                    ("squall-listen", &["socket2"]),
                ],
                &[],
            ),
            (
                "vocabulary on a leaf, and on vocabulary",
                &[
                    ("squall-listen", &["squall-routing", "squall-listen"]),
                    ("squall-routing", &[]),
                ],
                &[
                    "squall-listen is vocabulary and must not depend on squall-listen",
                    "squall-listen is vocabulary and must not depend on squall-routing",
                ],
            ),
            (
                "the facade on leaves",
                &[
                    ("squall", &["squall-server", "squall-routing"]),
                    ("squall-server", &["tokio"]),
                    ("squall-routing", &[]),
                ],
                &[],
            ),
            (
                "a newcomer",
                &[("squall-new", &[])],
                &["squall-new has no line in xtask/src/layers.rs: say what it must not reach"],
            ),
        ];
        for (case, edges, expected) in table {
            let ours: Vec<&str> = edges
                .iter()
                .map(|(name, _)| *name)
                .filter(|name| name.starts_with("squall"))
                .collect();
            assert_eq!(violations(&ours, &graph(edges)), *expected, "{case}");
        }
    }
}
