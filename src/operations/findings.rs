//! The texts of a check's findings. `#` stands for a value.

use connector_kit::contract::Verdict;
use connector_kit::text::Text;

/// A finding of a check.
pub struct Finding {
    /// The verdict of the check.
    pub verdict: Verdict,
    /// The words for the operator.
    pub text: Text,
}

macro_rules! findings {
    ($($verdict:ident $name:ident: $en:literal, $zh:literal;)*) => {
        $(pub static $name: Finding = Finding {
            verdict: Verdict::$verdict,
            text: Text::new($en, $zh),
        };)*
    };
}

findings! {
    Pass CREDENTIALS:
        "The service accepts the key. Whether it may send (sms:SendSms) shows only when it does.",
        "服务接受该密钥;能否发送(sms:SendSms)须实际发送才知。";
    Fail WRONG_CREDENTIALS:
        "The service does not accept the key. Copy accessKeyId and accessKeySecret again, check that the key is enabled, and renew sessionToken if there is one.",
        "服务不接受该密钥。请重新复制 accessKeyId 与 accessKeySecret,确认密钥已启用,并更新 sessionToken(如有)。";
    CannotVerify CLOCK:
        "The service finds the host's clock wrong. Set it.",
        "主机时钟不准,请校准。";
    Fail REGION:
        "There is no SMS service in this region. Use ap-guangzhou, or ap-singapore on the international site.",
        "该地域没有短信服务。请使用 ap-guangzhou;国际站使用 ap-singapore。";
    Pass APPLICATION:
        "The application belongs to the key's account.",
        "该应用属于密钥所在账号。";
    Fail WRONG_APPLICATION:
        "The application must exist, be enabled and belong to the key's account.",
        "该应用须存在、已启用,且属于密钥所在账号。";
    Pass BALANCE:
        "Messages left in packages: #.",
        "套餐包剩余条数:#。";
    Fail USED_UP:
        "The packages are used up, or payment is due.",
        "套餐包已用完或账号欠费。";
    CannotVerify NO_PACKAGE:
        "No package is valid now. Unless the account is billed afterwards, buy one.",
        "没有有效的套餐包。若非后付费账号,请购买。";
    Pass APPROVED:
        "Approved.",
        "已通过审核。";
    Fail WAITS:
        "In review, or approved and not yet in effect. Wait for it.",
        "审核中,或尚未生效,请等待。";
    Fail REFUSED:
        "Refused in review. The console says why.",
        "未通过审核,原因见控制台。";
    Fail NO_SIGNATURE:
        "The account has no such signature for this route. Give the signature's text, not its ID, without brackets.",
        "账号下没有用于此类短信的该签名。请填写签名内容而非 ID,不带括号。";
    Pass MAINLAND_ONLY:
        "Approved, for +86 only. For other numbers give templateCode one ID per route.",
        "已通过审核,仅用于 +86。其他号码请在 templateCode 中分别填写。";
    Pass INTERNATIONAL_ONLY:
        "Approved, for numbers outside +86 only. For +86 give templateCode one ID per route.",
        "已通过审核,仅用于 +86 以外。+86 号码请在 templateCode 中分别填写。";
    Fail NO_TEMPLATE:
        "The account has no template with this ID.",
        "账号下没有此 ID 的模板。";
    Fail OTHER_ROUTE:
        "The template is not for this route: mainland and international ones are separate.",
        "模板不用于此类号码:国内与国际/港澳台模板相互独立。";
    Fail VARIABLES:
        "The template has # variables and params declares #. Without params it is one, {{code}}.",
        "模板有 # 个变量,而 params 声明了 # 个;未填写时为一个 {{code}}。";
    CannotVerify NOT_GRANTED:
        "The key's policy does not allow #. Grant it, or look in the console.",
        "密钥的策略不允许 #。请授权,或在控制台查看。";
    CannotVerify SUB_ACCOUNT:
        "Keys of sub-accounts may not call #. Look in the console.",
        "子账号密钥不能调用 #,请在控制台查看。";
    CannotVerify PERSONAL:
        "Personal accounts may not call #. Look in the console.",
        "个人账号不能调用 #,请在控制台查看。";
    CannotVerify REJECTED:
        "The service refused # with the code in provider-code.",
        "服务拒绝了 #,错误码见 provider-code。";
    CannotVerify SILENT:
        "No usable answer came to #, or the check's 16 requests are used up. Check again, or look in the console.",
        "# 没有可用的应答,或 16 个请求已用完。请重试,或在控制台查看。";
    CannotVerify SKIPPED:
        "Not looked up, because something that it needs failed.",
        "未查询,因为所依赖的一项未通过。";
}

/// The finding about something that was reviewed, from its `StatusCode`.
pub fn review(status_code: i64) -> &'static Finding {
    match status_code {
        0 => &APPROVED,
        1 | 2 => &WAITS,
        _ => &REFUSED,
    }
}
