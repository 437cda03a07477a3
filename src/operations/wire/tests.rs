use super::*;

#[test]
fn variables_are_counted_by_the_largest_number() {
    for (content, count) in [
        ("", 0),
        ("no variables", 0),
        ("{1}", 1),
        ("您的验证码是{1}, {2} minutes", 2),
        ("{2} {1}", 2),
        ("{1} and {1}", 1),
        ("{12}", 12),
        ("{", 0),
        ("{1", 0),
        ("{}", 0),
        ("{x} {1x} {-1} {+1}", 0),
        ("{{1}}", 1),
        ("{1000}", 0),
    ] {
        assert_eq!(variables(content), count, "{content}");
    }
}

#[test]
fn bodies_have_the_types_of_the_service() {
    let app = "1400006666";
    for (body, expected) in [
        (
            serde_json::to_value(PackagesBody::new(app, 200, 1_551_113_065)),
            serde_json::json!({"SmsSdkAppId": "1400006666", "Limit": 200, "Offset": 200,
                "BeginTime": "2016022400", "EndTime": "2019022601"}),
        ),
        (
            serde_json::to_value(SignaturesBody {
                international: 1,
                limit: SIGNATURES_PAGE,
                offset: 50,
            }),
            serde_json::json!({"International": 1, "Limit": 50, "Offset": 50}),
        ),
        (
            serde_json::to_value(TemplatesBody {
                international: 0,
                template_id_set: &[1, 22],
            }),
            serde_json::json!({"International": 0, "TemplateIdSet": [1, 22]}),
        ),
        (
            serde_json::to_value(AboutBody {
                phone_number: "+8613800138000".into(),
                sms_sdk_app_id: app,
                begin_time: 7,
                limit: RECORDS_PAGE,
                offset: 20,
            }),
            serde_json::json!({"PhoneNumber": "+8613800138000", "SmsSdkAppId": "1400006666",
                "BeginTime": 7, "Limit": 20, "Offset": 20}),
        ),
    ] {
        assert_eq!(body.unwrap(), expected);
    }
}
