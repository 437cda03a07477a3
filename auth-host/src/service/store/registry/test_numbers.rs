//! Rows of test numbers.

use crate::service::store::Result;
use crate::service::store::rows::{all, changed, touch};
use rusqlite::{Connection, params};

/// A number that is never sent to and whose code is fixed.
#[derive(Clone)]
pub struct TestNumber {
    /// Its tenant.
    pub tenant: String,
    /// The keyed hash of the number.
    pub number_hash: Vec<u8>,
    /// The number, encrypted.
    pub number: Vec<u8>,
    /// The code, encrypted.
    pub code: Vec<u8>,
    /// When it ends.
    pub expires_at: i64,
}

/// All test numbers.
pub fn test_numbers(db: &Connection) -> Result<Vec<TestNumber>> {
    let sql = "SELECT tenant, number_hash, number, code, expires_at FROM test_numbers ORDER BY created_at";
    all(db, sql, [], |row| {
        Ok(TestNumber {
            tenant: row.get(0)?,
            number_hash: row.get(1)?,
            number: row.get(2)?,
            code: row.get(3)?,
            expires_at: row.get(4)?,
        })
    })
}

/// Adds a test number, or changes it.
pub fn put_test_number(db: &Connection, number: &TestNumber) -> Result<()> {
    db.execute(
        "INSERT INTO test_numbers (tenant, number_hash, number, code, expires_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant, number_hash) DO UPDATE SET code = ?4, expires_at = ?5",
        params![
            number.tenant,
            number.number_hash,
            number.number,
            number.code,
            number.expires_at,
            crate::service::ids::now_ms()
        ],
    )?;
    touch(db)
}

/// Removes a test number. Returns true if there was one.
pub fn delete_test_number(db: &Connection, tenant: &str, number_hash: &[u8]) -> Result<bool> {
    changed(
        db,
        "DELETE FROM test_numbers WHERE tenant = ?1 AND number_hash = ?2",
        params![tenant, number_hash],
    )
}
