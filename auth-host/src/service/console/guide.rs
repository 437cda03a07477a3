//! A plugin's guide, from Markdown. Markup in it stays text, pictures become their descriptions, and links lead to the
//! web or to a place on the page.

use crate::clean::is_deceptive;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A guide as HTML of at most `most` bytes, and true if its end is missing.
pub fn render(text: &str, most: usize) -> (String, bool) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    // Escape sequences, and characters that disguise the text.
    let hidden = |c: char| if c != '\n' && is_deceptive(c) { ' ' } else { c };
    let text: String = text.chars().map(hidden).collect();
    let mut page = String::new();
    let mut block = Vec::new();
    let mut depth = 0_usize;
    let mut reader = Reader::default();
    for event in Parser::new_ext(&text, options) {
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        block.extend(reader.safe(event));
        if depth > 0 {
            continue;
        }
        // A guide is cut between two blocks, so that every open element is closed.
        let mut html = String::new();
        html::push_html(&mut html, block.drain(..));
        let html = reachable(&html);
        if page.len() + html.len() > most {
            return (page, true);
        }
        page.push_str(&html);
    }
    (page, false)
}

/// Lets tables and code scroll by themselves on a narrow page, and by keyboard; an empty corner is not a heading. Text
/// has no `<` at this point, so each of these is an element.
fn reachable(html: &str) -> String {
    html.replace("<pre>", "<pre tabindex=\"0\">")
        .replace("<table>", "<div class=\"scroll\" tabindex=\"0\"><table>")
        .replace("</table>", "</table></div>")
        .replace("<th></th>", "<td></td>")
}

/// Open pictures and links whose markup is left out.
#[derive(Default)]
struct Reader {
    pictures: u32,
    links: Vec<bool>,
}

impl Reader {
    /// A safe event for the page; none if it shows nothing.
    fn safe<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        Some(match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::Image { .. }) => {
                self.pictures += 1;
                return None;
            }
            Event::End(TagEnd::Image) => {
                self.pictures = self.pictures.saturating_sub(1);
                return None;
            }
            Event::Start(Tag::Link { dest_url, .. }) if !is_safe(&dest_url) => {
                self.links.push(false);
                return None;
            }
            Event::Start(tag @ Tag::Link { .. }) => {
                self.links.push(true);
                Event::Start(tag)
            }
            Event::End(TagEnd::Link) if self.links.pop() == Some(false) => return None,
            Event::Start(Tag::Heading { level, .. }) => Event::Start(heading(level)),
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => return None,
            Event::Text(text) if self.pictures > 0 => {
                Event::Text(CowStr::from(format!("[{text}]")))
            }
            other => other,
        })
    }
}

fn is_safe(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with('#')
}

/// Two levels lower, because the page has its own headings.
const fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

fn heading<'a>(level: HeadingLevel) -> Tag<'a> {
    Tag::Heading {
        level: lower(level),
        id: None,
        classes: Vec::new(),
        attrs: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_guide_stays_text() {
        let (page, cut) = render(
            "# A <script>alert(1)</script>\u{1b}[2J\u{202e}\n\n<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1)) \
             [b](https://example.com) [c](#here) [d](/console/plugins) ![logo](https://evil.example/x.png)\n\n\
             <div style=\"color:red\">\n\nx",
            10_000,
        );
        assert!(!cut);
        assert!(
            page.contains("<h3>A &lt;script&gt;alert(1)&lt;/script&gt; [2J"),
            "{page}"
        );
        assert!(
            page.contains("href=\"https://example.com\"") && page.contains("href=\"#here\""),
            "{page}"
        );
        for never in [
            "\u{1b}",
            "\u{202e}",
            "<script",
            "<img",
            "javascript:",
            "evil.example",
            "<div",
            "href=\"/",
        ] {
            assert!(!page.contains(never), "{never}: {page}");
        }
    }

    #[test]
    fn wide_guide_parts_are_reachable_by_keyboard() {
        let (page, _) = render(
            "| | a |\n|---|---|\n| b | `<table>` |\n\n```text\n<pre>\n```\n",
            10_000,
        );
        for there in [
            "<div class=\"scroll\" tabindex=\"0\"><table>",
            "</table></div>",
            "<td></td><th>a</th>",
            "<code>&lt;table&gt;</code>",
            "<pre tabindex=\"0\"><code class=\"language-text\">&lt;pre&gt;",
        ] {
            assert!(page.contains(there), "{there}: {page}");
        }
        assert_eq!(page.matches("scroll").count(), 1, "{page}");
    }

    #[test]
    fn long_guide_is_cut_between_blocks() {
        let (page, cut) = render(&"A paragraph of *some* words.\n\n".repeat(5000), 20_000);
        assert!(
            cut && (19_000..=20_000).contains(&page.len()) && page.ends_with("</p>\n"),
            "{}",
            page.len()
        );
        let (page, cut) = render(&"<".repeat(100_000), 20_000);
        assert_eq!((page.as_str(), cut), ("", true));
    }
}
