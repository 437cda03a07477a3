//! Every error code that the simulator can return, its message, and its place in the response.
//!
//! The 38 gateway codes (page 382/52075 of the documentation) and the 49 that `SendSms` may return (the per-action list
//! of the official Go SDK), plus those of the related actions that are simulated. The evidence for each place and each
//! message is recorded beside it, and `--explain` lists those that are inferred.

/// Evidence for a wording or a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Printed in the official documentation.
    Documented,
    /// Observed in a response of the real service that somebody published.
    Observed,
    /// Inferred: plausible and consistent with the rest, confirmed by nothing.
    Inferred,
}

/// Place of a code in a response to `SendSms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `Response.Error`, from the gateway and from the access layer of the SMS service.
    Response,
    /// `SendStatusSet[].Code` of every number, with an empty `IsoCode`: the rule is about the message.
    Message,
    /// `SendStatusSet[].Code` of one number, with its `IsoCode`.
    Number,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Response => "Response.Error",
            Self::Message => "SendStatusSet, of each number",
            Self::Number => "SendStatusSet, of one number",
        })
    }
}

/// One error code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `Code` in the response.
    pub name: &'static str,
    /// Its place in the response.
    pub place: Place,
    /// The evidence for `place`.
    pub place_evidence: Evidence,
    /// The evidence for `message`.
    pub message_evidence: Evidence,
    /// Which magic recipient numbers provoke it, see [`crate::magic`]: the number
    /// of the old API where it had one. 0: none.
    pub magic: u16,
    /// English text. Some codes are returned with a longer, specific text.
    pub message: &'static str,
    /// Chinese text if it is known, for callers that request `zh-CN`.
    pub message_zh: Option<&'static str>,
}

/// The code with this name.
pub fn find(name: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.name == name)
}

macro_rules! codes {
    ($($const:ident = $name:literal, $place:ident $place_evidence:ident, $evidence:ident, $magic:literal, $message:literal $(, $zh:literal)?;)*) => {
        $(
            #[doc = concat!("`", $name, "`.")]
            pub static $const: Code = Code {
                name: $name,
                place: Place::$place,
                place_evidence: Evidence::$place_evidence,
                message_evidence: Evidence::$evidence,
                magic: $magic,
                message: $message,
                message_zh: codes!(@zh $($zh)?),
            };
        )*
        /// All of them, gateway first.
        pub static ALL: &[&Code] = &[$(&$const),*];
    };
    (@zh) => { None };
    (@zh $zh:literal) => { Some($zh) };
}

