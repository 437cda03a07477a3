//! Text of a template: its variables, and its rendering with values.

use super::types::Template;

impl Template {
    /// How many variables the text has.
    ///
    /// # Errors
    ///
    /// The rule of the template review that the text breaks.
    pub fn variables(&self) -> Result<usize, &'static str> {
        let mut count = 0;
        let mut previous_end = None;
        if has_open_variable(&self.text) {
            return Err("a variable has no closing brace");
        }
        for (start, end, number) in placeholders(&self.text) {
            if previous_end == Some(start) {
                return Err("two variables stand side by side");
            }
            if number != count + 1 {
                return Err("the variables are not numbered 1, 2, … in order");
            }
            count = number;
            previous_end = Some(end);
        }
        Ok(count)
    }

    /// Returns true if it has braces that belong to no variable: the service treats them as text.
    pub fn has_other_braces(&self) -> bool {
        self.text.matches('{').count() > placeholders(&self.text).len()
    }

    /// The text with its variables replaced; one without a value stays as it is.
    pub fn render(&self, values: &[String]) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut at = 0;
        for (start, end, number) in placeholders(&self.text) {
            let Some(value) = number.checked_sub(1).and_then(|i| values.get(i)) else {
                continue;
            };
            text.push_str(self.text.get(at..start).unwrap_or_default());
            text.push_str(value);
            at = end;
        }
        text.push_str(self.text.get(at..).unwrap_or_default());
        text
    }
}

/// Returns true if digits follow a brace that none closes, as in `{1` and `{1 }`.
fn has_open_variable(text: &str) -> bool {
    text.split('{').skip(1).any(|rest| {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        after.len() < rest.len() && !after.starts_with('}')
    })
}

/// Start, end and number of every `{n}`.
fn placeholders(text: &str) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices('{') {
        let Some(rest) = text.get(start + 1..) else {
            continue;
        };
        let Some((digits, _)) = rest.split_once('}') else {
            continue;
        };
        if digits.bytes().all(|b| b.is_ascii_digit())
            && let Ok(number) = digits.parse::<usize>()
        {
            found.push((start, start + digits.len() + 2, number));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Status, TemplateKind, TemplateRoute};

    fn template(text: &str) -> Template {
        Template {
            id: "1".to_owned(),
            name: String::new(),
            route: TemplateRoute::Mainland,
            kind: TemplateKind::Otp,
            status: Status::Approved,
            text: text.to_owned(),
        }
    }

    #[test]
    fn variables_are_counted_and_replaced_in_order() {
        let t = template("code {1}, {2} minutes");
        assert_eq!(t.variables(), Ok(2));
        assert_eq!(
            t.render(&["123456".to_owned(), "5".to_owned()]),
            "code 123456, 5 minutes"
        );
        assert_eq!(template("none").variables(), Ok(0));
        assert_eq!(template("a {} {x} }{").variables(), Ok(0));
    }

    #[test]
    fn adjacent_or_misordered_variables_are_refused() {
        assert!(template("{1}{2}").variables().is_err());
        assert!(template("{2} {1}").variables().is_err());
        assert!(template("{1} {1}").variables().is_err());
    }

    #[test]
    fn variable_without_closing_brace_is_refused() {
        for text in ["code {1", "code {1 }", "{1, {2}", "{{1"] {
            assert!(template(text).variables().is_err(), "{text}");
        }
        for (text, is_doubtful) in [("{1} {code}", true), ("{1}, {2}", false), ("1}", false)] {
            assert!(template(text).variables().is_ok(), "{text}");
            assert_eq!(template(text).has_other_braces(), is_doubtful, "{text}");
        }
    }

    #[test]
    fn value_like_variable_is_not_replaced_again() {
        assert_eq!(
            template("{1} {2}").render(&["{2}".to_owned(), "x".to_owned()]),
            "{2} x"
        );
    }
}
