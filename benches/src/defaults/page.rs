//! What a theme hands over, and where it goes.

use crate::report::{digits, replace};
use crate::work::{Result, told};
use std::path::Path;
use std::time::Duration;

/// One measured table, or a few lines, with the name of its place in the page.
pub struct Section {
    pub name: &'static str,
    pub text: String,
}

impl Section {
    pub fn new(name: &'static str, text: String) -> Self {
        Self { name, text }
    }

    /// A table: the titles of its columns, and its rows.
    pub fn table(name: &'static str, titles: &[&str], rows: &[Vec<String>]) -> Self {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
        let rule = vec!["---".to_owned(); titles.len()];
        let mut text = line(&titles) + &line(&rule);
        for row in rows {
            text += &line(row);
        }
        Self::new(name, text)
    }
}

/// Puts every section in its place.
pub fn write(path: &Path, sections: &[Section]) -> Result {
    let mut page = std::fs::read_to_string(path).map_err(told)?;
    for section in sections {
        replace(&mut page, section.name, &section.text)?;
    }
    std::fs::write(path, page).map_err(told)
}

/// A duration in milliseconds.
pub fn ms(time: Duration) -> String {
    digits(time.as_secs_f64() * 1e3)
}

/// A duration in microseconds, to be computed with.
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Bytes in thousands.
pub fn kb(bytes: f64) -> String {
    digits(bytes / 1e3)
}

/// Bytes in millions.
pub fn mb(bytes: f64) -> String {
    digits(bytes / 1e6)
}

/// A share of a whole, in percent.
pub fn percent(part: f64, whole: f64) -> String {
    format!("{} %", digits(100.0 * part / whole))
}
