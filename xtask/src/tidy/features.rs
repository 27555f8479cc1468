//! The table of features in a crate's documentation, compared with its manifest.

use std::collections::BTreeMap;

use crate::repository::File;

/// A feature's name, and whether it is on by default.
type Features<'a> = BTreeMap<&'a str, bool>;

/// The facade's table names each feature once, with the right default.
pub(super) fn each_feature_of_the_facade_is_in_its_table(files: &[File]) -> Vec<String> {
    let text = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.map_or("", |file| file.text.as_str())
    };
    let declared = declared(text("crates/squall/Cargo.toml"));
    let table = table(text("crates/squall/src/lib.rs"));
    let word = |default: bool| if default { "yes" } else { "no" };
    let missing = declared.iter().filter_map(|(name, default)| {
        let wanted = word(*default);
        match table.get(name) {
            Some(said) if said == default => None,
            Some(_) => Some(format!("{LIB}: `{name}` by default: {wanted}")),
            None => Some(format!("{LIB}: the table of features lacks `{name}`")),
        }
    });
    let unknown = table.keys().filter(|name| !declared.contains_key(*name));
    let unknown = unknown.map(|name| format!("{LIB}: there is no feature `{name}`"));
    missing.chain(unknown).collect()
}

const LIB: &str = "crates/squall/src/lib.rs";

/// The keys of `[features]`; those in the list `default` are on by default.
fn declared(manifest: &str) -> Features<'_> {
    let section = manifest.split("\n[features]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let default = section.split("default = [").nth(1).unwrap_or_default();
    let default = default.split(']').next().unwrap_or_default();
    let defaults: Vec<&str> = default.split('"').skip(1).step_by(2).collect();
    let keys = section.lines().filter_map(|line| {
        let (key, _) = line.split_once(" = ")?;
        let is_key = !key.starts_with([' ', '#', '"']) && key != "default";
        is_key.then_some(key)
    });
    keys.map(|key| (key, defaults.contains(&key))).collect()
}

/// The rows of the table after the heading "Features".
fn table(lib: &str) -> Features<'_> {
    let section = lib.split("//! # Features").nth(1).unwrap_or_default();
    let rows = section
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `"));
    rows.filter_map(|row| {
        let (name, rest) = row.split_once('`')?;
        let default = rest.trim_end().strip_suffix('|')?.rsplit('|').next()?;
        Some((name, default.trim() == "yes"))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::repository;
    use super::each_feature_of_the_facade_is_in_its_table as check;

    const MANIFEST: &str = "[package]\n\n[features]\ndefault = [\n    \"a\",\n    \"c\",\n]\n\
                            # Why.\na = [\"dep:x\"]\nb = []\nc = [\"b\"]\n\n[dependencies]\nd = \"1\"\n";

    #[test]
    fn manifest_and_table_agree() {
        let row = |name: &str, default: &str| format!("//! | `{name}` | x | {default} |\n");
        for (rows, expected) in [
            (vec![("a", "yes"), ("b", "no"), ("c", "yes")], vec![]),
            (
                vec![("a", "no"), ("b", "no"), ("d", "no")],
                vec![
                    "crates/squall/src/lib.rs: `a` by default: yes",
                    "crates/squall/src/lib.rs: the table of features lacks `c`",
                    "crates/squall/src/lib.rs: there is no feature `d`",
                ],
            ),
        ] {
            let rows: String = rows.iter().map(|(name, on)| row(name, on)).collect();
            let lib = format!("//! # Features\n//!\n{rows}");
            let files = repository(&[
                ("crates/squall/Cargo.toml", MANIFEST),
                ("crates/squall/src/lib.rs", &lib),
            ]);
            assert_eq!(check(&files), expected);
        }
    }
}
