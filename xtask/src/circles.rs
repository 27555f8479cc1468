//! Circles of source files: within a crate, no file may depend on one that depends on it.
//!
//! Dependencies are the paths that a file names, in `use` and elsewhere, without its tests. A
//! re-exported name leads to the file that it comes from, so a module may re-export its children.
//! A file may name items of the modules that it is a part of.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::File;
use crate::workspace::{Graph, path};

/// The path of a module as a folder would have it, `crates/NAME/src/a/b`, and what it names.
type Modules<'a> = BTreeMap<&'a str, Module<'a>>;

#[derive(Default)]
struct Module<'a> {
    file: &'a str,
    /// The paths that it names, segment by segment.
    names: Vec<Vec<&'a str>>,
    /// The names that it imports, each with its paths: one for each set of features.
    imports: BTreeMap<&'a str, BTreeSet<Vec<&'a str>>>,
}

/// Returns each circle as a fault.
pub(crate) fn violations(files: &[File]) -> Vec<String> {
    let shown = |circle: Vec<String>| format!("a circle of files: {}", circle.join(" → "));
    circles(files).into_iter().map(shown).collect()
}

/// Returns the shortest circle of each file that comes first in it.
fn circles(files: &[File]) -> Vec<Vec<String>> {
    let sources = files.iter().filter(|file| file.is_source());
    let modules: Modules<'_> = sources
        .map(|file| {
            let key = file.path.trim_end_matches(".rs");
            let of_folder = ["/mod", "/lib"]
                .iter()
                .find_map(|end| key.strip_suffix(end));
            (of_folder.unwrap_or(key), Module::read(file))
        })
        .collect();
    let mut graph = Graph::new();
    for (key, module) in &modules {
        let is_above = |other: &str| format!("{key}/").starts_with(&format!("{other}/"));
        let paths = module.names.iter();
        let paths = paths.flat_map(|name| absolute(&modules, key, name));
        let mut targets = BTreeSet::new();
        paths.for_each(|path| resolve(&modules, path, &mut BTreeSet::new(), &mut targets));
        let targets = targets.into_iter().filter(|target| !is_above(target));
        let files = targets.map(|target| modules[target].file.to_owned());
        graph.insert(module.file.to_owned(), files.collect());
    }
    let circle = |(file, targets): (&String, &BTreeSet<String>)| {
        let circles = targets
            .iter()
            .filter_map(|target| path(&graph, target, file));
        let shortest = circles.min_by_key(Vec::len)?;
        let is_first = shortest.iter().all(|other| *other >= file.as_str());
        let circle = [&[file.as_str()], &shortest[..]].concat();
        is_first.then(|| circle.into_iter().map(str::to_owned).collect())
    };
    graph.iter().filter_map(circle).collect()
}

/// The paths from the crate's `src`; none if the name leads out of the crate.
fn absolute(modules: &Modules<'_>, key: &str, name: &[&str]) -> Vec<String> {
    let Some((head, rest)) = name.split_first() else {
        return Vec::new();
    };
    let child = format!("{key}/{head}");
    let bases = match *head {
        "crate" => Vec::from_iter(key.split_once("/src").map(|(of, _)| format!("{of}/src"))),
        "self" => vec![key.to_owned()],
        "super" => {
            let Some((parent, _)) = key.rsplit_once('/') else {
                return Vec::new();
            };
            let above = rest.first() == Some(&"super");
            return if above {
                absolute(modules, parent, rest)
            } else {
                absolute(modules, parent, &[&["self"], rest].concat())
            };
        }
        _ if modules.contains_key(child.as_str()) => vec![child],
        _ => {
            let module = modules.get(key);
            let imports = module.and_then(|module| module.imports.get(head));
            let local = imports.into_iter().flatten().filter(|import| {
                let is_local = ["crate", "self", "super"].contains(&import[0]);
                is_local && import[0] != *head
            });
            local
                .flat_map(|import| absolute(modules, key, import))
                .collect()
        }
    };
    let paths = bases
        .iter()
        .map(|base| [&[base.as_str()], rest].concat().join("/"));
    paths.collect()
}

/// Adds the modules that define what the path leads to. Imports can lead back to a path.
fn resolve<'a>(
    modules: &Modules<'a>,
    path: String,
    seen: &mut BTreeSet<String>,
    targets: &mut BTreeSet<&'a str>,
) {
    let ends = path.rmatch_indices('/').map(|(end, _)| end);
    let mut prefixes = [path.len()].into_iter().chain(ends).map(|end| &path[..end]);
    let Some((key, module)) = prefixes.find_map(|prefix| modules.get_key_value(prefix)) else {
        return;
    };
    let mut rest = path[key.len()..].split('/').skip(1);
    let Some(imports) = rest.next().and_then(|name| module.imports.get(name)) else {
        targets.insert(key);
        return;
    };
    let rest: Vec<&str> = rest.collect();
    let paths = imports
        .iter()
        .flat_map(|import| absolute(modules, key, &[&import[..], &rest].concat()));
    let paths: Vec<String> = paths.collect();
    if seen.insert(path) {
        paths
            .into_iter()
            .for_each(|path| resolve(modules, path, seen, targets));
    }
}

