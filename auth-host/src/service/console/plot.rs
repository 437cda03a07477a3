//! Plots as SVG without inline styles: classes and attributes alone.

use super::texts::Texts;
use askama::Template;

/// Bars, one for each part of the time.
#[derive(Template)]
#[template(path = "plot.svg.html")]
pub struct Plot {
    t: Texts,
    bars: Vec<Bar>,
    /// The count of the tallest bar; none if all are empty.
    most: Option<i64>,
    from: String,
    until: String,
}

/// A bar: the good count at the bottom, the bad count above it.
struct Bar {
    x: usize,
    good_y: i64,
    good_height: i64,
    bad_y: i64,
    bad_height: i64,
    name: String,
    good: i64,
    bad: i64,
}

/// The height of the tallest bar and the width of each.
const HEIGHT: i64 = 100;
const WIDTH: usize = 10;

impl Plot {
    /// A plot of hours, each with a good and a bad count.
    pub fn new(t: Texts, parts: &[(String, i64, i64)]) -> Self {
        let most = parts.iter().map(|(_, good, bad)| good + bad).max();
        let most = most.filter(|most| *most > 0);
        let scaled = |count: i64| match count {
            0 => 0,
            count => (count * HEIGHT / most.unwrap_or(1)).max(1),
        };
        let bar = |(nth, (name, good, bad)): (usize, &(String, i64, i64))| {
            let (good_height, bad_height) = (scaled(*good), scaled(*bad));
            Bar {
                x: nth * WIDTH,
                good_y: HEIGHT - good_height,
                good_height,
                bad_y: HEIGHT - good_height - bad_height,
                bad_height,
                name: name.clone(),
                good: *good,
                bad: *bad,
            }
        };
        Self {
            t,
            bars: parts.iter().enumerate().map(bar).collect(),
            most,
            from: parts
                .first()
                .map(|(name, ..)| name.clone())
                .unwrap_or_default(),
            until: parts
                .last()
                .map(|(name, ..)| name.clone())
                .unwrap_or_default(),
        }
    }

    fn width(&self) -> usize {
        self.bars.len() * WIDTH
    }
}
