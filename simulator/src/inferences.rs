//! Behaviour without official evidence, for `--explain` and `/_sim/inferences`.
//!
//! The rules here were inferred from incomplete documentation, from other responses of the service, or from the
//! expectations of its SDKs. A test that passes only because of one of them proves nothing about the real service.

use crate::codes::{self, Evidence};

/// Rules whose existence or order is inferred, by the step of the checks.
const RULES: &[(&str, &str)] = &[
    (
        "0",
        "a request with Host, Content-Type, Authorization or an X-TC- header twice is refused with InvalidParameter",
    ),
    (
        "1",
        "TC3-HMAC-SHA256 alone is simulated: a request signed with HmacSHA1 or HmacSHA256, which the service takes too, lacks X-TC-Action",
    ),
    (
        "2",
        "a timestamp that is not digits is refused with InvalidParameter, by analogy with `Nonce`",
    ),
    (
        "4",
        "actions of the service that are not simulated are answered with InvalidAction",
    ),
    (
        "5",
        "an Authorization header without content-type and host among the signed headers, or that signs a header that is absent, is malformed",
    ),
    (
        "5",
        "one space may follow each comma of Authorization, several the algorithm; SignedHeaders has at most 1 KiB; a wrong service is a wrong signature",
    ),
    (
        "5 to 14",
        "the order of these checks; that steps 1 to 4 come before them was observed",
    ),
    (
        "7",
        "a key of the catalogue that does not begin with AKID is refused with AuthFailure.InvalidSecretId",
    ),
    ("9", "SignedHeaders must be sorted, each name once"),
    (
        "9",
        "a Host signed without its port is accepted; the service itself never sees a port",
    ),
    (
        "14",
        "bodies that are not JSON objects, and other content types, are refused with InvalidParameter",
    ),
    (
        "15",
        "a value of the wrong type has the older of two published wordings, \"The value type of parameter … is not valid.\"",
    ),
    (
        "15",
        "SenderId and ExtendCode are taken as they are, for every number and without registration",
    ),
    (
        "15",
        "unknown parameters are reported before missing ones, and those before wrong types; null counts as absent",
    ),
    (
        "16",
        "disabled applications, arrears and long session contexts are refused in Response.Error; so are SenderId, ExtendCode and SignName of 512 bytes or more",
    ),
    (
        "17",
        "a missing template has TemplateUnapprovedOrNotExist, an unapproved one TemplateIncorrectOrUnapproved",
    ),
    (
        "17",
        "the order of the rules about a message; a signature that is not known is left out abroad",
    ),
    (
        "17",
        "a mainland signature is left out abroad; the documentation names it as a cause of UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber, see `refuse_signature_of_other_route` in the catalogue",
    ),
    (
        "17",
        "which texts count as a URL; that a mainland text is prefixed with 【signature】 and another with [signature]",
    ),
    (
        "17",
        "the package is checked once, for all numbers of the request; IsoCode is empty wherever the rule is about the message",
    ),
    (
        "18",
        "the IsoCode of a number that was not understood is DEF; lengths are not checked per country",
    ),
    (
        "18",
        "a zero after the calling code is refused where no number of the country begins with one; after +86 it is dropped",
    ),
    (
        "18",
        "00 stands for + before 86 alone; before another calling code the number is incorrect",
    ),
    ("18", "identical numbers have one entry in SendStatusSet"),
    (
        "18 to 22",
        "the order of the rules about a recipient; only accepted messages count towards limits",
    ),
    (
        "22",
        "limits are kept per application, and apply outside the mainland too",
    ),
    ("23", "the last 7 digits of a serial number count messages"),
    (
        "-",
        "DescribeSmsTemplateList without Limit returns 10; lists come in the catalogue's order",
    ),
    (
        "-",
        "PullSmsSendStatus and ReportConversion work without being enabled by support; a pull has InvalidParameter for Limit, Offset and PhoneNumber",
    ),
    (
        "-",
        "DescribeSendRecordList is sorted from the newest, and its codes for Limit, Offset and PhoneNumber; BeginTime may be 60 s before its limit",
    ),
    (
        "-",
        "a delivery report is posted to the callback once, whatever the answer; its `ext`, and the text of its `description`",
    ),
    (
        "-",
        "SendStatusStatistics counts the hour of EndTime whole; ReportConversion takes any serial number",
    ),
    (
        "-",
        "messages without a known Chinese wording are answered in English to callers that ask for zh-CN",
    ),
];

/// All of them, one line each.
pub fn all() -> Vec<String> {
    let rules = RULES
        .iter()
        .map(|(step, rule)| format!("step {step}: {rule}").replace("step -: ", ""));
    let places = codes::ALL
        .iter()
        .filter(|code| code.place_evidence == Evidence::Inferred)
        .map(|code| format!("place of {}: {}", code.name, code.place));
    let wordings = codes::ALL
        .iter()
        .filter(|code| code.message_evidence == Evidence::Inferred)
        .map(|code| format!("wording of {}: {}", code.name, code.message));
    rules.chain(places).chain(wordings).collect()
}
