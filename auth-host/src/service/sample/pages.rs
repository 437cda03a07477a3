//! HTML pages of the sample. All text of a person or of the API passes through [`text`].

use super::countries;
use super::session::Purpose;
use crate::service::phrases::Language;
use std::fmt::Write as _;

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

/// Escapes a text for HTML, in an element or in quotes.
pub fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(character),
        }
    }
    safe
}

impl Page<'_> {
    fn say(&self, key: &str) -> String {
        text(self.language.say(key))
    }

    /// The whole page around a body.
    pub fn around(&self, title: &str, body: &str) -> String {
        let (tag, sample) = (self.language.tag(), self.say("sample-title"));
        let mut languages = String::new();
        for language in Language::all() {
            let (other, name) = (language.tag(), language.name());
            let current = if language == self.language {
                " aria-current=\"true\""
            } else {
                ""
            };
            let path = text(self.path);
            let _ = write!(
                languages,
                "<a href=\"/language/{other}?to={path}\" lang=\"{other}\" hreflang=\"{other}\"{current}>{name}</a> "
            );
        }
        let line = |kind: &str, role: &str, words: Option<&str>| {
            words.map_or_else(String::new, |words| {
                format!("<p class=\"{kind}\" role=\"{role}\">{}</p>", text(words))
            })
        };
        let notice = line("notice", "status", self.notice);
        let error = line("error", "alert", self.error);
        let inbox = self.inbox.map_or_else(String::new, |url| {
            let words = self.say("inbox");
            format!(
                "<p><a href=\"{}\" rel=\"noreferrer\">{words}</a></p>",
                text(url)
            )
        });
        let (note, choose) = (self.say("sample-note"), self.say("language"));
        format!(
            "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · {sample}</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/sample.css\">\n\
             <script type=\"module\" src=\"/sample.js\"></script>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
             {notice}{error}{body}\n</main>\n<footer>\n<p>{note}</p>\n{inbox}\n\
             <nav aria-label=\"{choose}\">{languages}</nav>\n</footer>\n</body>\n</html>\n"
        )
    }

    fn form(&self, action: &str, fields: &str, button: &str) -> String {
        let token = text(self.token);
        format!(
            "<form method=\"post\" action=\"{action}\">\n<input type=\"hidden\" name=\"token\" value=\"{token}\">\n{fields}\n\
             <button type=\"submit\">{}</button>\n</form>\n",
            self.say(button)
        )
    }

    fn link(&self, path: &str, key: &str) -> String {
        format!("<a href=\"{path}\">{}</a>", self.say(key))
    }

    /// A number with its country, which a script makes searchable.
    fn number(&self, country: &str, number: &str) -> String {
        let mut options = String::new();
        for (iso, code) in countries::all() {
            let selected = if iso == country { " selected" } else { "" };
            let _ = write!(
                options,
                "<option value=\"{iso}\" data-code=\"{code}\"{selected}>{iso} +{code}</option>"
            );
        }
        format!(
            "<div class=\"field\"><label for=\"country\">{country_label}</label>\n\
             <select id=\"country\" name=\"country\" autocomplete=\"country\">{options}</select>\n\
             <button type=\"button\" id=\"choose\" class=\"choose\" aria-haspopup=\"dialog\" hidden></button></div>\n\
             <div class=\"field\"><label for=\"number\">{number_label}</label>\n\
             <input id=\"number\" name=\"number\" type=\"tel\" inputmode=\"tel\" autocomplete=\"tel\" required maxlength=\"40\" value=\"{number}\"></div>\n\
             <dialog id=\"countries\" aria-labelledby=\"search-label\"><label id=\"search-label\" for=\"search\">{search}</label>\n\
             <input id=\"search\" type=\"search\" autocomplete=\"off\">\n<ul id=\"found\"></ul>\n\
             <p id=\"none\" role=\"status\" data-text=\"{none}\"></p>\n\
             <button type=\"button\" id=\"close\" class=\"quiet\">{close}</button></dialog>",
            country_label = self.say("country"),
            number_label = self.say("phone-number"),
            number = text(number),
            search = self.say("search-country"),
            none = self.say("no-country"),
            close = self.say("close"),
        )
    }

    /// Form for the number that a code is sent to.
    pub fn ask_number(&self, purpose: Purpose, country: &str, number: &str) -> String {
        let name = purpose.name();
        let fields = format!(
            "<input type=\"hidden\" name=\"purpose\" value=\"{name}\">\n{}",
            self.number(country, number)
        );
        let mut links = Vec::new();
        if purpose == Purpose::SignIn {
            links.push(self.link("/sign-in", "with-password"));
        } else {
            links.push(self.link("/sign-in", "sign-in"));
        }
        if purpose != Purpose::Register {
            links.push(self.link("/register", "register"));
        }
        let body = self.form("/start", &fields, "send-code");
        let title = match purpose {
            Purpose::SignIn => "with-code",
            _ => name,
        };
        self.around(
            &self.say(title),
            &format!("{body}<p class=\"links\">{}</p>", links.join(" ")),
        )
    }

    /// Form for a number and its password.
    pub fn ask_password(&self, country: &str, number: &str) -> String {
        let fields = format!(
            "{}\n<div class=\"field\"><label for=\"password\">{}</label>\n\
             <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required maxlength=\"256\"></div>",
            self.number(country, number),
            self.say("password"),
        );
        let links = [
            self.link("/sign-in-code", "with-code"),
            self.link("/forgot-password", "forgot-password"),
            self.link("/register", "register"),
        ];
        let body = self.form("/sign-in", &fields, "sign-in");
        self.around(
            &self.say("sign-in"),
            &format!("{body}<p class=\"links\">{}</p>", links.join(" ")),
        )
    }

    /// Form for the code that was sent.
    pub fn ask_code(&self, purpose: Purpose, number: &str, resend_s: Option<u64>) -> String {
        let sent = text(&self.language.say("code-sent").replace("{number}", number));
        let fields = format!(
            "<div class=\"field\"><label for=\"code\">{}</label>\n\
             <input id=\"code\" name=\"code\" type=\"text\" inputmode=\"numeric\" autocomplete=\"one-time-code\" \
             pattern=\"[0-9 \\-]*\" maxlength=\"11\" required></div>",
            self.say("code")
        );
        let resend = resend_s.map_or_else(String::new, |seconds| {
            let (token, words, wait) = (text(self.token), self.say("resend"), self.say("resend-in"));
            format!(
                "<form method=\"post\" action=\"/resend\"><input type=\"hidden\" name=\"token\" value=\"{token}\">\n\
                 <button type=\"submit\" id=\"resend\" class=\"quiet\" data-seconds=\"{seconds}\" data-wait=\"{wait}\">{words}</button></form>"
            )
        });
        let body = format!(
            "<p>{sent}</p>\n{}{resend}<p class=\"links\">{}</p>",
            self.form("/code", &fields, "continue"),
            self.link(&format!("/{}", path_of(purpose)), "start-again"),
        );
        self.around(
            &self.say(if purpose == Purpose::SignIn {
                "sign-in"
            } else {
                purpose.name()
            }),
            &body,
        )
    }

    /// Form for a new password.
    pub fn choose_password(&self, purpose: Purpose, number: &str) -> String {
        let label = if purpose == Purpose::Register {
            "password"
        } else {
            "new-password"
        };
        // Password managers use the number as the account's name.
        let fields = format!(
            "<input type=\"hidden\" autocomplete=\"username\" value=\"{}\">\n<div class=\"field\"><label for=\"password\">{}</label>\n\
             <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" minlength=\"{}\" maxlength=\"256\" \
             required aria-describedby=\"rule\"><p id=\"rule\" class=\"hint\">{}</p></div>",
            text(number),
            self.say(label),
            super::users::SHORTEST,
            self.say("password-rule"),
        );
        self.around(
            &self.say(purpose.name()),
            &self.form("/password", &fields, "continue"),
        )
    }

    /// The page of the account that is signed in.
    pub fn account(&self, number: &str) -> String {
        let who = text(
            &self
                .language
                .say("signed-in-as")
                .replace("{number}", number),
        );
        self.around(&who, &self.form("/sign-out", "", "sign-out"))
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
