//! Reasons for which a message is refused before anything is sent.

/// A reason: a limit, a kill switch, or a missing flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A kill switch is on.
    Stopped,
    /// No flow serves the usage and the country.
    NoFlow,
    /// Messages to one number in ten minutes.
    NumberInTenMinutes,
    /// Messages to one number in 24 hours.
    NumberADay,
    /// Messages to one calling code in 24 hours.
    PrefixADay,
    /// Messages from one network in 24 hours.
    NetworkADay,
    /// Segments of the tenant in 24 hours.
    SegmentsADay,
    /// Too many codes of a country or a network were not used.
    Unverified,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Stopped,
        Self::NoFlow,
        Self::NumberInTenMinutes,
        Self::NumberADay,
        Self::PrefixADay,
        Self::NetworkADay,
        Self::SegmentsADay,
        Self::Unverified,
    ];

    /// The word in answers, counters and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::NoFlow => "no-flow",
            Self::NumberInTenMinutes => "number-in-ten-minutes",
            Self::NumberADay => "number-a-day",
            Self::PrefixADay => "prefix-a-day",
            Self::NetworkADay => "network-a-day",
            Self::SegmentsADay => "segments-a-day",
            Self::Unverified => "unverified",
        }
    }

    /// Parses a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}
