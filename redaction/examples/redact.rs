//! Takes a number, a code and a secret out of texts.

use auth_connector_redaction::{Kind, Search, SecretText};

fn main() {
    let config = SecretText::new(r#"{"secretKey":"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"}"#);
    let variables = [("code".to_owned(), "918273".to_owned())];
    let mut search = Search::new(&config, "+8613800138000", &variables);
    for (said, shown) in [
        ("138-0013-8000 was sent 918273", "**** was sent ****"),
        ("key=Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "key=****"),
        // The code in base64.
        ("debug: OTE4Mjcz", "debug: ****"),
        (
            "cannot reach sms.example.com",
            "cannot reach sms.example.com",
        ),
    ] {
        let mut text = said.to_owned();
        search.clean(&mut text, Kind::Text, 2_048);
        assert_eq!(text, shown);
    }
}
