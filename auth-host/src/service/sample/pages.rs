//! HTML pages of the sample, from `templates/sample`. Templates escape all text of a person or of the API.

use super::countries;
use super::session::Purpose;
use super::users::SHORTEST;
use crate::service::phrases::Language;
use askama::Template;

/// Values that every page needs.
pub struct Page<'a> {
    /// The person's language.
    pub language: Language,
    /// The token of its forms.
    pub token: &'a str,
    /// Its path, to which a change of language returns.
    pub path: &'a str,
    /// A sentence about the last action.
    pub notice: Option<&'a str>,
    /// A sentence about the error.
    pub error: Option<&'a str>,
    /// URL of the page where codes arrive.
    pub inbox: Option<&'a str>,
}

/// A number as it was typed, and its country, which a script makes searchable.
struct Number<'a> {
    country: &'a str,
    typed: &'a str,
}

impl Number<'_> {
    fn countries(&self) -> &'static [(String, i32)] {
        countries::all()
    }
}

#[derive(Template)]
#[template(path = "sample/ask_number.html")]
struct AskNumber<'a> {
    page: &'a Page<'a>,
    title: &'a str,
    number: Number<'a>,
    purpose: &'a str,
}

#[derive(Template)]
#[template(path = "sample/ask_password.html")]
struct AskPassword<'a> {
    page: &'a Page<'a>,
    title: &'a str,
    number: Number<'a>,
}

#[derive(Template)]
#[template(path = "sample/ask_code.html")]
struct AskCode<'a> {
    page: &'a Page<'a>,
    title: &'a str,
    sent: String,
    resend_s: Option<u64>,
    /// The path of the form for a number.
    start: &'a str,
}

#[derive(Template)]
#[template(path = "sample/choose_password.html")]
struct ChoosePassword<'a> {
    page: &'a Page<'a>,
    title: &'a str,
    number: &'a str,
    label: &'a str,
    shortest: usize,
}

#[derive(Template)]
#[template(path = "sample/account.html")]
struct Account<'a> {
    page: &'a Page<'a>,
    title: &'a str,
}

fn html(template: &impl Template) -> String {
    template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a page of the sample cannot be made");
        String::new()
    })
}

impl Page<'_> {
    fn say(&self, key: &str) -> &'static str {
        self.language.say(key)
    }

    fn languages(&self) -> impl Iterator<Item = Language> {
        Language::all()
    }

    /// Form for the number that a code is sent to.
    pub fn ask_number(&self, purpose: Purpose, country: &str, typed: &str) -> String {
        let title = match purpose {
            Purpose::SignIn => "with-code",
            _ => purpose.name(),
        };
        html(&AskNumber {
            page: self,
            title: self.say(title),
            number: Number { country, typed },
            purpose: purpose.name(),
        })
    }

    /// Form for a number and its password.
    pub fn ask_password(&self, country: &str, typed: &str) -> String {
        html(&AskPassword {
            page: self,
            title: self.say("sign-in"),
            number: Number { country, typed },
        })
    }

    /// Form for the code that was sent.
    pub fn ask_code(&self, purpose: Purpose, number: &str, resend_s: Option<u64>) -> String {
        html(&AskCode {
            page: self,
            title: self.say(purpose.name()),
            sent: self.say("code-sent").replace("{number}", number),
            resend_s,
            start: path_of(purpose),
        })
    }

    /// Form for a new password.
    pub fn choose_password(&self, purpose: Purpose, number: &str) -> String {
        let label = match purpose {
            Purpose::Register => "password",
            Purpose::SignIn | Purpose::ForgotPassword => "new-password",
        };
        html(&ChoosePassword {
            page: self,
            title: self.say(purpose.name()),
            number,
            label,
            shortest: SHORTEST,
        })
    }

    /// The page of the account that is signed in.
    pub fn account(&self, number: &str) -> String {
        let title = self.say("signed-in-as").replace("{number}", number);
        html(&Account {
            page: self,
            title: &title,
        })
    }
}

/// The path of the form for a number.
pub fn path_of(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "sign-in-code",
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_text() {
        let hostile = "\"><script>alert(1)</script>'&";
        for language in Language::all() {
            let page = Page {
                language,
                token: hostile,
                path: hostile,
                notice: Some(hostile),
                error: Some(hostile),
                inbox: Some(hostile),
            };
            let pages = [
                page.ask_number(Purpose::Register, "CN", hostile),
                page.ask_password("CN", hostile),
                page.ask_code(Purpose::SignIn, hostile, Some(60)),
                page.choose_password(Purpose::ForgotPassword, hostile),
                page.account(hostile),
            ];
            for html in pages {
                assert!(
                    !html.contains("<script>") && !html.contains("\"><script"),
                    "{html}"
                );
                assert!(
                    !html.contains(" style=") && !html.contains(" onclick"),
                    "{html}"
                );
                // A missing text is empty.
                for gap in [
                    "<h1></h1>",
                    "></label>",
                    "<button type=\"submit\"></button>",
                    "></a>",
                ] {
                    assert!(!html.contains(gap), "{} {gap} {html}", language.tag());
                }
            }
        }
    }
}
