//! Ends everything that a backup would make valid again, and stops sending until an operator resumes it.
//!
//! A backup has nothing of what happened after it. A code that was used since is unused in it, a session that was ended
//! is valid, and the kill switch has its former state.

use super::audit::{self, Action};
use super::rows::{LISTENERS, put_setting, touch};
use super::users;
use super::writer::Result;
use rusqlite::Connection;

/// The counts of rows that were ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Verifications whose code could still be used.
    pub verifications: usize,
    /// Sessions of the console.
    pub sessions: usize,
}

/// Cancels each verification that is pending, signs all users out of the console, voids its link, forgets the
/// service's addresses, and turns the kill switch of the host on. For a database that no process uses yet.
pub fn end(db: &Connection, actor: &str, now: i64) -> Result<Ended> {
    let live = "SELECT count(*) FROM verifications WHERE state = 'pending' AND expires_at > ?1";
    let live: i64 = db.query_row(live, [now], |row| row.get(0))?;
    // Including those that look expired: the clock may be ahead.
    db.execute(
        "UPDATE verifications SET state = 'cancelled' WHERE state = 'pending'",
        [],
    )?;
    let ended = Ended {
        verifications: usize::try_from(live).unwrap_or_default(),
        sessions: db.execute("DELETE FROM sessions", [])?,
    };
    put_setting(db, users::SETUP, "")?;
    put_setting(db, LISTENERS, "")?;
    put_setting(db, "is_stopped", "1")?;
    touch(db)?;
    let detail = format!(
        "{} verifications cancelled, {} sessions ended",
        ended.verifications, ended.sessions
    );
    audit::add(db, None, actor, Action::HostRestore, "", &detail)?;
    Ok(ended)
}