impl<'a> Module<'a> {
    fn read(file: &'a File) -> Self {
        let mut module = Self {
            file: &file.path,
            ..Self::default()
        };
        let lines = file.code().lines();
        let code = lines.filter(|line| !line.trim_start().starts_with("//"));
        let tokens: Vec<&str> = code.flat_map(tokens).collect();
        let mut at = 0;
        while at < tokens.len() {
            let is_import = tokens[at] == "use";
            at += usize::from(is_import);
            // A format string may have `}::`, which begins no path.
            if tokens.get(at + 1) == Some(&"::") && tokens[at] != "}" {
                module.tree(&tokens, &mut at, &[], is_import);
            } else {
                at += 1;
            }
        }
        module
    }

    /// Reads `a::b`, `a::b as c` and `a::{b, c::d}`.
    fn tree(&mut self, tokens: &[&'a str], at: &mut usize, prefix: &[&'a str], is_import: bool) {
        let mut path = prefix.to_vec();
        loop {
            match tokens.get(*at) {
                None | Some(&"}") => return,
                Some(&"{") => {
                    loop {
                        *at += 1;
                        self.tree(tokens, at, &path, is_import);
                        if tokens.get(*at) != Some(&",") {
                            break;
                        }
                    }
                    *at += 1;
                    return;
                }
                Some(&"self") if !path.is_empty() => {}
                Some(name) => path.push(name),
            }
            *at += 1;
            if tokens.get(*at) != Some(&"::") {
                break;
            }
            *at += 1;
        }
        let mut name = path[path.len() - 1];
        if tokens.get(*at) == Some(&"as") {
            name = tokens.get(*at + 1).copied().unwrap_or_default();
            *at += 2;
        }
        if is_import {
            self.imports.entry(name).or_default().insert(path.clone());
        }
        self.names.push(path);
    }
}

/// Words, `::`, and single characters of other kinds.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line.trim();
    std::iter::from_fn(move || {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let first = rest.chars().next()?;
        let length = match rest.find(|c| !is_word(c)) {
            Some(0) if rest.starts_with("::") => 2,
            Some(0) => first.len_utf8(),
            end => end.unwrap_or(rest.len()),
        };
        let (token, left) = rest.split_at(length);
        rest = left.trim_start();
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::File;

    /// Each file is a line `PATH: TEXT`.
    fn found(lines: &[&str]) -> Vec<String> {
        let file = |line: &&str| {
            let (path, text) = line.split_once(": ").unwrap();
            File {
                path: format!("crates/a/src/{path}"),
                text: text.to_owned(),
            }
        };
        let files: Vec<File> = lines.iter().map(file).collect();
        let circles = circles(&files).into_iter();
        circles
            .map(|circle| circle.join(" ").replace("crates/a/src/", ""))
            .collect()
    }

    #[test]
    fn a_circle_is_found_by_any_kind_of_path() {
        for (x, y) in [
            ("use crate::y::Y;", "use crate::x::X;"),
            ("use crate::{y::Y};", "use super::x::{self, X};"),
            (
                "use crate::{z, y::{Y, self},};",
                "fn f() { super::x::f(); }",
            ),
            ("use super::y;", "use crate::X;"),
            ("use crate::Other;", "type X = crate::X;"),
        ] {
            let lines = [
                "lib.rs: mod x; mod y; pub use crate::{x::X, y::Y as Other};",
                &format!("x.rs: {x}"),
                &format!("y.rs: {y}"),
            ];
            assert_eq!(found(&lines), ["x.rs y.rs x.rs"], "{x} {y}");
        }
    }

    #[test]
    fn a_circle_through_a_module_that_re_exports_is_one_of_its_children() {
        let lines = [
            "lib.rs: mod x; mod y;",
            "x/mod.rs: mod part; mod other; pub(crate) use self::{part::Part, other::Other};",
            "x/part.rs: use crate::y::Y; use super::Other;",
            "x/other.rs: ",
            "y.rs: use crate::x::Part;",
        ];
        assert_eq!(found(&lines), ["x/part.rs y.rs x/part.rs"]);
    }

    #[test]
    fn a_circle_of_one_set_of_features_is_found() {
        for order in [
            "on::T; pub(crate) use self::off::T;",
            "off::T; pub(crate) use self::on::T;",
        ] {
            let lines = [
                "lib.rs: mod x; mod y;",
                &format!("x/mod.rs: mod on; mod off; pub(crate) use self::{order}"),
                "x/on.rs: struct T;",
                "x/off.rs: use crate::y::Y; struct T;",
                "y.rs: use crate::x::T;",
            ];
            assert_eq!(found(&lines), ["x/off.rs y.rs x/off.rs"], "{order}");
        }
    }

    #[test]
    fn no_circle() {
        for lines in [
            // A part names its whole.
            &[
                "lib.rs: mod x; use x::X; struct Y;",
                "x.rs: use crate::Y; use super::Y;",
            ][..],
            // Comments and tests are no part of the program.
            &[
                "x.rs: use crate::y::Y;",
                "y.rs: a\n// crate::x::X\n#[cfg(test)]\nmod tests {\n    use crate::x::X;\n}",
            ],
            // Names of other crates.
            &["x.rs: use crate::y::Y;", "y.rs: use x::X; use std::x;"],
            &[
                "lib.rs: pub use z::X;",
                "x.rs: use crate::y::Y;",
                "y.rs: use crate::X;",
            ],
            &["x.rs: use y::y; fn f() { y::f() }"],
            &["x.rs: fn f() { format!(\"{}::{}\", 1, 2); }"],
        ] {
            assert_eq!(found(lines), [""; 0], "{lines:?}");
        }
    }
}
