//! The plot: two groups of bars, as SVG text.

use crate::report::Row;
use std::fmt::Write as _;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 430.0;
const BAR: f64 = 16.0;
const STEP: f64 = 26.0;
const GOOD: &str = "#2f7d4f";
const BAD: &str = "#b3452c";
const PLAIN: &str = "#4a6fa5";
const INK: &str = "#222";

/// Each figure as a share of its limit, and the clients' CPU per send.
pub fn draw(rows: &[Row], clients: &[(String, f64)]) -> String {
    let height = 110.0 + STEP * (rows.len() + clients.len()) as f64 + 60.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"{INK}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let mut y = 30.0;
    title(
        &mut svg,
        y,
        "Figures as a share of their limit: at most 1 is reached",
    );
    y += 18.0;
    let most = rows.iter().map(Row::used).fold(1.0, f64::max);
    let scale = (WIDTH - LEFT - 90.0) / most;
    let (top, limit) = (y, LEFT + scale);
    for row in rows {
        let colour = if row.met() { GOOD } else { BAD };
        bar(
            &mut svg,
            y,
            row.what,
            row.used() * scale,
            colour,
            &row.shown(),
        );
        y += STEP;
    }
    let _ = writeln!(
        svg,
        "<line x1=\"{limit:.1}\" y1=\"{top:.1}\" x2=\"{limit:.1}\" y2=\"{y:.1}\" stroke=\"{INK}\" stroke-dasharray=\"4 3\"/>\n\
         <text x=\"{limit:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11\">limit</text>",
        y + 12.0
    );
    y += 50.0;
    title(&mut svg, y, "CPU per send over plain HTTP on loopback, µs");
    y += 18.0;
    let most = clients.iter().map(|(_, cpu)| *cpu).fold(1.0, f64::max);
    let scale = (WIDTH - LEFT - 90.0) / most;
    for (name, cpu) in clients {
        bar(&mut svg, y, name, cpu * scale, PLAIN, &format!("{cpu:.0}"));
        y += STEP;
    }
    svg.push_str("</svg>\n");
    svg
}

fn title(svg: &mut String, y: f64, text: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"16\" y=\"{y:.1}\" font-size=\"15\" font-weight=\"bold\">{text}</text>"
    );
}

fn bar(svg: &mut String, y: f64, label: &str, length: f64, colour: &str, value: &str) {
    let base = y + BAR - 3.0;
    let label = label.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{base:.1}\" text-anchor=\"end\">{label}</text>\n\
         <rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{colour}\"/>\n\
         <text x=\"{:.1}\" y=\"{base:.1}\">{value}</text>",
        LEFT - 10.0,
        length.max(1.0),
        LEFT + length.max(1.0) + 6.0
    );
}
