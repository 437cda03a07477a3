//! The plot: a bar for each client, as SVG text.

use std::fmt::Write as _;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 300.0;
const BAR: f64 = 16.0;
const STEP: f64 = 26.0;
const INK: &str = "#222";

/// CPU per send of each client, in microseconds.
pub fn draw(clients: &[(String, f64)]) -> String {
    let height = 80.0 + STEP * clients.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"{INK}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"30\" font-size=\"15\" font-weight=\"bold\">CPU per send over plain HTTP on loopback, µs</text>\n"
    );
    let mut y = 48.0;
    let most = clients.iter().map(|(_, cpu)| *cpu).fold(1.0, f64::max);
    let scale = (WIDTH - LEFT - 90.0) / most;
    for (name, cpu) in clients {
        let length = (cpu * scale).max(1.0);
        let base = y + BAR - 3.0;
        let name = name.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{base:.1}\" text-anchor=\"end\">{name}</text>\n\
             <rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"#4a6fa5\"/>\n\
             <text x=\"{:.1}\" y=\"{base:.1}\">{cpu:.0}</text>",
            LEFT - 10.0,
            LEFT + length + 6.0
        );
        y += STEP;
    }
    svg.push_str("</svg>\n");
    svg
}
