//! The actions of the service that are simulated, each with the schema of its parameters.
//!
//! The service has more, for managing signatures and templates and for inbound messages. They are answered with
//! `InvalidAction`, like any unknown action.

use crate::parameters::{Kind, Parameter};

/// One action of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send messages.
    SendSms,
    /// Templates and their review.
    DescribeSmsTemplateList,
    /// Signatures and their review.
    DescribeSmsSignList,
    /// Packages and their remaining segments.
    SmsPackagesStatistics,
    /// Counts of sent messages.
    SendStatusStatistics,
    /// Country and form of numbers.
    DescribePhoneNumberInfo,
    /// Delivery reports, each once.
    PullSmsSendStatus,
    /// Delivery reports about one number.
    PullSmsSendStatusByPhoneNumber,
    /// Outcomes of the messages to one number.
    DescribeSendRecordList,
    /// Report of a used code.
    ReportConversion,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::SendSms,
        Self::DescribeSmsTemplateList,
        Self::DescribeSmsSignList,
        Self::SmsPackagesStatistics,
        Self::SendStatusStatistics,
        Self::DescribePhoneNumberInfo,
        Self::PullSmsSendStatus,
        Self::PullSmsSendStatusByPhoneNumber,
        Self::DescribeSendRecordList,
        Self::ReportConversion,
    ];

    /// The action that `X-TC-Action` names, if it is simulated. Case matters.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// The value of `X-TC-Action`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SendSms => "SendSms",
            Self::DescribeSmsTemplateList => "DescribeSmsTemplateList",
            Self::DescribeSmsSignList => "DescribeSmsSignList",
            Self::SmsPackagesStatistics => "SmsPackagesStatistics",
            Self::SendStatusStatistics => "SendStatusStatistics",
            Self::DescribePhoneNumberInfo => "DescribePhoneNumberInfo",
            Self::PullSmsSendStatus => "PullSmsSendStatus",
            Self::PullSmsSendStatusByPhoneNumber => "PullSmsSendStatusByPhoneNumber",
            Self::DescribeSendRecordList => "DescribeSendRecordList",
            Self::ReportConversion => "ReportConversion",
        }
    }

    /// Its parameters.
    pub fn schema(self) -> &'static [Parameter] {
        match self {
            Self::SendSms => SEND_SMS,
            Self::DescribeSmsTemplateList => DESCRIBE_SMS_TEMPLATE_LIST,
            Self::DescribeSmsSignList => DESCRIBE_SMS_SIGN_LIST,
            Self::SmsPackagesStatistics | Self::SendStatusStatistics => STATISTICS,
            Self::DescribePhoneNumberInfo => DESCRIBE_PHONE_NUMBER_INFO,
            Self::PullSmsSendStatus => PULL_SMS_SEND_STATUS,
            Self::PullSmsSendStatusByPhoneNumber => PULL_SMS_SEND_STATUS_BY_PHONE_NUMBER,
            Self::DescribeSendRecordList => DESCRIBE_SEND_RECORD_LIST,
            Self::ReportConversion => REPORT_CONVERSION,
        }
    }
}

const SEND_SMS: &[Parameter] = &[
    Parameter::required("PhoneNumberSet", Kind::TextArray),
    Parameter::required("SmsSdkAppId", Kind::Text),
    Parameter::required("TemplateId", Kind::Text),
    Parameter::optional("SignName", Kind::Text),
    Parameter::optional("TemplateParamSet", Kind::TextArray),
    Parameter::optional("ExtendCode", Kind::Text),
    Parameter::optional("SessionContext", Kind::Text),
    Parameter::optional("SenderId", Kind::Text),
];

const DESCRIBE_SMS_TEMPLATE_LIST: &[Parameter] = &[
    Parameter::required("International", Kind::Uint),
    Parameter::optional("TemplateIdSet", Kind::UintArray),
    Parameter::optional("Limit", Kind::Uint),
    Parameter::optional("Offset", Kind::Uint),
];

const DESCRIBE_SMS_SIGN_LIST: &[Parameter] = &[
    Parameter::required("International", Kind::Uint),
    Parameter::optional("SignIdSet", Kind::UintArray),
    Parameter::optional("Limit", Kind::Uint),
    Parameter::optional("Offset", Kind::Uint),
];

const STATISTICS: &[Parameter] = &[
    Parameter::required("SmsSdkAppId", Kind::Text),
    Parameter::required("Limit", Kind::Uint),
    Parameter::required("Offset", Kind::Uint),
    Parameter::required("BeginTime", Kind::Text),
    Parameter::required("EndTime", Kind::Text),
];

const DESCRIBE_PHONE_NUMBER_INFO: &[Parameter] =
    &[Parameter::required("PhoneNumberSet", Kind::TextArray)];

const PULL_SMS_SEND_STATUS: &[Parameter] = &[
    Parameter::required("Limit", Kind::Uint),
    Parameter::required("SmsSdkAppId", Kind::Text),
];

const PULL_SMS_SEND_STATUS_BY_PHONE_NUMBER: &[Parameter] = &[
    Parameter::required("BeginTime", Kind::Uint),
    Parameter::required("Offset", Kind::Uint),
    Parameter::required("Limit", Kind::Uint),
    Parameter::required("PhoneNumber", Kind::Text),
    Parameter::required("SmsSdkAppId", Kind::Text),
    Parameter::optional("EndTime", Kind::Uint),
];

const DESCRIBE_SEND_RECORD_LIST: &[Parameter] = &[
    Parameter::required("PhoneNumber", Kind::Text),
    Parameter::required("SmsSdkAppId", Kind::Text),
    Parameter::required("BeginTime", Kind::Uint),
    Parameter::optional("EndTime", Kind::Uint),
    Parameter::optional("Limit", Kind::Uint),
    Parameter::optional("Offset", Kind::Uint),
];

const REPORT_CONVERSION: &[Parameter] = &[
    Parameter::required("SmsSdkAppId", Kind::Text),
    Parameter::required("SerialNo", Kind::Text),
    Parameter::optional("ConversionTime", Kind::Uint),
];
