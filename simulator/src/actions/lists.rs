//! `DescribeSmsTemplateList` and `DescribeSmsSignList`: the account's entries and their review status.
//!
//! Personal accounts are refused both, sub-accounts the first. An empty list of ids means a page of all. An absent or
//! zero `Limit` means 10: documented for signatures, inferred for templates.

use serde_json::{Map, Value, json};

use super::{number, numbers};
use crate::catalogue::{Status, TemplateRoute};
use crate::codes::{self, Code};
use crate::gateway::Admitted;
use crate::request::Refusal;

/// Maximum of ids and entries in one request.
const MAX_ENTRIES: u64 = 100;

/// `CreateTime` of everything in the catalogue, which has none: 2024-01-01 00:00:00 UTC.
const CREATED: u64 = 1_704_067_200;

/// `DescribeSmsTemplateList`.
///
/// # Errors
///
/// The first rule that the request breaks.
pub fn templates(admitted: &Admitted<'_>) -> Result<Value, Refusal> {
    if admitted.credential.is_some_and(|key| key.sub_account) {
        return Err(Refusal::new(&codes::PROHIBIT_SUB_ACCOUNT_USE)
            .explain("the key belongs to a sub-account"));
    }
    let page = Page::read(admitted, "TemplateIdSet", &codes::INVALID_INTERNATIONAL)?;
    let wanted = |route: TemplateRoute| match route {
        TemplateRoute::Both => true,
        TemplateRoute::Mainland => page.international == 0,
        TemplateRoute::International => page.international == 1,
    };
    let found = admitted
        .account
        .templates
        .iter()
        .filter(|t| wanted(t.route))
        .filter_map(|t| {
            let id: u64 = t.id.parse().ok()?;
            Some((
                id,
                json!({
                    "TemplateId": id,
                    "International": match t.route {
                        TemplateRoute::Mainland => 0,
                        TemplateRoute::International => 1,
                        TemplateRoute::Both => 3,
                    },
                    "StatusCode": t.status.code(),
                    "ReviewReply": review_reply(t.status),
                    "TemplateName": t.name,
                    "CreateTime": CREATED,
                    "TemplateContent": t.text,
                }),
            ))
        });
    Ok(json!({ "DescribeTemplateStatusSet": page.cut(found) }))
}

/// `DescribeSmsSignList`.
///
/// # Errors
///
/// The first rule that the request breaks.
pub fn signatures(admitted: &Admitted<'_>) -> Result<Value, Refusal> {
    // Its documentation has no code for this mistake.
    let page = Page::read(admitted, "SignIdSet", &codes::INVALID_PARAMETER)?;
    let wanted = |international: bool| u64::from(international) == page.international;
    let found = admitted
        .account
        .signatures
        .iter()
        .filter(|s| wanted(s.international))
        .map(|s| {
            (
                s.id,
                json!({
                    "SignId": s.id,
                    "International": u8::from(s.international),
                    "StatusCode": s.status.code(),
                    "ReviewReply": review_reply(s.status),
                    "SignName": s.name,
                    "CreateTime": CREATED,
                    "QualificationId": 0,
                    "QualificationName": "",
                    "QualificationStatusCode": u8::from(s.status == Status::Approved),
                }),
            )
        });
    Ok(json!({ "DescribeSignListStatusSet": page.cut(found) }))
}

fn review_reply(status: Status) -> &'static str {
    if status == Status::Rejected {
        "rejected by the catalogue"
    } else {
        ""
    }
}

/// The requested part of a list.
struct Page {
    international: u64,
    ids: Vec<u64>,
    limit: u64,
    offset: u64,
}

impl Page {
    fn read(
        admitted: &Admitted<'_>,
        ids: &str,
        wrong_international: &'static Code,
    ) -> Result<Self, Refusal> {
        if !admitted.account.enterprise {
            return Err(Refusal::new(&codes::NOT_ENTERPRISE_CERTIFICATION)
                .explain("the account is a personal one"));
        }
        let given: &Map<String, Value> = &admitted.parameters;
        let page = Self {
            international: number(given, "International").unwrap_or_default(),
            ids: numbers(given, ids),
            limit: number(given, "Limit")
                .filter(|limit| *limit > 0)
                .unwrap_or(10),
            offset: number(given, "Offset").unwrap_or_default(),
        };
        if page.international > 1 {
            return Err(Refusal::new(wrong_international).explain("International must be 0 or 1"));
        }
        if page.limit > MAX_ENTRIES || page.ids.len() as u64 > MAX_ENTRIES {
            return Err(Refusal::new(&codes::LIMIT_VERIFY_FAIL));
        }
        Ok(page)
    }

    fn cut(&self, all: impl Iterator<Item = (u64, Value)>) -> Vec<Value> {
        if self.ids.is_empty() {
            let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
            all.skip(offset)
                .take(self.limit as usize)
                .map(|(_, entry)| entry)
                .collect()
        } else {
            all.filter(|(id, _)| self.ids.contains(id))
                .map(|(_, entry)| entry)
                .collect()
        }
    }
}
