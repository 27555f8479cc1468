//! The page of results: a block of benches/peers/README.md for each section, and the plots beside it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use benches::{Result, compare::median};

use crate::{
    plot,
    report::{Results, table},
    rows::{Section, Work},
};

/// Replaces the block of a section, and its plot if it has one.
pub(crate) fn write(section: &Section, conditions: &str, results: &[Results]) -> Result<()> {
    let mut block = format!("{conditions}\n\n{}", table(results));
    if let Some(svg) = plot(section, results)? {
        let name = format!("{}.svg", section.name);
        fs::write(directory().join("plots").join(&name), svg)?;
        block += &format!("\n![{}](plots/{name})\n", section.title);
    }
    let page = directory().join("README.md");
    let text = replaced(&fs::read_to_string(&page)?, section.name, &block)?;
    Ok(fs::write(page, text)?)
}

/// Returns how the section is measured, with what a reader needs to judge it.
pub(crate) fn conditions(section: &Section, seconds: u64, rounds: u64) -> Result<String> {
    let date = Command::new("date").arg("+%F").output()?;
    let date = String::from_utf8(date.stdout)?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("", |model| model.trim_start_matches([' ', '\t', ':']));
    let control = fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control")?;
    let control = control.trim();
    let figures = match rounds {
        1 => "a single round".to_owned(),
        _ => format!("medians of {rounds} rounds (lowest–highest)"),
    };
    Ok(format!(
        "`cargo xtask bench peers {seconds} {rounds} {}`, {}, {model}, {control}, load average {load} at the start: {figures}.",
        section.name,
        date.trim()
    ))
}

/// Returns the plot of a section whose rows are points.
fn plot(section: &Section, results: &[Results]) -> Result<Option<String>> {
    let point = |results: &Results| match results.row.work {
        Work::Growth(_, count) => Some(f64::from(count)),
        _ => None,
    };
    if results.iter().any(|results| point(results).is_none()) {
        return Ok(None);
    }
    let peers = section.rows[0].peers.iter();
    let line = |peer: &&'static str| {
        let points = results.iter().filter_map(|results| {
            let (_, samples) = results.samples.iter().find(|(name, _)| name == peer)?;
            let figures = samples.iter().filter_map(|sample| sample.first().copied());
            Some((point(results)?, median(figures.collect())))
        });
        (*peer, points.collect())
    };
    let lines: Vec<plot::Line<'_>> = peers.map(line).collect();
    plot::svg(section.title, section.name, &lines).map(Some)
}

/// Replaces what is between the lines `<!-- NAME -->` and `<!-- end -->`.
fn replaced(page: &str, name: &str, block: &str) -> Result<String> {
    let start = format!("<!-- {name} -->\n");
    let parts = page.split_once(&start).and_then(|(before, rest)| {
        let (_, after) = rest.split_once("<!-- end -->")?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or_else(|| format!("the page has no block for {name}"))?;
    Ok(format!("{before}{start}\n{block}\n<!-- end -->{after}"))
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{directory, replaced};
    use crate::rows::sections;

    #[test]
    fn blocks_are_replaced() {
        let page = "# A\n\n<!-- a -->\nold\n<!-- end -->\n\n<!-- b -->\n<!-- end -->\n";
        assert_eq!(
            replaced(page, "a", "new\n").unwrap(),
            "# A\n\n<!-- a -->\n\nnew\n\n<!-- end -->\n\n<!-- b -->\n<!-- end -->\n"
        );
        assert!(replaced(page, "c", "new").is_err());
        assert!(replaced("<!-- a -->\n", "a", "new").is_err());
    }

    #[test]
    fn page_has_a_block_for_each_section() {
        let page = fs::read_to_string(directory().join("README.md")).unwrap();
        for section in sections() {
            replaced(&page, section.name, "").unwrap();
        }
    }
}
