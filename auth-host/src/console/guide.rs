//! A plugin's guide, from Markdown. Markup in it stays text, pictures become their descriptions, and links lead to the
//! web or to a place on the page.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// The longest guide beside a form, in bytes of HTML. Pages stay below 60 KB with everything.
const LONGEST: usize = 22 << 10;

/// A guide as HTML, and whether its end is missing.
pub fn render(text: &str) -> (String, bool) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut pictures = 0_u32;
    let mut links: Vec<bool> = Vec::new();
    let mut cut = false;
    let mut size = 0;
    let mut events = Vec::new();
    let mut depth = 0_usize;
    for event in Parser::new_ext(text, options) {
        let event = match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::Image { .. }) => {
                pictures += 1;
                continue;
            }
            Event::End(TagEnd::Image) => {
                pictures = pictures.saturating_sub(1);
                continue;
            }
            Event::Start(Tag::Link { dest_url, .. }) if !is_safe(&dest_url) => {
                links.push(false);
                continue;
            }
            Event::Start(tag @ Tag::Link { .. }) => {
                links.push(true);
                Event::Start(tag)
            }
            Event::End(TagEnd::Link) if links.pop() == Some(false) => continue,
            Event::Start(Tag::Heading { level, .. }) => Event::Start(heading(level)),
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => continue,
            Event::Text(text) if pictures > 0 => Event::Text(CowStr::from(format!("[{text}]"))),
            other => other,
        };
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Text(text) | Event::Code(text) => size += text.len() * 3 / 2 + 8,
            _ => {}
        }
        // A guide is cut between two blocks, so that everything that was opened is closed.
        let is_between = depth == 0;
        events.push(event);
        if size > LONGEST && is_between {
            cut = true;
            break;
        }
    }
    let mut page = String::new();
    html::push_html(&mut page, events.into_iter());
    if page.len() > 2 * LONGEST {
        return (String::new(), true);
    }
    (page, cut)
}

fn is_safe(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with('#')
}

/// Two levels lower: the page has headings of its own.
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
            "# A <script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1)) \
             [b](https://example.com) [c](#here) [d](/console/plugins) ![logo](https://evil.example/x.png)\n\n\
             <div style=\"color:red\">\n\nx",
        );
        assert!(!cut);
        assert!(
            page.contains("<h3>A &lt;script&gt;alert(1)&lt;/script&gt;</h3>"),
            "{page}"
        );
        assert!(
            page.contains("href=\"https://example.com\"") && page.contains("href=\"#here\""),
            "{page}"
        );
        for never in [
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
    fn long_guide_is_cut_between_blocks() {
        let (page, cut) = render(&"A paragraph of *some* words.\n\n".repeat(5000));
        assert!(
            cut && page.len() < 60_000 && page.ends_with("</p>\n"),
            "{}",
            page.len()
        );
        let (page, cut) = render(&"<".repeat(100_000));
        assert!(cut && page.len() < 60_000, "{}", page.len());
    }
}
