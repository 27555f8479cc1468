//! Plots of growing costs, as SVG.

use benches::Result;
use plotters::prelude::*;

/// A line of a plot: a peer, and its figure at each point.
pub(crate) type Line<'a> = (&'a str, Vec<(f64, f64)>);

const SIZE: (u32, u32) = (720, 400);

/// The width of the legend, which is beside the plot, so that it covers no line.
const LEGEND: u32 = 110;

/// The distance of the legend's lines.
const LINE: i32 = 22;

/// Colours that readers with a colour vision deficiency can tell apart (Okabe and Ito).
const COLOURS: [RGBColor; 6] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// Returns a plot with logarithmic scales.
pub(crate) fn svg(title: &str, axis: &str, lines: &[Line<'_>]) -> Result<String> {
    let points = || lines.iter().flat_map(|(_, points)| points.iter().copied());
    let (from_x, to_x) = range(points().map(|(x, _)| x)).ok_or("a plot without a point")?;
    let (from_y, to_y) = range(points().map(|(_, y)| y)).ok_or("a plot without a point")?;
    // A power of ten below and above, so that labels are round.
    let from_y = 10_f64.powf(from_y.log10().floor());
    let to_y = 10_f64.powf((to_y * 1.01).log10().ceil());
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (plot, legend) = root.split_horizontally(SIZE.0 - LEGEND);
        let mut chart = ChartBuilder::on(&plot)
            .caption(title, ("sans-serif", 18))
            .margin(12)
            // The last label is wider than what is left of its tick.
            .margin_right(36)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d((from_x..to_x).log_scale(), (from_y..to_y).log_scale())?;
        chart
            .configure_mesh()
            .x_desc(axis)
            .y_desc("µs CPU a request")
            .x_label_formatter(&f64::to_string)
            .y_label_formatter(&f64::to_string)
            .light_line_style(TRANSPARENT)
            .draw()?;
        let mut height = LINE;
        for ((peer, points), colour) in lines.iter().zip(COLOURS.iter().cycle()) {
            let style = colour.stroke_width(2);
            chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
            let dots = points
                .iter()
                .map(|point| Circle::new(*point, 3, colour.filled()));
            chart.draw_series(dots)?;
            height += LINE;
            legend.draw(&PathElement::new([(0, height), (16, height)], style))?;
            let text = ("sans-serif", 14).into_font();
            legend.draw(&Text::new(*peer, (22, height - LINE / 4), text))?;
        }
        root.present()?;
    }
    Ok(text)
}

fn range(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.fold(None, |range, number| {
        let (lowest, highest) = range.unwrap_or((number, number));
        Some((number.min(lowest), number.max(highest)))
    })
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn each_peer_has_a_line_and_a_label() {
        let squall = ("squall", vec![(10.0, 4.2), (100.0, 4.4), (1000.0, 5.0)]);
        let axum = ("axum", vec![(10.0, 5.2), (100.0, 6.4), (1000.0, 50.0)]);
        let text = svg("Routes", "routes", &[squall, axum]).unwrap();
        assert!(text.starts_with("<svg"), "{text}");
        assert_eq!(text.matches("<circle").count(), 6, "{text}");
        for label in ["Routes", "squall", "axum"] {
            assert!(text.contains(&format!("\n{label}\n")), "{label}: {text}");
        }
    }

    #[test]
    fn a_plot_without_points_is_an_error() {
        assert!(svg("Routes", "routes", &[]).is_err());
    }
}
