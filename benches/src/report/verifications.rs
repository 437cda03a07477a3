//! The table of verifications.

use super::{Goal, Row, circumstances, digits};
use crate::work::median;
use serde_json::Value;
use std::fmt::Write as _;

/// How the two servers' values become a figure.
#[derive(Clone, Copy)]
enum Compared {
    /// How many times less ours is.
    Less,
    /// How many times shorter ours is.
    Shorter,
    /// How many times more ours is.
    More,
    /// The most of ours, in MB; the values are in bytes.
    MostOfOurs,
}

impl Compared {
    const fn unit(self) -> &'static str {
        match self {
            Self::Less => "x less",
            Self::Shorter => "x shorter",
            Self::More => "x more",
            Self::MostOfOurs => " MB",
        }
    }

    /// Divisor of a value for display.
    const fn scale(self) -> f64 {
        match self {
            Self::MostOfOurs => 1e6,
            _ => 1.0,
        }
    }

    /// The figure of the values of all rounds.
    fn figure(self, ours: Option<&[f64]>, peer: Option<&[f64]>) -> Option<f64> {
        let ours = ours?;
        if let Self::MostOfOurs = self {
            let most = ours.iter().copied().reduce(f64::max)?;
            return Some(most / self.scale());
        }
        let ratios = ours.iter().zip(peer?).map(|(ours, peer)| peer / ours);
        let ratio = median(&ratios.collect::<Vec<_>>());
        Some(match self {
            Self::More => 1.0 / ratio,
            _ => ratio,
        })
    }
}

/// Figure to compare, its name in the results, the kind of comparison, and the goal.
const ROWS: [(&str, &str, Compared, Option<Goal>); 12] = [
    (
        "CPU of the server, µs",
        "cpu_us",
        Compared::Less,
        Some(Goal::AtLeast(8.0)),
    ),
    (
        "median latency at 30 a second, ms",
        "p50_ms",
        Compared::Shorter,
        Some(Goal::AtLeast(3.0)),
    ),
    (
        "the same, processors kept awake",
        "awake_p50_ms",
        Compared::Shorter,
        Some(Goal::AtLeast(3.0)),
    ),
    (
        "median less the provider's part, ms",
        "own_p50_ms",
        Compared::Shorter,
        None,
    ),
    (
        "the same, processors kept awake",
        "own_awake_p50_ms",
        Compared::Shorter,
        None,
    ),
    (
        "99th percentile at 30 a second, ms",
        "p99_ms",
        Compared::Shorter,
        None,
    ),
    (
        "the same, processors kept awake",
        "awake_p99_ms",
        Compared::Shorter,
        None,
    ),
    (
        "median of the start alone, ms",
        "start_p50_ms",
        Compared::Shorter,
        None,
    ),
    (
        "median of the check alone, ms",
        "check_p50_ms",
        Compared::Shorter,
        None,
    ),
    (
        "CPU of the server at 30 a second, µs",
        "open_cpu_us",
        Compared::Less,
        None,
    ),
    (
        "verifications a second, 8 at once",
        "rate",
        Compared::More,
        None,
    ),
    (
        "resident, MB",
        "resident",
        Compared::MostOfOurs,
        Some(Goal::AtMost(60.0)),
    ),
];

/// A figure in each round.
fn of_rounds(results: &Value, part: &str, name: &str) -> Option<Vec<f64>> {
    let values = results.get(part)?.get(name)?.as_array()?;
    values.iter().map(Value::as_f64).collect()
}

fn shown(values: Option<&[f64]>, scale: f64) -> String {
    values.map_or_else(
        || "not measured".to_owned(),
        |values| digits(median(values) / scale),
    )
}

/// Verifications of `auth-host serve` beside better-auth's.
pub fn table(results: &Value) -> String {
    let mut text = String::from(
        "| a verification | `auth-host serve` | better-auth | figure | goal | |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for (what, name, compared, goal) in ROWS {
        let ours = of_rounds(results, "auth_host", name);
        let peer = of_rounds(results, "better_auth", name);
        let (ours, peer) = (ours.as_deref(), peer.as_deref());
        let row = compared.figure(ours, peer).map(|value| Row {
            what,
            sides: String::new(),
            value,
            unit: compared.unit(),
            goal,
        });
        let row = row.as_ref();
        let _ = writeln!(
            text,
            "| {what} | {} | {} | {} | {} | {} |",
            shown(ours, compared.scale()),
            shown(peer, compared.scale()),
            row.map(Row::figure_shown).unwrap_or_default(),
            row.map(Row::goal_shown).unwrap_or_default(),
            row.map(Row::reached_shown).unwrap_or_default(),
        );
    }
    let floor = |name: &str| shown(of_rounds(results, "floor", name).as_deref(), 1.0);
    let _ = writeln!(
        text,
        "\nThe provider's part is a send alone, by a native client at the same rate: {} ms, and {} ms with processors \
        kept awake. Three commits of one small row, as many as a verification of `auth-host` needs, take {} ms at that \
        rate, and {} ms with processors kept awake.",
        floor("send_ms"),
        floor("awake_send_ms"),
        floor("commits_ms"),
        floor("awake_commits_ms"),
    );
    let number = |key: &str| results.get(key).and_then(Value::as_u64).unwrap_or_default();
    let _ = writeln!(
        text,
        "\n`cargo xtask bench --verifications` on {}. In each round {} verifications, {} at once, then {} at {} a \
        second. {}",
        results
            .get("date")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        number("closed"),
        number("at_once"),
        number("open"),
        number("rate"),
        circumstances(results),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ratios are of one round, and the figure is their median; memory is the most of all rounds.
    #[test]
    fn figure_is_the_median_of_the_rounds_ratios() {
        let (ours, peer) = (Some(&[1.0, 2.0, 4.0][..]), Some(&[8.0, 2.0, 8.0][..]));
        assert_eq!(Compared::Less.figure(ours, peer), Some(2.0));
        assert_eq!(Compared::More.figure(ours, peer), Some(0.5));
        assert_eq!(Compared::MostOfOurs.figure(ours, None), Some(4e-6));
        assert_eq!(Compared::Shorter.figure(ours, None), None);
    }
}
