//! The table in README.md, compared with the sources.

use std::fs;

/// The lines of a demo, per line of Tornado's.
const LIMIT: f64 = 1.2;

#[test]
fn table_has_the_lines_of_the_sources() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let read = |path: &str| fs::read_to_string(format!("{folder}/{path}")).expect(path);
    let readme = read("README.md");
    let rows = readme.lines().filter(|line| line.starts_with("| ["));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = cells[1].trim_start_matches('[').split(']').next();
        let name = name.expect("a name");
        let number = |cell: &str| cell.parse::<u16>().expect("a number of lines");
        let (tornado, ours) = (number(cells[3]), number(cells[4]));
        let source = read(&format!("{name}/main.rs"));
        let lines = source.lines().map(str::trim);
        let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
        assert_eq!(code.count(), usize::from(ours), "{name}");
        let ratio = f64::from(ours) / f64::from(tornado);
        assert!(ratio <= LIMIT, "{name}: {ratio}");
        assert_eq!(cells[5], format!("{ratio:.2}"), "{name}");
        count += 1;
    }
    assert_eq!(count, 5);
}
