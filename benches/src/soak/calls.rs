//! Calls of a soak: their numbers and their outcomes, which driver and checker share.

/// Tenants, each with a config of its own and one call after another.
pub const TENANTS: u32 = 50;

/// Numbers of one prefix: the last four digits are shown.
const PER_PREFIX: u64 = 10_000;

/// Prefixes of mainland mobile numbers.
const PREFIXES: [&str; 30] = [
    "130", "131", "132", "133", "134", "135", "136", "137", "138", "139", "150", "151", "152",
    "153", "155", "156", "157", "158", "159", "170", "171", "173", "175", "176", "177", "178",
    "180", "181", "182", "183",
];

/// The most calls with distinct numbers.
pub const MOST: u64 = PREFIXES.len() as u64 * PER_PREFIX;

/// The number of a call.
pub fn number(call: u64) -> String {
    let prefix = usize::try_from(call / PER_PREFIX).unwrap_or_default();
    let prefix = PREFIXES.get(prefix).copied().unwrap_or_default();
    format!("+86{prefix}0000{:04}", call % PER_PREFIX)
}

/// The same as the journal has it.
pub fn masked(call: u64) -> String {
    let number = number(call);
    let (front, back) = (number.get(..6), number.get(number.len() - 4..));
    format!(
        "{}****{}",
        front.unwrap_or_default(),
        back.unwrap_or_default()
    )
}

/// Outcome that a call received, a byte each.
pub const ACCEPTED: u8 = b'a';
pub const NOT_SENT: u8 = b'n';
pub const UNKNOWN: u8 = b'u';
