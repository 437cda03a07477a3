//! Delivery reports, which the carrier sends some time after a message was accepted.
//!
//! Every accepted message is reported delivered after the simulator's delivery delay, except those to magic numbers,
//! `+861540001NNNN` and `+44113496NNNN`. Neither belongs to anybody, see [`crate::magic`]; Ofcom keeps 0113 496 0000 to
//! 0999 free for drama too:
//!
//! | `NNNN` | report |
//! |---|---|
//! | 0000 | none, ever |
//! | 0001 | `UNDELIV` |
//! | 0002 | `REJECTD` |
//! | 0003 | `EXPIRED` |
//! | 0004 | `MK:0001`, unknown subscriber |
//! | 0005 | `MX:0003`, the carrier's cap per number and day |
//! | 0006 | `MB:1077`, on the carrier's block list |

/// Content of a delivery report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The carrier's code.
    pub code: &'static str,
    /// True if the phone has the message.
    pub delivered: bool,
}

impl Receipt {
    /// `SUCCESS` or `FAIL`.
    pub fn status(self) -> &'static str {
        if self.delivered { "SUCCESS" } else { "FAIL" }
    }
}

/// Prefixes of the magic numbers, calling code included.
pub const PREFIXES: [&str; 2] = ["+44113496", "+861540001"];

const DELIVERED: Receipt = Receipt {
    code: "DELIVRD",
    delivered: true,
};

/// The report about a message to this number, in E.164 form; `None`: no report.
pub fn receipt(number: &str) -> Option<Receipt> {
    let failed = |code| {
        Some(Receipt {
            code,
            delivered: false,
        })
    };
    let magic = PREFIXES
        .iter()
        .find_map(|prefix| number.strip_prefix(prefix));
    match magic.filter(|digits| digits.len() == 4) {
        Some("0000") => None,
        Some("0001") => failed("UNDELIV"),
        Some("0002") => failed("REJECTD"),
        Some("0003") => failed("EXPIRED"),
        Some("0004") => failed("MK:0001"),
        Some("0005") => failed("MX:0003"),
        Some("0006") => failed("MB:1077"),
        _ => Some(DELIVERED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All ordinary numbers are delivered.
    #[test]
    fn magic_numbers_decide_their_receipt() {
        assert_eq!(receipt("+8613800138000"), Some(DELIVERED));
        assert_eq!(receipt("+441134960000"), None);
        assert_eq!(receipt("+8615400010004").unwrap().code, "MK:0001");
        assert_eq!(receipt("+441134960001").unwrap().status(), "FAIL");
        assert_eq!(receipt("+441134960999"), Some(DELIVERED));
    }
}
