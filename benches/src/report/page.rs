//! The parts of `docs/performance.md` that commands write.

use crate::work::{Result, as_text};
use std::path::Path;

/// Replaces the text between `<!-- name -->` and `<!-- /name -->` in a page.
fn replace(page: &mut String, name: &str, text: &str) -> Result {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let start = page.find(&begin).map(|at| at + begin.len());
    let stop = page.find(&end);
    let (Some(start), Some(stop)) = (start, stop) else {
        return Err(format!("the page has no {begin}…{end}"));
    };
    page.replace_range(start..stop, &format!("\n{}\n", text.trim_end()));
    Ok(())
}

/// Replaces a part of `performance.md`.
pub fn put(docs: &Path, name: &str, text: &str) -> Result {
    let path = docs.join("performance.md");
    let mut page = std::fs::read_to_string(&path).map_err(as_text)?;
    replace(&mut page, name, text)?;
    std::fs::write(path, page).map_err(as_text)
}