codes! {
    // Gateway: 38 with `UnsupportedOperation`, which the backend uses too and which is listed there.
    ACTION_OFFLINE = "ActionOffline", Response Documented, Inferred, 3001, "The interface has been taken offline.";
    INVALID_AUTHORIZATION = "AuthFailure.InvalidAuthorization", Response Documented, Inferred, 3002, "The request header `Authorization` does not conform to the Tencent Cloud standard.";
    INVALID_SECRET_ID = "AuthFailure.InvalidSecretId", Response Documented, Inferred, 3003, "The key is not a TencentCloud API key.";
    MFA_FAILURE = "AuthFailure.MFAFailure", Response Documented, Inferred, 3004, "MFA failed.";
    SECRET_ID_NOT_FOUND = "AuthFailure.SecretIdNotFound", Response Documented, Observed, 3005, "The SecretId is not found, please ensure that your SecretId is correct.";
    SIGNATURE_EXPIRE = "AuthFailure.SignatureExpire", Response Documented, Observed, 3006, "The signature is expired, please request again.";
    SIGNATURE_FAILURE = "AuthFailure.SignatureFailure", Response Documented, Documented, 3007, "The provided credentials could not be validated. Please check your signature is correct.", "请求签名验证失败，请检查您的签名计算是否正确。";
    TOKEN_FAILURE = "AuthFailure.TokenFailure", Response Documented, Inferred, 3008, "The token is invalid or expired.";
    AUTH_FAILURE_UNAUTHORIZED_OPERATION = "AuthFailure.UnauthorizedOperation", Response Documented, Observed, 3009, "you are not authorized to perform operation";
    DRY_RUN_OPERATION = "DryRunOperation", Response Documented, Inferred, 3010, "The request would have succeeded, but `DryRun` was set.";
    FAILED_OPERATION = "FailedOperation", Response Documented, Inferred, 3011, "The operation failed.";
    INTERNAL_ERROR = "InternalError", Response Documented, Inferred, 3012, "An internal error has occurred. Retry your request, but if the problem persists, contact us.";
    INVALID_ACTION = "InvalidAction", Response Documented, Observed, 3013, "The request `Action` is invalid or not found.";
    INVALID_PARAMETER = "InvalidParameter", Response Documented, Inferred, 3014, "The parameter is not valid.";
    INVALID_PARAMETER_VALUE = "InvalidParameterValue", Response Documented, Inferred, 3015, "The parameter value is invalid.";
    INVALID_REQUEST = "InvalidRequest", Response Documented, Inferred, 3016, "The multipart format of the request body is incorrect.";
    IP_IN_BLACKLIST = "IpInBlacklist", Response Documented, Inferred, 3017, "Your IP is in the IP blacklist of the account.";
    IP_NOT_IN_WHITELIST = "IpNotInWhitelist", Response Documented, Inferred, 3018, "Your IP is not in the IP whitelist of the account.";
    LIMIT_EXCEEDED = "LimitExceeded", Response Documented, Inferred, 3019, "The quota limit is exceeded.";
    MISSING_PARAMETER = "MissingParameter", Response Documented, Inferred, 3020, "The request is missing a required parameter.";
    NO_SUCH_PRODUCT = "NoSuchProduct", Response Documented, Inferred, 3021, "The product does not exist.";
    NO_SUCH_VERSION = "NoSuchVersion", Response Documented, Inferred, 3022, "The specified api version does not exist in service=`sms`.";
    REQUEST_LIMIT_EXCEEDED = "RequestLimitExceeded", Response Documented, Inferred, 3023, "Your current request times exceeds the frequency limit for a second. Please reduce the frequency of calls.";
    GLOBAL_REGION_UIN_LIMIT_EXCEEDED = "RequestLimitExceeded.GlobalRegionUinLimitExceeded", Response Documented, Inferred, 3024, "The number of requests of the account in all regions exceeds the frequency limit.";
    IP_LIMIT_EXCEEDED = "RequestLimitExceeded.IPLimitExceeded", Response Documented, Inferred, 3025, "The number of requests from the IP exceeds the frequency limit.";
    UIN_LIMIT_EXCEEDED = "RequestLimitExceeded.UinLimitExceeded", Response Documented, Inferred, 3026, "The number of requests of the account exceeds the frequency limit.";
    REQUEST_SIZE_LIMIT_EXCEEDED = "RequestSizeLimitExceeded", Response Documented, Inferred, 3027, "The request size exceeds the limit.";
    RESPONSE_SIZE_LIMIT_EXCEEDED = "ResponseSizeLimitExceeded", Response Documented, Inferred, 3028, "The response size exceeds the limit.";
    RESOURCE_IN_USE = "ResourceInUse", Response Documented, Inferred, 3029, "The resource is in use.";
    RESOURCE_INSUFFICIENT = "ResourceInsufficient", Response Documented, Inferred, 3030, "The resource is insufficient.";
    RESOURCE_NOT_FOUND = "ResourceNotFound", Response Documented, Inferred, 3031, "The resource does not exist.";
    RESOURCE_UNAVAILABLE = "ResourceUnavailable", Response Documented, Inferred, 3032, "The resource is unavailable.";
    SERVICE_UNAVAILABLE = "ServiceUnavailable", Response Documented, Inferred, 3033, "The service is temporarily unavailable.";
    UNAUTHORIZED_OPERATION = "UnauthorizedOperation", Response Documented, Inferred, 3034, "The operation is not authorized.";
    UNKNOWN_PARAMETER = "UnknownParameter", Response Documented, Inferred, 3035, "The parameter is not recognized.";
    UNSUPPORTED_PROTOCOL = "UnsupportedProtocol", Response Documented, Inferred, 3037, "The HTTP(S) request method is not supported: only GET and POST are.";
    UNSUPPORTED_REGION = "UnsupportedRegion", Response Documented, Observed, 3038, "The action not support this region.";
    // SendSms, 49.
    CONTAIN_SENSITIVE_WORD = "FailedOperation.ContainSensitiveWord", Message Inferred, Inferred, 1002, "the SMS message contains sensitive words";
    FAIL_RESOLVE_PACKET = "FailedOperation.FailResolvePacket", Number Inferred, Inferred, 1004, "failed to resolve request packet";
    INSUFFICIENT_BALANCE_IN_SMS_PACKAGE = "FailedOperation.InsufficientBalanceInSmsPackage", Message Observed, Observed, 1031, "insufficient balance in SMS package";
    JSON_PARSE_FAIL = "FailedOperation.JsonParseFail", Response Inferred, Inferred, 2001, "json parse fail";
    MARKETING_SEND_TIME_CONSTRAINT = "FailedOperation.MarketingSendTimeConstraint", Message Inferred, Inferred, 1029, "the time when marketing SMS messages are sent is limited";
    PHONE_NUMBER_IN_BLACKLIST = "FailedOperation.PhoneNumberInBlacklist", Number Inferred, Inferred, 1015, "mobile number on the blacklist";
    SIGNATURE_INCORRECT_OR_UNAPPROVED = "FailedOperation.SignatureIncorrectOrUnapproved", Message Observed, Inferred, 1012, "signature format is incorrect or signature is not approved";
    TEMPLATE_INCORRECT_OR_UNAPPROVED = "FailedOperation.TemplateIncorrectOrUnapproved", Message Observed, Observed, 1014, "template is not approved or request content does not match the approved template content";
    TEMPLATE_PARAM_SET_NOT_MATCH_APPROVED_TEMPLATE = "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", Message Observed, Observed, 2002, "request content does not match the template content";
    TEMPLATE_UNAPPROVED_OR_NOT_EXIST = "FailedOperation.TemplateUnapprovedOrNotExist", Message Inferred, Inferred, 2003, "template is not approved or does not exist";
    OTHER_ERROR = "InternalError.OtherError", Number Inferred, Inferred, 1007, "other error";
    REQUEST_TIME_EXCEPTION = "InternalError.RequestTimeException", Number Inferred, Inferred, 1021, "the time when the request was initiated is exceptional";
    REST_API_INTERFACE_NOT_EXIST = "InternalError.RestApiInterfaceNotExist", Response Inferred, Inferred, 1011, "REST API does not exist";
    SEND_AND_RECV_FAIL = "InternalError.SendAndRecvFail", Number Inferred, Inferred, 2004, "send and recv fail";
    SIG_FIELD_MISSING = "InternalError.SigFieldMissing", Number Inferred, Inferred, 1003, "the sig field is missing or left empty in request packet";
    SIG_VERIFICATION_FAIL = "InternalError.SigVerificationFail", Number Inferred, Inferred, 1001, "sig verification failed";
    TIMEOUT = "InternalError.Timeout", Number Inferred, Inferred, 1008, "request to send SMS timed out";
    UNKNOWN_ERROR = "InternalError.UnknownError", Number Inferred, Inferred, 2005, "unknown error";
    CONTENT_LENGTH_LIMIT = "InvalidParameterValue.ContentLengthLimit", Message Inferred, Inferred, 1017, "the content of the requested SMS is too long";
    INCORRECT_PHONE_NUMBER = "InvalidParameterValue.IncorrectPhoneNumber", Number Inferred, Inferred, 1016, "incorrect mobile number format";
    PROHIBITED_USE_URL_IN_TEMPLATE_PARAMETER = "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", Message Inferred, Inferred, 1048, "url is prohibited in template parameter";
    SDK_APP_ID_NOT_EXIST = "InvalidParameterValue.SdkAppIdNotExist", Number Inferred, Inferred, 1019, "sdkappid does not exist";
    TEMPLATE_PARAMETER_FORMAT_ERROR = "InvalidParameterValue.TemplateParameterFormatError", Message Observed, Observed, 1038, "Verification code template parameter format error";
    TEMPLATE_PARAMETER_LENGTH_LIMIT = "InvalidParameterValue.TemplateParameterLengthLimit", Message Inferred, Inferred, 1036, "the number of variable characters in a single template exceeds the limit";
    APP_COUNTRY_OR_REGION_DAILY_LIMIT = "LimitExceeded.AppCountryOrRegionDailyLimit", Number Inferred, Inferred, 2006, "the number of sms messages sent to the country or region every day exceeds the upper limit";
    APP_COUNTRY_OR_REGION_IN_BLACKLIST = "LimitExceeded.AppCountryOrRegionInBlacklist", Number Inferred, Inferred, 2007, "the country or region is not allowed";
    APP_DAILY_LIMIT = "LimitExceeded.AppDailyLimit", Number Inferred, Inferred, 1022, "the number of business SMS messages sent every day exceeds the upper limit";
    APP_GLOBAL_DAILY_LIMIT = "LimitExceeded.AppGlobalDailyLimit", Number Inferred, Inferred, 2008, "the number of global sms messages sent every day exceeds the upper limit";
    APP_MAINLAND_CHINA_DAILY_LIMIT = "LimitExceeded.AppMainlandChinaDailyLimit", Number Inferred, Inferred, 2009, "the number of chinese mainland sms messages sent every day exceeds the upper limit";
    DAILY_LIMIT = "LimitExceeded.DailyLimit", Number Inferred, Inferred, 1047, "the number of global sms messages sent every day exceeds the upper limit";
    DELIVERY_FREQUENCY_LIMIT = "LimitExceeded.DeliveryFrequencyLimit", Number Inferred, Inferred, 1013, "SMS hits the delivery frequency limit policy";
    GLOBAL_SMS_SENDING_RATE_LIMIT = "LimitExceeded.GlobalSmsSendingRateLimit", Number Inferred, Inferred, 2010, "global sms sending rate limit";
    PHONE_NUMBER_COUNT_LIMIT = "LimitExceeded.PhoneNumberCountLimit", Response Inferred, Inferred, 1046, "the number of mobile numbers exceeds 200";
    PHONE_NUMBER_DAILY_LIMIT = "LimitExceeded.PhoneNumberDailyLimit", Number Observed, Observed, 1025, "the number of sms messages sent from a single mobile number every day exceeds the upper limit";
    PHONE_NUMBER_ONE_HOUR_LIMIT = "LimitExceeded.PhoneNumberOneHourLimit", Number Observed, Observed, 1024, "the number of sms messages sent from a single mobile number within 1 hour exceeds the upper limit";
    PHONE_NUMBER_SAME_CONTENT_DAILY_LIMIT = "LimitExceeded.PhoneNumberSameContentDailyLimit", Number Observed, Observed, 1026, "the number of the same sms messages sent from a single mobile number exceeds the upper limit";
    PHONE_NUMBER_THIRTY_SECOND_LIMIT = "LimitExceeded.PhoneNumberThirtySecondLimit", Number Observed, Observed, 1023, "the number of SMS messages sent from a single mobile number within 30 seconds exceeds the upper limit";
    EMPTY_PHONE_NUMBER_SET = "MissingParameter.EmptyPhoneNumberSet", Response Inferred, Inferred, 2011, "the phone number set is empty";
    INDIVIDUAL_USER_MARKETING_SMS_PERMISSION_DENY = "UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny", Message Inferred, Inferred, 1032, "individual user does not have the permission to send marketing SMS messages";
    REQUEST_IP_NOT_IN_WHITELIST = "UnauthorizedOperation.RequestIpNotInWhitelist", Number Inferred, Inferred, 1009, "request IP is not on the whitelist";
    REQUEST_PERMISSION_DENY = "UnauthorizedOperation.RequestPermissionDeny", Number Inferred, Inferred, 1006, "no permission to request";
    SDK_APP_ID_IS_DISABLED = "UnauthorizedOperation.SdkAppIdIsDisabled", Response Inferred, Inferred, 1020, "sdkappid is disabled";
    SERVICE_SUSPEND_DUE_TO_ARREARS = "UnauthorizedOperation.ServiceSuspendDueToArrears", Response Inferred, Inferred, 1033, "service is suspended due to arrears";
    SMS_SDK_APP_ID_VERIFY_FAIL = "UnauthorizedOperation.SmsSdkAppIdVerifyFail", Response Observed, Observed, 2012, "request SmsSdk AppId verify fail";
    UNSUPPORTED_OPERATION = "UnsupportedOperation", Number Inferred, Inferred, 1030, "this request is not supported";
    CHINESE_MAINLAND_TEMPLATE_TO_GLOBAL_PHONE = "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone", Message Inferred, Inferred, 2013, "chinese mainland template can not be sent to global phone number";
    CONTAIN_DOMESTIC_AND_INTERNATIONAL_PHONE_NUMBER = "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber", Message Inferred, Inferred, 1034, "the request contains both domestic and international phone numbers";
    GLOBAL_TEMPLATE_TO_CHINESE_MAINLAND_PHONE = "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone", Message Inferred, Inferred, 2014, "global template can not be sent to chinese mainland phone number";
    UNSUPPORTED_OPERATION_UNSUPPORTED_REGION = "UnsupportedOperation.UnsupportedRegion", Number Inferred, Inferred, 1045, "sms delivery to the region is not supported";
    // Related actions.
    NOT_ENTERPRISE_CERTIFICATION = "FailedOperation.NotEnterpriseCertification", Response Documented, Inferred, 0, "Individual users cannot use the APIs related to signatures and templates.";
    PHONE_NUMBER_PARSE_FAIL = "FailedOperation.PhoneNumberParseFail", Response Documented, Inferred, 0, "Failed to parse the mobile number.";
    PROHIBIT_SUB_ACCOUNT_USE = "FailedOperation.ProhibitSubAccountUse", Response Documented, Inferred, 0, "Non-Root accounts cannot use the template list pull feature.";
    BEGIN_TIME_VERIFY_FAIL = "InvalidParameterValue.BeginTimeVerifyFail", Response Documented, Inferred, 0, "`BeginTime` parameter check failed.";
    END_TIME_VERIFY_FAIL = "InvalidParameterValue.EndTimeVerifyFail", Response Documented, Inferred, 0, "`EndTime` parameter check failed.";
    INVALID_INTERNATIONAL = "InvalidParameterValue.InvalidInternational", Response Documented, Inferred, 0, "`International` field check failed.";
    INVALID_START_TIME = "InvalidParameterValue.InvalidStartTime", Response Documented, Inferred, 0, "Invalid start time or end time.";
    LIMIT_VERIFY_FAIL = "InvalidParameterValue.LimitVerifyFail", Response Documented, Inferred, 0, "`Limit` parameter check failed.";
    OFFSET_VERIFY_FAIL = "InvalidParameterValue.OffsetVerifyFail", Response Documented, Inferred, 0, "`Offset` parameter check failed.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_code_stands_twice() {
        let names: BTreeSet<_> = ALL.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn no_two_codes_share_a_magic_number() {
        let mut magic: Vec<_> = ALL.iter().map(|c| c.magic).filter(|m| *m != 0).collect();
        magic.sort_unstable();
        let total = magic.len();
        magic.dedup();
        assert_eq!(magic.len(), total);
    }
}
