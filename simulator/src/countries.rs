//! Country of a phone number, by the longest matching prefix.
//!
//! Country codes follow ITU-T E.164 and the numbering plans of zones 1 and 7, which several countries
//! share; ISO 3166-1 alpha-2 codes. Kosovo has the user-assigned `XK`.

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    /// Leading digits, calling code first.
    pub prefix: &'static str,
    /// ISO 3166-1 alpha-2.
    pub iso: &'static str,
    /// English name.
    pub name: &'static str,
}

impl Country {
    /// The calling code proper: `1` for all of zone 1, `7` for all of zone 7, else the prefix.
    pub fn calling_code(&self) -> &'static str {
        if self.prefix.starts_with('1') {
            "1"
        } else if self.prefix.starts_with('7') {
            "7"
        } else {
            self.prefix
        }
    }
}

/// The country of a number given as digits without `+`, or `None` for an unassigned calling code.
pub fn find(digits: &str) -> Option<&'static Country> {
    (1..=4).rev().find_map(|length| {
        let prefix = digits.get(..length)?;
        let at = COUNTRIES
            .binary_search_by(|country| country.prefix.cmp(prefix))
            .ok()?;
        COUNTRIES.get(at)
    })
}

/// Returns true if the table has a country with this ISO code.
pub fn has(iso: &str) -> bool {
    COUNTRIES.iter().any(|country| country.iso == iso)
}

const fn row(prefix: &'static str, iso: &'static str, name: &'static str) -> Country {
    Country { prefix, iso, name }
}

