//! Every error code that the simulator can return, its message, and its place in the response.
//!
//! The 38 gateway codes (page 382/52075 of the documentation) and the 49 that `SendSms` may return (the per-action list
//! of the official Go SDK), plus those of the related actions that are simulated. The evidence for each *message* is
//! recorded beside it, and `--explain` lists those that are inferred.

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

/// Layer that returns a code, which decides its place in the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The API gateway, shared by all services: `Response.Error`.
    Gateway,
    /// The access layer of the SMS service: `Response.Error`.
    Access,
    /// The SMS backend: `SendStatusSet[].Code`, one per number.
    Backend,
}

/// One error code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `Code` in the response.
    pub name: &'static str,
    /// The layer that returns it.
    pub layer: Layer,
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
    ($($const:ident = $name:literal, $layer:ident, $evidence:ident, $magic:literal, $message:literal $(, $zh:literal)?;)*) => {
        $(
            #[doc = concat!("`", $name, "`.")]
            pub static $const: Code = Code {
                name: $name,
                layer: Layer::$layer,
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
    ACTION_OFFLINE = "ActionOffline", Gateway, Inferred, 3001, "The interface has been taken offline.";
    INVALID_AUTHORIZATION = "AuthFailure.InvalidAuthorization", Gateway, Inferred, 3002, "The request header `Authorization` does not conform to the Tencent Cloud standard.";
    INVALID_SECRET_ID = "AuthFailure.InvalidSecretId", Gateway, Inferred, 3003, "The key is not a TencentCloud API key.";
    MFA_FAILURE = "AuthFailure.MFAFailure", Gateway, Inferred, 3004, "MFA failed.";
    SECRET_ID_NOT_FOUND = "AuthFailure.SecretIdNotFound", Gateway, Observed, 3005, "The SecretId is not found, please ensure that your SecretId is correct.";
    SIGNATURE_EXPIRE = "AuthFailure.SignatureExpire", Gateway, Observed, 3006, "The signature is expired, please request again.";
    SIGNATURE_FAILURE = "AuthFailure.SignatureFailure", Gateway, Documented, 3007, "The provided credentials could not be validated. Please check your signature is correct.", "请求签名验证失败，请检查您的签名计算是否正确。";
    TOKEN_FAILURE = "AuthFailure.TokenFailure", Gateway, Inferred, 3008, "The token is invalid or expired.";
    AUTH_FAILURE_UNAUTHORIZED_OPERATION = "AuthFailure.UnauthorizedOperation", Gateway, Observed, 3009, "you are not authorized to perform operation";
    DRY_RUN_OPERATION = "DryRunOperation", Gateway, Inferred, 3010, "The request would have succeeded, but `DryRun` was set.";
    FAILED_OPERATION = "FailedOperation", Gateway, Inferred, 3011, "The operation failed.";
    INTERNAL_ERROR = "InternalError", Gateway, Inferred, 3012, "An internal error has occurred. Retry your request, but if the problem persists, contact us.";
    INVALID_ACTION = "InvalidAction", Gateway, Observed, 3013, "The request `Action` is invalid or not found.";
    INVALID_PARAMETER = "InvalidParameter", Gateway, Inferred, 3014, "The parameter is not valid.";
    INVALID_PARAMETER_VALUE = "InvalidParameterValue", Gateway, Inferred, 3015, "The parameter value is invalid.";
    INVALID_REQUEST = "InvalidRequest", Gateway, Inferred, 3016, "The multipart format of the request body is incorrect.";
    IP_IN_BLACKLIST = "IpInBlacklist", Gateway, Inferred, 3017, "Your IP is in the IP blacklist of the account.";
    IP_NOT_IN_WHITELIST = "IpNotInWhitelist", Gateway, Inferred, 3018, "Your IP is not in the IP whitelist of the account.";
    LIMIT_EXCEEDED = "LimitExceeded", Gateway, Inferred, 3019, "The quota limit is exceeded.";
    MISSING_PARAMETER = "MissingParameter", Gateway, Inferred, 3020, "The request is missing a required parameter.";
    NO_SUCH_PRODUCT = "NoSuchProduct", Gateway, Inferred, 3021, "The product does not exist.";
    NO_SUCH_VERSION = "NoSuchVersion", Gateway, Inferred, 3022, "The specified api version does not exist in service=`sms`.";
    REQUEST_LIMIT_EXCEEDED = "RequestLimitExceeded", Gateway, Inferred, 3023, "Your current request times exceeds the frequency limit for a second. Please reduce the frequency of calls.";
    GLOBAL_REGION_UIN_LIMIT_EXCEEDED = "RequestLimitExceeded.GlobalRegionUinLimitExceeded", Gateway, Inferred, 3024, "The number of requests of the account in all regions exceeds the frequency limit.";
    IP_LIMIT_EXCEEDED = "RequestLimitExceeded.IPLimitExceeded", Gateway, Inferred, 3025, "The number of requests from the IP exceeds the frequency limit.";
    UIN_LIMIT_EXCEEDED = "RequestLimitExceeded.UinLimitExceeded", Gateway, Inferred, 3026, "The number of requests of the account exceeds the frequency limit.";
    REQUEST_SIZE_LIMIT_EXCEEDED = "RequestSizeLimitExceeded", Gateway, Inferred, 3027, "The request size exceeds the limit.";
    RESPONSE_SIZE_LIMIT_EXCEEDED = "ResponseSizeLimitExceeded", Gateway, Inferred, 3028, "The response size exceeds the limit.";
    RESOURCE_IN_USE = "ResourceInUse", Gateway, Inferred, 3029, "The resource is in use.";
    RESOURCE_INSUFFICIENT = "ResourceInsufficient", Gateway, Inferred, 3030, "The resource is insufficient.";
    RESOURCE_NOT_FOUND = "ResourceNotFound", Gateway, Inferred, 3031, "The resource does not exist.";
    RESOURCE_UNAVAILABLE = "ResourceUnavailable", Gateway, Inferred, 3032, "The resource is unavailable.";
    SERVICE_UNAVAILABLE = "ServiceUnavailable", Gateway, Inferred, 3033, "The service is temporarily unavailable.";
    UNAUTHORIZED_OPERATION = "UnauthorizedOperation", Gateway, Inferred, 3034, "The operation is not authorized.";
    UNKNOWN_PARAMETER = "UnknownParameter", Gateway, Inferred, 3035, "The parameter is not recognized.";
    UNSUPPORTED_PROTOCOL = "UnsupportedProtocol", Gateway, Inferred, 3037, "The HTTP(S) request method is not supported: only GET and POST are.";
    UNSUPPORTED_REGION = "UnsupportedRegion", Gateway, Observed, 3038, "The action not support this region.";
    // SendSms, 49.
    CONTAIN_SENSITIVE_WORD = "FailedOperation.ContainSensitiveWord", Backend, Inferred, 1002, "the SMS message contains sensitive words";
    FAIL_RESOLVE_PACKET = "FailedOperation.FailResolvePacket", Backend, Inferred, 1004, "failed to resolve request packet";
    INSUFFICIENT_BALANCE_IN_SMS_PACKAGE = "FailedOperation.InsufficientBalanceInSmsPackage", Backend, Observed, 1031, "insufficient balance in SMS package";
    JSON_PARSE_FAIL = "FailedOperation.JsonParseFail", Access, Inferred, 2001, "json parse fail";
    MARKETING_SEND_TIME_CONSTRAINT = "FailedOperation.MarketingSendTimeConstraint", Backend, Inferred, 1029, "the time when marketing SMS messages are sent is limited";
    PHONE_NUMBER_IN_BLACKLIST = "FailedOperation.PhoneNumberInBlacklist", Backend, Inferred, 1015, "mobile number on the blacklist";
    SIGNATURE_INCORRECT_OR_UNAPPROVED = "FailedOperation.SignatureIncorrectOrUnapproved", Backend, Inferred, 1012, "signature format is incorrect or signature is not approved";
    TEMPLATE_INCORRECT_OR_UNAPPROVED = "FailedOperation.TemplateIncorrectOrUnapproved", Backend, Observed, 1014, "template is not approved or request content does not match the approved template content";
    TEMPLATE_PARAM_SET_NOT_MATCH_APPROVED_TEMPLATE = "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", Backend, Observed, 2002, "request content does not match the template content";
    TEMPLATE_UNAPPROVED_OR_NOT_EXIST = "FailedOperation.TemplateUnapprovedOrNotExist", Backend, Inferred, 2003, "template is not approved or does not exist";
    OTHER_ERROR = "InternalError.OtherError", Backend, Inferred, 1007, "other error";
    REQUEST_TIME_EXCEPTION = "InternalError.RequestTimeException", Backend, Inferred, 1021, "the time when the request was initiated is exceptional";
    REST_API_INTERFACE_NOT_EXIST = "InternalError.RestApiInterfaceNotExist", Access, Inferred, 1011, "REST API does not exist";
    SEND_AND_RECV_FAIL = "InternalError.SendAndRecvFail", Backend, Inferred, 2004, "send and recv fail";
    SIG_FIELD_MISSING = "InternalError.SigFieldMissing", Backend, Inferred, 1003, "the sig field is missing or left empty in request packet";
    SIG_VERIFICATION_FAIL = "InternalError.SigVerificationFail", Backend, Inferred, 1001, "sig verification failed";
    TIMEOUT = "InternalError.Timeout", Backend, Inferred, 1008, "request to send SMS timed out";
    UNKNOWN_ERROR = "InternalError.UnknownError", Backend, Inferred, 2005, "unknown error";
    CONTENT_LENGTH_LIMIT = "InvalidParameterValue.ContentLengthLimit", Backend, Inferred, 1017, "the content of the requested SMS is too long";
    INCORRECT_PHONE_NUMBER = "InvalidParameterValue.IncorrectPhoneNumber", Backend, Inferred, 1016, "incorrect mobile number format";
    PROHIBITED_USE_URL_IN_TEMPLATE_PARAMETER = "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", Backend, Inferred, 1048, "url is prohibited in template parameter";
    SDK_APP_ID_NOT_EXIST = "InvalidParameterValue.SdkAppIdNotExist", Backend, Inferred, 1019, "sdkappid does not exist";
    TEMPLATE_PARAMETER_FORMAT_ERROR = "InvalidParameterValue.TemplateParameterFormatError", Backend, Observed, 1038, "Verification code template parameter format error";
    TEMPLATE_PARAMETER_LENGTH_LIMIT = "InvalidParameterValue.TemplateParameterLengthLimit", Backend, Inferred, 1036, "the number of variable characters in a single template exceeds the limit";
    APP_COUNTRY_OR_REGION_DAILY_LIMIT = "LimitExceeded.AppCountryOrRegionDailyLimit", Backend, Inferred, 2006, "the number of sms messages sent to the country or region every day exceeds the upper limit";
    APP_COUNTRY_OR_REGION_IN_BLACKLIST = "LimitExceeded.AppCountryOrRegionInBlacklist", Backend, Inferred, 2007, "the country or region is not allowed";
    APP_DAILY_LIMIT = "LimitExceeded.AppDailyLimit", Backend, Inferred, 1022, "the number of business SMS messages sent every day exceeds the upper limit";
    APP_GLOBAL_DAILY_LIMIT = "LimitExceeded.AppGlobalDailyLimit", Backend, Inferred, 2008, "the number of global sms messages sent every day exceeds the upper limit";
    APP_MAINLAND_CHINA_DAILY_LIMIT = "LimitExceeded.AppMainlandChinaDailyLimit", Backend, Inferred, 2009, "the number of chinese mainland sms messages sent every day exceeds the upper limit";
    DAILY_LIMIT = "LimitExceeded.DailyLimit", Backend, Inferred, 1047, "the number of global sms messages sent every day exceeds the upper limit";
    DELIVERY_FREQUENCY_LIMIT = "LimitExceeded.DeliveryFrequencyLimit", Backend, Inferred, 1013, "SMS hits the delivery frequency limit policy";
    GLOBAL_SMS_SENDING_RATE_LIMIT = "LimitExceeded.GlobalSmsSendingRateLimit", Backend, Inferred, 2010, "global sms sending rate limit";
    PHONE_NUMBER_COUNT_LIMIT = "LimitExceeded.PhoneNumberCountLimit", Access, Inferred, 1046, "the number of mobile numbers exceeds 200";
    PHONE_NUMBER_DAILY_LIMIT = "LimitExceeded.PhoneNumberDailyLimit", Backend, Observed, 1025, "the number of sms messages sent from a single mobile number every day exceeds the upper limit";
    PHONE_NUMBER_ONE_HOUR_LIMIT = "LimitExceeded.PhoneNumberOneHourLimit", Backend, Observed, 1024, "the number of sms messages sent from a single mobile number within 1 hour exceeds the upper limit";
    PHONE_NUMBER_SAME_CONTENT_DAILY_LIMIT = "LimitExceeded.PhoneNumberSameContentDailyLimit", Backend, Observed, 1026, "the number of the same sms messages sent from a single mobile number exceeds the upper limit";
    PHONE_NUMBER_THIRTY_SECOND_LIMIT = "LimitExceeded.PhoneNumberThirtySecondLimit", Backend, Observed, 1023, "the number of SMS messages sent from a single mobile number within 30 seconds exceeds the upper limit";
    EMPTY_PHONE_NUMBER_SET = "MissingParameter.EmptyPhoneNumberSet", Access, Inferred, 2011, "the phone number set is empty";
    INDIVIDUAL_USER_MARKETING_SMS_PERMISSION_DENY = "UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny", Backend, Inferred, 1032, "individual user does not have the permission to send marketing SMS messages";
    REQUEST_IP_NOT_IN_WHITELIST = "UnauthorizedOperation.RequestIpNotInWhitelist", Backend, Inferred, 1009, "request IP is not on the whitelist";
    REQUEST_PERMISSION_DENY = "UnauthorizedOperation.RequestPermissionDeny", Backend, Inferred, 1006, "no permission to request";
    SDK_APP_ID_IS_DISABLED = "UnauthorizedOperation.SdkAppIdIsDisabled", Backend, Inferred, 1020, "sdkappid is disabled";
    SERVICE_SUSPEND_DUE_TO_ARREARS = "UnauthorizedOperation.ServiceSuspendDueToArrears", Backend, Inferred, 1033, "service is suspended due to arrears";
    SMS_SDK_APP_ID_VERIFY_FAIL = "UnauthorizedOperation.SmsSdkAppIdVerifyFail", Access, Observed, 2012, "request SmsSdk AppId verify fail";
    UNSUPPORTED_OPERATION = "UnsupportedOperation", Backend, Inferred, 1030, "this request is not supported";
    CHINESE_MAINLAND_TEMPLATE_TO_GLOBAL_PHONE = "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone", Backend, Inferred, 2013, "chinese mainland template can not be sent to global phone number";
    CONTAIN_DOMESTIC_AND_INTERNATIONAL_PHONE_NUMBER = "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber", Backend, Inferred, 1034, "the request contains both domestic and international phone numbers";
    GLOBAL_TEMPLATE_TO_CHINESE_MAINLAND_PHONE = "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone", Backend, Inferred, 2014, "global template can not be sent to chinese mainland phone number";
    UNSUPPORTED_OPERATION_UNSUPPORTED_REGION = "UnsupportedOperation.UnsupportedRegion", Backend, Inferred, 1045, "sms delivery to the region is not supported";
    // Related actions.
    NOT_ENTERPRISE_CERTIFICATION = "FailedOperation.NotEnterpriseCertification", Access, Inferred, 0, "Individual users cannot use the APIs related to signatures and templates.";
    PHONE_NUMBER_PARSE_FAIL = "FailedOperation.PhoneNumberParseFail", Access, Inferred, 0, "Failed to parse the mobile number.";
    PROHIBIT_SUB_ACCOUNT_USE = "FailedOperation.ProhibitSubAccountUse", Access, Inferred, 0, "Non-Root accounts cannot use the template list pull feature.";
    BEGIN_TIME_VERIFY_FAIL = "InvalidParameterValue.BeginTimeVerifyFail", Access, Inferred, 0, "`BeginTime` parameter check failed.";
    END_TIME_VERIFY_FAIL = "InvalidParameterValue.EndTimeVerifyFail", Access, Inferred, 0, "`EndTime` parameter check failed.";
    INVALID_INTERNATIONAL = "InvalidParameterValue.InvalidInternational", Access, Inferred, 0, "`International` field check failed.";
    INVALID_START_TIME = "InvalidParameterValue.InvalidStartTime", Access, Inferred, 0, "Invalid start time or end time.";
    LIMIT_VERIFY_FAIL = "InvalidParameterValue.LimitVerifyFail", Access, Inferred, 0, "`Limit` parameter check failed.";
    OFFSET_VERIFY_FAIL = "InvalidParameterValue.OffsetVerifyFail", Access, Inferred, 0, "`Offset` parameter check failed.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_code_is_there_once() {
        let gateway = ALL.iter().filter(|c| c.layer == Layer::Gateway).count();
        // `UnsupportedOperation` belongs to both lists and is in the second.
        assert_eq!(gateway, 37);
        let mut names: Vec<_> = ALL.iter().map(|c| c.name).collect();
        names.sort_unstable();
        let total = names.len();
        names.dedup();
        assert_eq!(names.len(), total);
        let magic = ALL.iter().filter(|c| c.magic != 0).count();
        assert_eq!(magic, 37 + 49);
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
