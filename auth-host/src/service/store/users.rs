//! Users of the console and their sessions.

use super::rows::all;
use super::writer::{Result, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The setting that stores the time at which the set-up link was made, and the hash of its token.
pub const SETUP: &str = "console_setup";

/// The permission of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads and changes.
    Admin,
    /// Only reads.
    Viewer,
}

impl Role {
    /// The name in the database and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }

    /// Parses a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Admin, Self::Viewer]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// A user.
#[derive(Clone)]
pub struct User {
    /// Their identifier.
    pub id: String,
    /// The name that they sign in with.
    pub name: String,
    /// Their password's hash, as a PHC string.
    pub password: String,
    /// Their role.
    pub role: Role,
    /// The tenant to which the role applies; none for the whole host.
    pub tenant: Option<String>,
    /// When they were added.
    pub created_at: i64,
}

/// A session with its user.
pub struct Session {
    /// Its user.
    pub user: User,
    /// When it began.
    pub created_at: i64,
    /// When it was used last, to the minute.
    pub seen_at: i64,
}

const COLUMNS: &str = "users.id, name, password, role, tenant, users.created_at";

fn read(row: &Row<'_>) -> Result<User> {
    Ok(User {
        id: row.get(0)?,
        name: row.get(1)?,
        password: row.get(2)?,
        role: Role::parse(&row.get::<_, String>(3)?).ok_or(StoreError::Row("users"))?,
        tenant: row.get(4)?,
        created_at: row.get(5)?,
    })
}

/// All users, by name.
pub fn list(db: &Connection) -> Result<Vec<User>> {
    all(
        db,
        &format!("SELECT {COLUMNS} FROM users ORDER BY name"),
        [],
        read,
    )
}

/// The user of a name.
pub fn by_name(db: &Connection, name: &str) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE name = ?1");
    Ok(all(db, &sql, [name], read)?.pop())
}

/// Returns true if there is any user.
pub fn is_any(db: &Connection) -> Result<bool> {
    Ok(db.query_row("SELECT EXISTS (SELECT 1 FROM users)", [], |row| row.get(0))?)
}

/// Adds a user, or replaces the password, role and tenant of the one with this name.
pub fn put(db: &Connection, user: &User) -> Result<()> {
    db.execute(
        "INSERT INTO users (id, name, password, role, tenant, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (name) DO UPDATE SET password = ?3, role = ?4, tenant = ?5",
        params![
            user.id,
            user.name,
            user.password,
            user.role.as_str(),
            user.tenant,
            user.created_at
        ],
    )?;
    Ok(())
}

/// Sets another password for a user and ends their sessions. Returns true if there was one.
pub fn set_password(db: &Connection, id: &str, hash: &str) -> Result<bool> {
    end_all(db, id)?;
    let changed = db.execute("UPDATE users SET password = ?2 WHERE id = ?1", [id, hash])?;
    Ok(changed > 0)
}

/// Removes a user and their sessions. Returns true if there was one.
pub fn remove(db: &Connection, id: &str) -> Result<bool> {
    end_all(db, id)?;
    Ok(db.execute("DELETE FROM users WHERE id = ?1", [id])? > 0)
}

/// Begins a session of a user whose password is still the one that was checked. Returns false if the password changed
/// or the user was removed during the check, which is slow.
pub fn begin(db: &Connection, hash: &[u8], user: &User, now: i64) -> Result<bool> {
    let begun = db.execute(
        "INSERT INTO sessions (hash, user, created_at, seen_at)
         SELECT ?1, id, ?4, ?4 FROM users WHERE id = ?2 AND password = ?3",
        params![hash, user.id, user.password, now],
    )?;
    Ok(begun > 0)
}

/// The session of a token's hash, with its user.
pub fn session(db: &Connection, hash: &[u8]) -> Result<Option<Session>> {
    let sql = format!(
        "SELECT {COLUMNS}, sessions.created_at, seen_at FROM sessions JOIN users ON users.id = sessions.user
         WHERE hash = ?1"
    );
    let mut query = db.prepare_cached(&sql)?;
    let found = query
        .query_row([hash], |row| {
            Ok((read(row), row.get::<_, i64>(6)?, row.get::<_, i64>(7)?))
        })
        .optional()?;
    found
        .map(|(user, created_at, seen_at)| {
            Ok(Session {
                user: user?,
                created_at,
                seen_at,
            })
        })
        .transpose()
}

/// Stores when a session was used.
pub fn seen(db: &Connection, hash: &[u8], now: i64) -> Result<()> {
    db.execute(
        "UPDATE sessions SET seen_at = ?2 WHERE hash = ?1",
        params![hash, now],
    )?;
    Ok(())
}

/// Ends a session.
pub fn end(db: &Connection, hash: &[u8]) -> Result<()> {
    db.execute("DELETE FROM sessions WHERE hash = ?1", [hash])?;
    Ok(())
}

/// Ends every session of a user.
pub fn end_all(db: &Connection, user: &str) -> Result<()> {
    db.execute("DELETE FROM sessions WHERE user = ?1", [user])?;
    Ok(())
}

/// Deletes sessions that began or were used too long ago.
pub fn sweep(db: &Connection, began_before: i64, seen_before: i64) -> Result<usize> {
    Ok(db.execute(
        "DELETE FROM sessions WHERE created_at < ?1 OR seen_at < ?2",
        [began_before, seen_before],
    )?)
}
