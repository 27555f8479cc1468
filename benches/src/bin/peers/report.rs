//! Tables in Markdown.

use benches::compare::{Summary, median};

use crate::rows::{Figure, Row};

/// A peer, and for each round the figures of a row.
pub(crate) type Samples = (&'static str, Vec<Vec<f64>>);

/// The figures of a row, for each peer.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) row: &'static Row,
    pub(crate) samples: Vec<Samples>,
}

/// Returns a table with a column for each peer, and a line for each figure of a row.
pub(crate) fn table(results: &[Results]) -> String {
    let mut peers: Vec<&str> = Vec::new();
    for (peer, _) in results.iter().flat_map(|results| &results.samples) {
        if !peers.contains(peer) {
            peers.push(peer);
        }
    }
    let mut table = format!("| work | {} |\n|---|", peers.join(" | "));
    table += &"---|".repeat(peers.len());
    for results in results {
        for (index, figure) in results.row.figures.iter().enumerate() {
            table += &format!("\n| {}{} |", results.row.title, figure.suffix());
            for peer in &peers {
                table += &format!(" {} |", cell(results, peer, index, *figure));
            }
        }
    }
    table + "\n"
}

fn cell(results: &Results, peer: &str, index: usize, figure: Figure) -> String {
    let of_peer = |name: &str| -> Option<Vec<f64>> {
        let (_, samples) = results.samples.iter().find(|(peer, _)| *peer == name)?;
        samples
            .iter()
            .map(|sample| sample.get(index).copied())
            .collect()
    };
    let (Some(own), Some(first)) = (of_peer(peer), of_peer(results.row.peers[0])) else {
        return String::new();
    };
    if !figure.is_ratio() {
        return Summary::of(own).to_string();
    }
    if peer == results.row.peers[0] {
        return match figure {
            Figure::Instructions => format!("1.00 ({:.0})", median(own)),
            _ => format!("1.00 ({:.2} µs)", median(own)),
        };
    }
    let ratios = own.iter().zip(&first).map(|(own, first)| own / first);
    Summary::of(ratios.collect()).to_string()
}

impl Figure {
    fn is_ratio(self) -> bool {
        matches!(self, Self::Cpu | Self::Instructions)
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Cpu | Self::Instructions => "",
            Self::P99 => ", p99 in ms",
            Self::Memory => ", KiB",
            Self::Time => ", ms",
            Self::Size => ", MiB",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Results, table};
    use crate::rows::{Figure, Row, Work};

    #[test]
    fn ratios_are_of_the_same_round_and_other_figures_are_absolute() {
        const ROW: Row = Row {
            name: "many",
            title: "many",
            peers: &["hyper", "squall", "axum"],
            scene: "app",
            work: Work::Page,
            figures: &[Figure::Cpu, Figure::P99],
        };
        let samples = vec![
            ("hyper", vec![vec![4.0, 1.0], vec![8.0, 3.0]]),
            ("squall", vec![vec![6.0, 2.0], vec![12.0, 2.0]]),
        ];
        let results = [Results { row: &ROW, samples }];
        assert_eq!(
            table(&results),
            "\
| work | hyper | squall |
|---|---|---|
| many | 1.00 (6.00 µs) | 1.50 |
| many, p99 in ms | 2.00 (1.00–3.00) | 2.00 |
"
        );
    }
}
