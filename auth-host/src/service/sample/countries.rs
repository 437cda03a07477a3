//! Countries and regions with phone numbers: their codes, and the likely one for a browser.

use rlibphonenumber::PHONE_NUMBER_UTIL;
use std::sync::LazyLock;

/// ISO 3166's two letters, and the calling code.
static COUNTRIES: LazyLock<Vec<(String, i32)>> = LazyLock::new(|| {
    let regions = PHONE_NUMBER_UTIL.get_supported_regions();
    let mut found: Vec<(String, i32)> = regions
        .filter_map(|region| {
            let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
            Some((region.as_region_str().to_string(), code))
        })
        .filter(|(iso, _)| iso.len() == 2)
        .collect();
    found.sort();
    found
});

/// All countries, in the order of their letters.
pub fn all() -> &'static [(String, i32)] {
    &COUNTRIES
}

/// The country for an `Accept-Language` header. The first tag with a region or a listed language decides, else it is
/// CN.
pub fn likely(header: &str) -> &'static str {
    let tags = header
        .split(',')
        .map(|range| range.split(';').next().unwrap_or_default().trim());
    for tag in tags {
        let region = tag.split('-').skip(1).find(|part| part.len() == 2);
        let region = region.map(str::to_ascii_uppercase);
        let known = COUNTRIES
            .iter()
            .find(|(iso, _)| Some(iso) == region.as_ref());
        if let Some((iso, _)) = known {
            return iso;
        }
        let home = match tag.split('-').next().unwrap_or_default() {
            "zh" if tag.to_ascii_lowercase().contains("hant") => "TW",
            "zh" => "CN",
            "de" => "DE",
            "fr" => "FR",
            "pt" => "BR",
            _ => continue,
        };
        return home;
    }
    "CN"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_is_there_once() {
        assert!(all().len() > 230);
        assert!(all().windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (iso, code) in [("CN", 86), ("US", 1), ("HK", 852), ("GB", 44)] {
            assert!(all().contains(&(iso.to_owned(), code)), "{iso}");
        }
    }

    #[test]
    fn country_follows_the_browsers_language() {
        for (header, expected) in [
            ("zh-CN,zh;q=0.9", "CN"),
            ("zh-Hant,en;q=0.5", "TW"),
            ("zh-Hant-HK", "HK"),
            ("de", "DE"),
            ("de-AT,en", "AT"),
            ("en,fr-CA", "CA"),
            ("en-US", "US"),
            ("pt", "BR"),
            ("en", "CN"),
            ("", "CN"),
        ] {
            assert_eq!(likely(header), expected, "{header}");
        }
    }
}
