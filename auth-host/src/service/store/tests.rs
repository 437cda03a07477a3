//! Tests of the store, each with its own file.

mod file;
mod limits;
mod rows;

use super::{Store, open};
use crate::service::ids;
use std::path::PathBuf;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(ids::new("store"));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("auth-host.db")
    }

    fn open(&self) -> Store {
        open(&self.file()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
