//! squall beside other servers: CPU time of a request, latency, memory, start and size.
//!
//! `cargo xtask bench peers [SECONDS] [ROUNDS] [WORD…]`; benches/README.md explains the figures. Without a word all rows are measured, and
//! their tables and plots written to benches/peers/README.md. A word is the name of a section, of a row or of a peer; with the word `write` whole
//! sections are written, too.
#![expect(clippy::print_stdout, reason = "the results are for people")]

mod check;
mod growth;
mod instructions;
mod measure;
mod page;
mod plot;
mod programs;
mod report;
mod rows;

use std::{collections::BTreeSet, env, path::Path};

use benches::{Result, raise_descriptors};

use crate::{
    measure::measure,
    report::{Results, Samples},
    rows::{Row, Section, sections},
};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let mut words: &[String] = &arguments;
    let mut number = |default| match words {
        [first, rest @ ..] if first.bytes().all(|byte| byte.is_ascii_digit()) => {
            words = rest;
            first.parse()
        }
        _ => Ok(default),
    };
    let (seconds, rounds) = (number(3)?, number(5)?);
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_written = words.is_empty() || words.contains(&"write");
    words.retain(|word| *word != "write");
    let chosen = chosen(&words)?;
    let peers = chosen.iter().flat_map(|(_, rows)| rows);
    let peers: BTreeSet<&str> = peers.flat_map(|(_, peers)| peers.clone()).collect();
    programs::build(&peers)?;
    raise_descriptors()?;
    let site = testkit::temp_dir();
    programs::write_files(site.path())?;
    for (section, rows) in &chosen {
        let conditions = page::conditions(section, seconds, rounds)?;
        println!("{}. {conditions}\n", section.title);
        let mut results = Vec::new();
        for (row, peers) in rows {
            let samples = run(row, peers, site.path(), seconds, rounds)?;
            results.push(Results { row, samples });
        }
        println!("{}", report::table(&results));
        if is_written && is_whole(section, rows) {
            page::write(section, &conditions, &results)?;
        }
    }
    Ok(())
}

/// A row, and those of its peers that take part.
type Chosen = (&'static Row, Vec<&'static str>);

/// Returns the rows that the words name, or all, each with the peers that they name and the baseline.
fn chosen(words: &[&str]) -> Result<Vec<(&'static Section, Vec<Chosen>)>> {
    let rows = || sections().flat_map(|section| section.rows);
    let is_peer = |word: &&str| rows().any(|row| row.peers.contains(word));
    let is_row = |word: &&str| {
        sections().any(|section| section.name == *word) || rows().any(|row| row.name == *word)
    };
    let (peers, others): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| is_peer(word));
    if let Some(word) = others.iter().find(|word| !is_row(word)) {
        let names = sections().map(|section| section.name);
        let names = names.chain(rows().map(|row| row.name));
        let names: Vec<&str> = names.collect();
        return Err(format!("there is no {word}, but {}", names.join(", ")).into());
    }
    let of_row = |section: &Section, row: &'static Row| {
        let is_chosen =
            others.is_empty() || others.contains(&section.name) || others.contains(&row.name);
        let names = row.peers.iter().enumerate();
        let names = names.filter(|(i, name)| *i == 0 || peers.is_empty() || peers.contains(name));
        let names: Vec<&str> = names.map(|(_, name)| *name).collect();
        let has_any = peers.is_empty() || peers.iter().any(|peer| names.contains(peer));
        (is_chosen && has_any).then_some((row, names))
    };
    let sections = sections().map(|section| {
        let rows = section.rows.iter();
        let rows: Vec<Chosen> = rows.filter_map(|row| of_row(section, row)).collect();
        (section, rows)
    });
    Ok(sections.filter(|(_, rows)| !rows.is_empty()).collect())
}

/// Whether all rows were measured, with all their peers.
fn is_whole(section: &Section, rows: &[Chosen]) -> bool {
    let has_all = |(row, peers): &Chosen| row.peers.len() == peers.len();
    section.rows.len() == rows.len() && rows.iter().all(has_all)
}

/// Measures each peer once a round, so that a disturbance of a whole round cancels out in the ratios.
fn run(
    row: &Row,
    peers: &[&'static str],
    site: &Path,
    seconds: u64,
    rounds: u64,
) -> Result<Vec<Samples>> {
    let mut samples: Vec<Samples> = peers.iter().map(|peer| (*peer, Vec::new())).collect();
    for _ in 0..rounds {
        for (peer, samples) in &mut samples {
            let figures = measure(row, peer, site, seconds);
            samples.push(figures.map_err(|error| format!("{}, {peer}: {error}", row.name))?);
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn words_choose_sections_rows_and_peers() {
        let names = |words: &[&str]| -> Vec<String> {
            let chosen = chosen(words).unwrap();
            let rows = chosen.iter().flat_map(|(_, rows)| rows);
            rows.map(|(row, peers)| format!("{}: {}", row.name, peers.join(" ")))
                .collect()
        };
        assert_eq!(
            names(&["plaintext", "squall", "axum"]),
            ["plaintext: hyper squall axum"]
        );
        assert_eq!(names(&["plaintext", "hyper"]), ["plaintext: hyper"]);
        assert!(names(&[]).len() > names(&["requests"]).len());
        assert!(names(&["nginx"]).iter().all(|row| row.contains("nginx")));
        assert!(chosen(&["plain"]).is_err());
    }
}
