//! Arguments of commands about messages, verifications and numbers.

use super::common::{NamedOf, Number, Scope};
use clap::{Args, Subcommand};

/// `message`
#[derive(Subcommand)]
pub enum Message {
    /// Show the newest messages of a tenant
    List(MessageList),
    /// Show a message
    Show(NamedOf),
}

/// `message list`
#[derive(Args)]
pub struct MessageList {
    #[command(flatten)]
    pub scope: Scope,
    /// Only those in a state: accepted, delivered, undelivered, not_sent, unknown, suppressed
    #[arg(long)]
    pub state: Option<String>,
}

/// `verification`
#[derive(Subcommand)]
pub enum Verification {
    /// Show the newest verifications of a tenant
    List(Scope),
    /// Show a verification
    Show(NamedOf),
    /// Send a code to a number
    Start(VerificationStart),
    /// Check a code, which is read from standard input
    Check(NamedOf),
    /// Cancel a verification
    Cancel(NamedOf),
}

/// `verification start`
#[derive(Args)]
pub struct VerificationStart {
    #[command(flatten)]
    pub number: Number,
    /// Why: SignIn, Register, ForgotPassword, Generic and others
    #[arg(long, default_value = "Generic")]
    pub usage: String,
    /// The person's language (repeatable, the best first)
    #[arg(long)]
    pub locale: Vec<String>,
}

/// `numbers`
#[derive(Subcommand)]
pub enum Numbers {
    /// Show verifications and messages of a number
    Search(Number),
    /// Forgive the wrong codes of a number
    Unlock(Number),
    /// Read a list of numbers, one in a line, and report how they are read, and which lines are ambiguous or no number
    Audit(NumbersAudit),
}

/// `numbers audit`
#[derive(Args)]
pub struct NumbersAudit {
    /// The list, a file; - for standard input
    pub file: String,
    /// The country of numbers without a calling code
    #[arg(long, conflicts_with = "bare_digits")]
    pub country: Option<String>,
    /// How digits without + are read, as in a webhook: refuse, e164, national:XX
    #[arg(long, value_name = "HOW")]
    pub bare_digits: Option<String>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// `test-number`
#[derive(Subcommand)]
pub enum TestNumber {
    /// Add a test number; its code comes from an environment variable
    Add(TestNumberAdd),
    /// Show a tenant's test numbers
    List(Scope),
    /// Remove a test number
    Remove(Number),
}

/// `test-number add`
#[derive(Args)]
pub struct TestNumberAdd {
    #[command(flatten)]
    pub number: Number,
    /// The environment variable that holds its code, six digits
    #[arg(long, value_name = "NAME")]
    pub code_from_env: String,
    /// How long it lives, in days
    #[arg(long, default_value_t = 30)]
    pub days: u32,
    /// The number is my own, although it may be somebody's mobile number
    #[arg(long)]
    pub own: bool,
}
