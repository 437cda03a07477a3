//! Reads blocks and lists of blocks by the field table that they have of their own.

use alloc::vec::Vec;

use super::finding::NOT_A_LIST;
use super::reader::Object;
use crate::json::Json;

impl<'a> Object<'a, '_> {
    /// Reads a [block](super::Field::block) that may be absent.
    pub fn block<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Object<'a, '_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.filled(key)?;
        let field = self.field(key).filter(|field| !field.is_list)?;
        let block = self.reader.object(self.at(key), value, field.fields)?;
        read(&block)
    }

    /// Reads each entry of a [list of blocks](super::Field::list) that may be absent. An entry that is not a block is
    /// an error.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::config::{Field, Form, Place, Reader};
    /// use connector_kit::json;
    /// use connector_kit::text::Text;
    ///
    /// const ROW: [Field; 1] = [Field::new("name", Text::english("Name")).required()];
    /// const FIELDS: [Field; 1] = [Field::new("rows", Text::english("Rows")).list(&ROW)];
    ///
    /// let document = json::parse(r#"{"rows": [{"name": "a"}, {"name": "b"}]}"#).unwrap();
    /// let reader = Reader::default();
    /// let config = reader.object(Place::Root, &document, &FIELDS).unwrap();
    /// let rows = config.list("rows", |row| row.required_text("name", &Form::TEXT));
    /// assert_eq!(rows, ["a", "b"]);
    /// ```
    pub fn list<T>(&self, key: &str, read: impl Fn(&Object<'a, '_>) -> Option<T>) -> Vec<T> {
        let Some(value) = self.filled(key) else {
            return Vec::new();
        };
        let place = self.at(key);
        let field = self.field(key).filter(|field| field.is_list);
        let (Some(field), Json::Array(items)) = (field, value) else {
            self.reject::<T>(key, NOT_A_LIST);
            return Vec::new();
        };
        let entry = |(index, item)| {
            let block = self.reader.object(place.entry(index), item, field.fields)?;
            read(&block)
        };
        items.iter().enumerate().filter_map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Field, Form, Place, Reader};
    use crate::json;
    use crate::text::Text;
    use alloc::string::String;

    const EMPTY: Text = Text::new("", "");
    static ROW: [Field; 1] = [Field::new("id", EMPTY).required()];
    static FIELDS: [Field; 2] = [
        Field::new("rows", EMPTY).list(&ROW),
        Field::new("one", EMPTY).block(&ROW),
    ];

    /// Reads both fields, and returns their values and the places of the findings.
    fn read(text: &str) -> (Vec<String>, Option<String>, Vec<String>) {
        let document = json::parse(text).unwrap();
        let reader = Reader::default();
        let config = reader.object(Place::Root, &document, &FIELDS).unwrap();
        let id = |row: &Object<'_, '_>| row.required_text("id", &Form::TEXT).map(String::from);
        let rows = config.list("rows", id);
        let one = config.block("one", id);
        let findings = reader.into_sorted(&FIELDS).into_iter();
        (rows, one, findings.map(|finding| finding.pointer).collect())
    }

    #[test]
    fn entries_are_read_in_order_and_each_error_has_its_place() {
        let (rows, one, findings) =
            read(r#"{"rows": [{"id": "a"}, 1, {}, {"id": "b"}], "one": {}}"#);
        assert_eq!(
            (rows.as_slice(), one),
            (&["a".into(), "b".into()][..], None)
        );
        assert_eq!(findings, ["/rows/1", "/rows/2/id"]);
        let (rows, one, findings) = read(r#"{"rows": {"id": "a"}, "one": {"id": "c", "x": 1}}"#);
        assert_eq!((rows.len(), one.as_deref()), (0, Some("c")));
        assert_eq!(findings, ["/rows", "/one/x"]);
        for absent in ["{}", r#"{"rows": [], "one": null}"#] {
            assert_eq!(read(absent), (Vec::new(), None, Vec::new()));
        }
        assert_eq!(read(r#"{"one": [1]}"#).2, ["/one"]);
    }
}