// Sorted by prefix, for the binary search.
#[rustfmt::skip]
static COUNTRIES: [Country; 287] = [
    row("1", "US", "United States"),
    row("1204", "CA", "Canada"),
    row("1226", "CA", "Canada"),
    row("1236", "CA", "Canada"),
    row("1242", "BS", "Bahamas"),
    row("1246", "BB", "Barbados"),
    row("1249", "CA", "Canada"),
    row("1250", "CA", "Canada"),
    row("1263", "CA", "Canada"),
    row("1264", "AI", "Anguilla"),
    row("1268", "AG", "Antigua and Barbuda"),
    row("1284", "VG", "British Virgin Islands"),
    row("1289", "CA", "Canada"),
    row("1306", "CA", "Canada"),
    row("1340", "VI", "United States Virgin Islands"),
    row("1343", "CA", "Canada"),
    row("1345", "KY", "Cayman Islands"),
    row("1354", "CA", "Canada"),
    row("1365", "CA", "Canada"),
    row("1367", "CA", "Canada"),
    row("1368", "CA", "Canada"),
    row("1382", "CA", "Canada"),
    row("1403", "CA", "Canada"),
    row("1416", "CA", "Canada"),
    row("1418", "CA", "Canada"),
    row("1428", "CA", "Canada"),
    row("1431", "CA", "Canada"),
    row("1437", "CA", "Canada"),
    row("1438", "CA", "Canada"),
    row("1441", "BM", "Bermuda"),
    row("1450", "CA", "Canada"),
    row("1468", "CA", "Canada"),
    row("1473", "GD", "Grenada"),
    row("1474", "CA", "Canada"),
    row("1506", "CA", "Canada"),
    row("1514", "CA", "Canada"),
    row("1519", "CA", "Canada"),
    row("1548", "CA", "Canada"),
    row("1579", "CA", "Canada"),
    row("1581", "CA", "Canada"),
    row("1584", "CA", "Canada"),
    row("1587", "CA", "Canada"),
    row("1600", "CA", "Canada"),
    row("1604", "CA", "Canada"),
    row("1613", "CA", "Canada"),
    row("1639", "CA", "Canada"),
    row("1647", "CA", "Canada"),
    row("1649", "TC", "Turks and Caicos Islands"),
    row("1658", "JM", "Jamaica"),
    row("1664", "MS", "Montserrat"),
    row("1670", "MP", "Northern Mariana Islands"),
    row("1671", "GU", "Guam"),
    row("1672", "CA", "Canada"),
    row("1683", "CA", "Canada"),
    row("1684", "AS", "American Samoa"),
    row("1705", "CA", "Canada"),
    row("1709", "CA", "Canada"),
    row("1721", "SX", "Sint Maarten"),
    row("1742", "CA", "Canada"),
    row("1753", "CA", "Canada"),
    row("1758", "LC", "Saint Lucia"),
    row("1767", "DM", "Dominica"),
    row("1778", "CA", "Canada"),
    row("1780", "CA", "Canada"),
    row("1782", "CA", "Canada"),
    row("1784", "VC", "Saint Vincent and the Grenadines"),
    row("1787", "PR", "Puerto Rico"),
    row("1807", "CA", "Canada"),
    row("1809", "DO", "Dominican Republic"),
    row("1819", "CA", "Canada"),
    row("1825", "CA", "Canada"),
    row("1829", "DO", "Dominican Republic"),
    row("1849", "DO", "Dominican Republic"),
    row("1867", "CA", "Canada"),
    row("1868", "TT", "Trinidad and Tobago"),
    row("1869", "KN", "Saint Kitts and Nevis"),
    row("1873", "CA", "Canada"),
    row("1876", "JM", "Jamaica"),
    row("1879", "CA", "Canada"),
    row("1902", "CA", "Canada"),
    row("1905", "CA", "Canada"),
    row("1939", "PR", "Puerto Rico"),
    row("20", "EG", "Egypt"),
    row("211", "SS", "South Sudan"),
    row("212", "MA", "Morocco"),
    row("213", "DZ", "Algeria"),
    row("216", "TN", "Tunisia"),
    row("218", "LY", "Libya"),
    row("220", "GM", "Gambia"),
    row("221", "SN", "Senegal"),
    row("222", "MR", "Mauritania"),
    row("223", "ML", "Mali"),
    row("224", "GN", "Guinea"),
    row("225", "CI", "Ivory Coast"),
    row("226", "BF", "Burkina Faso"),
    row("227", "NE", "Niger"),
    row("228", "TG", "Togo"),
    row("229", "BJ", "Benin"),
    row("230", "MU", "Mauritius"),
    row("231", "LR", "Liberia"),
    row("232", "SL", "Sierra Leone"),
    row("233", "GH", "Ghana"),
    row("234", "NG", "Nigeria"),
    row("235", "TD", "Chad"),
    row("236", "CF", "Central African Republic"),
    row("237", "CM", "Cameroon"),
    row("238", "CV", "Cape Verde"),
    row("239", "ST", "Sao Tome and Principe"),
    row("240", "GQ", "Equatorial Guinea"),
    row("241", "GA", "Gabon"),
    row("242", "CG", "Congo"),
    row("243", "CD", "Democratic Republic of the Congo"),
    row("244", "AO", "Angola"),
    row("245", "GW", "Guinea-Bissau"),
    row("248", "SC", "Seychelles"),
    row("249", "SD", "Sudan"),
    row("250", "RW", "Rwanda"),
    row("251", "ET", "Ethiopia"),
    row("252", "SO", "Somalia"),
    row("253", "DJ", "Djibouti"),
    row("254", "KE", "Kenya"),
    row("255", "TZ", "Tanzania"),
    row("256", "UG", "Uganda"),
    row("257", "BI", "Burundi"),
    row("258", "MZ", "Mozambique"),
    row("260", "ZM", "Zambia"),
    row("261", "MG", "Madagascar"),
    row("262", "RE", "Reunion"),
    row("263", "ZW", "Zimbabwe"),
    row("264", "NA", "Namibia"),
    row("265", "MW", "Malawi"),
    row("266", "LS", "Lesotho"),
    row("267", "BW", "Botswana"),
    row("268", "SZ", "Eswatini"),
    row("269", "KM", "Comoros"),
    row("27", "ZA", "South Africa"),
    row("290", "SH", "Saint Helena"),
    row("291", "ER", "Eritrea"),
    row("297", "AW", "Aruba"),
    row("298", "FO", "Faroe Islands"),
    row("299", "GL", "Greenland"),
    row("30", "GR", "Greece"),
    row("31", "NL", "Netherlands"),
    row("32", "BE", "Belgium"),
    row("33", "FR", "France"),
    row("34", "ES", "Spain"),
    row("350", "GI", "Gibraltar"),
    row("351", "PT", "Portugal"),
    row("352", "LU", "Luxembourg"),
    row("353", "IE", "Ireland"),
    row("354", "IS", "Iceland"),
    row("355", "AL", "Albania"),
    row("356", "MT", "Malta"),
    row("357", "CY", "Cyprus"),
    row("358", "FI", "Finland"),
    row("359", "BG", "Bulgaria"),
    row("36", "HU", "Hungary"),
    row("370", "LT", "Lithuania"),
    row("371", "LV", "Latvia"),
    row("372", "EE", "Estonia"),
    row("373", "MD", "Moldova"),
    row("374", "AM", "Armenia"),
    row("375", "BY", "Belarus"),
    row("376", "AD", "Andorra"),
    row("377", "MC", "Monaco"),
    row("378", "SM", "San Marino"),
    row("380", "UA", "Ukraine"),
    row("381", "RS", "Serbia"),
    row("382", "ME", "Montenegro"),
    row("383", "XK", "Kosovo"),
    row("385", "HR", "Croatia"),
    row("386", "SI", "Slovenia"),
    row("387", "BA", "Bosnia and Herzegovina"),
    row("389", "MK", "North Macedonia"),
    row("39", "IT", "Italy"),
    row("40", "RO", "Romania"),
    row("41", "CH", "Switzerland"),
    row("420", "CZ", "Czechia"),
    row("421", "SK", "Slovakia"),
    row("423", "LI", "Liechtenstein"),
    row("43", "AT", "Austria"),
    row("44", "GB", "United Kingdom"),
    row("45", "DK", "Denmark"),
    row("46", "SE", "Sweden"),
    row("47", "NO", "Norway"),
    row("48", "PL", "Poland"),
    row("49", "DE", "Germany"),
    row("500", "FK", "Falkland Islands"),
    row("501", "BZ", "Belize"),
    row("502", "GT", "Guatemala"),
    row("503", "SV", "El Salvador"),
    row("504", "HN", "Honduras"),
    row("505", "NI", "Nicaragua"),
    row("506", "CR", "Costa Rica"),
    row("507", "PA", "Panama"),
    row("508", "PM", "Saint Pierre and Miquelon"),
    row("509", "HT", "Haiti"),
    row("51", "PE", "Peru"),
    row("52", "MX", "Mexico"),
    row("53", "CU", "Cuba"),
    row("54", "AR", "Argentina"),
    row("55", "BR", "Brazil"),
    row("56", "CL", "Chile"),
    row("57", "CO", "Colombia"),
    row("58", "VE", "Venezuela"),
    row("590", "GP", "Guadeloupe"),
    row("591", "BO", "Bolivia"),
    row("592", "GY", "Guyana"),
    row("593", "EC", "Ecuador"),
    row("594", "GF", "French Guiana"),
    row("595", "PY", "Paraguay"),
    row("596", "MQ", "Martinique"),
    row("597", "SR", "Suriname"),
    row("598", "UY", "Uruguay"),
    row("599", "CW", "Curacao"),
    row("60", "MY", "Malaysia"),
    row("61", "AU", "Australia"),
    row("62", "ID", "Indonesia"),
    row("63", "PH", "Philippines"),
    row("64", "NZ", "New Zealand"),
    row("65", "SG", "Singapore"),
    row("66", "TH", "Thailand"),
    row("670", "TL", "Timor-Leste"),
    row("672", "NF", "Norfolk Island"),
    row("673", "BN", "Brunei"),
    row("674", "NR", "Nauru"),
    row("675", "PG", "Papua New Guinea"),
    row("676", "TO", "Tonga"),
    row("677", "SB", "Solomon Islands"),
    row("678", "VU", "Vanuatu"),
    row("679", "FJ", "Fiji"),
    row("680", "PW", "Palau"),
    row("681", "WF", "Wallis and Futuna"),
    row("682", "CK", "Cook Islands"),
    row("683", "NU", "Niue"),
    row("685", "WS", "Samoa"),
    row("686", "KI", "Kiribati"),
    row("687", "NC", "New Caledonia"),
    row("688", "TV", "Tuvalu"),
    row("689", "PF", "French Polynesia"),
    row("690", "TK", "Tokelau"),
    row("691", "FM", "Micronesia"),
    row("692", "MH", "Marshall Islands"),
    row("7", "RU", "Russia"),
    row("76", "KZ", "Kazakhstan"),
    row("77", "KZ", "Kazakhstan"),
    row("81", "JP", "Japan"),
    row("82", "KR", "South Korea"),
    row("84", "VN", "Vietnam"),
    row("850", "KP", "North Korea"),
    row("852", "HK", "Hong Kong (China)"),
    row("853", "MO", "Macao (China)"),
    row("855", "KH", "Cambodia"),
    row("856", "LA", "Laos"),
    row("86", "CN", "China"),
    row("880", "BD", "Bangladesh"),
    row("886", "TW", "Taiwan (China)"),
    row("90", "TR", "Turkey"),
    row("91", "IN", "India"),
    row("92", "PK", "Pakistan"),
    row("93", "AF", "Afghanistan"),
    row("94", "LK", "Sri Lanka"),
    row("95", "MM", "Myanmar"),
    row("960", "MV", "Maldives"),
    row("961", "LB", "Lebanon"),
    row("962", "JO", "Jordan"),
    row("963", "SY", "Syria"),
    row("964", "IQ", "Iraq"),
    row("965", "KW", "Kuwait"),
    row("966", "SA", "Saudi Arabia"),
    row("967", "YE", "Yemen"),
    row("968", "OM", "Oman"),
    row("970", "PS", "Palestine"),
    row("971", "AE", "United Arab Emirates"),
    row("972", "IL", "Israel"),
    row("973", "BH", "Bahrain"),
    row("974", "QA", "Qatar"),
    row("975", "BT", "Bhutan"),
    row("976", "MN", "Mongolia"),
    row("977", "NP", "Nepal"),
    row("98", "IR", "Iran"),
    row("992", "TJ", "Tajikistan"),
    row("993", "TM", "Turkmenistan"),
    row("994", "AZ", "Azerbaijan"),
    row("995", "GE", "Georgia"),
    row("996", "KG", "Kyrgyzstan"),
    row("998", "UZ", "Uzbekistan"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn country_prefixes_are_sorted_and_unique() {
        for pair in COUNTRIES.windows(2) {
            assert!(
                pair[0].prefix < pair[1].prefix,
                "{} {}",
                pair[0].prefix,
                pair[1].prefix
            );
        }
    }

    #[test]
    fn the_longest_prefix_wins() {
        for (digits, iso, code) in [
            ("14155550100", "US", "1"),
            ("14165550100", "CA", "1"),
            ("18765550100", "JM", "1"),
            ("8613800138000", "CN", "86"),
            ("85261234567", "HK", "852"),
            ("886912345678", "TW", "886"),
            ("79161234567", "RU", "7"),
            ("77011234567", "KZ", "7"),
            ("447700900123", "GB", "44"),
        ] {
            let country = find(digits).unwrap();
            assert_eq!(
                (country.iso, country.calling_code()),
                (iso, code),
                "{digits}"
            );
        }
    }

    #[test]
    fn an_unassigned_calling_code_has_no_country() {
        for digits in ["", "0123", "2101234567", "9991234567"] {
            assert_eq!(find(digits), None, "{digits}");
        }
    }
}
