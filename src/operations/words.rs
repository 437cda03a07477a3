//! What a check found, in words. `#` stands for a value.

use alloc::string::String;

use crate::language::{Language, Text};
use crate::text::{join, split_once};

macro_rules! texts {
    ($($name:ident: $en:literal, $zh:literal;)*) => {
        $(pub static $name: Text = Text { en: $en, zh: $zh };)*
    };
}

texts! {
    CREDENTIALS_PASS:
        "The service accepts the key. Whether it may send (sms:SendSms) shows only when it does.",
        "服务接受该密钥;是否允许 sms:SendSms 须实际发送才能确认。";
    CREDENTIALS_FAIL:
        "The service does not accept the key. Copy accessKeyId and accessKeySecret again, check that the key is enabled, and renew sessionToken if there is one.",
        "服务不接受该密钥。请重新复制 accessKeyId 与 accessKeySecret,确认密钥已启用,并更新 sessionToken(如有)。";
    CLOCK:
        "The service finds the host's clock wrong. Set it.",
        "主机时钟不准,请校准。";
    REGION_FAIL:
        "There is no SMS service in this region. Use ap-guangzhou, or ap-singapore on the international site.",
        "该地域没有短信服务。请使用 ap-guangzhou;国际站使用 ap-singapore。";
    APPLICATION_PASS:
        "The application belongs to the key's account.",
        "该应用属于密钥所在账号。";
    APPLICATION_FAIL:
        "The service does not accept sdkAppId. The application must exist, be enabled and belong to the key's account.",
        "服务不接受 sdkAppId。该应用须存在、已启用,且属于密钥所在账号。";
    BALANCE_PASS:
        "Messages left in packages: #.",
        "套餐包剩余条数:#。";
    BALANCE_FAIL:
        "The packages are used up, or payment is due.",
        "套餐包已用完或账号欠费。";
    BALANCE_NONE:
        "No package is valid now. Unless the account is billed afterwards, buy one.",
        "没有有效的套餐包。若非后付费账号,请购买。";
    USABLE:
        "Approved.",
        "已通过审核。";
    WAITS:
        "In review, or approved and not yet in effect. Wait for it.",
        "审核中,或尚未生效,请等待。";
    REFUSED:
        "Refused in review. The console says why.",
        "未通过审核,原因见控制台。";
    SIGNATURE_MISSING:
        "The account has no such signature for this route. Give the signature's text, not its ID, without brackets.",
        "账号下没有用于此类短信的该签名。请填写签名内容而非 ID,不带括号。";
    TEMPLATE_MAINLAND:
        "Approved, for +86 only. For other numbers give templateCode one ID per route.",
        "已通过审核,仅用于 +86 号码。其他号码请在 templateCode 中分别填写。";
    TEMPLATE_INTERNATIONAL:
        "Approved, for numbers outside +86 only. For +86 give templateCode one ID per route.",
        "已通过审核,仅用于 +86 以外的号码。+86 号码请在 templateCode 中分别填写。";
    TEMPLATE_MISSING:
        "The account has no template with this ID.",
        "账号下没有此 ID 的模板。";
    TEMPLATE_ROUTE:
        "The template is not for this route: mainland and international ones are separate.",
        "模板不用于此类号码:国内与国际/港澳台模板相互独立。";
    TEMPLATE_COUNT:
        "The template has # variables and params declares #. Without params it is one, {{code}}.",
        "模板有 # 个变量,而 params 声明了 # 个。未填写 params 时为一个 {{code}}。";
    NOT_GRANTED:
        "The key's policy does not allow #. Grant it, or look in the console.",
        "密钥的策略不允许 #。请授权,或在控制台查看。";
    SUB_ACCOUNT:
        "Keys of sub-accounts may not call #. Look in the console.",
        "子账号密钥不能调用 #,请在控制台查看。";
    PERSONAL:
        "Personal accounts may not call #. Look in the console.",
        "个人账号不能调用 #,请在控制台查看。";
    UNTOLD:
        "The service refused the look-up #, with the code in provider-code.",
        "服务拒绝了查询 #,错误码见 provider-code。";
    SILENT:
        "No usable answer came to #, or the check's 16 requests are used up. Check again, or look in the console.",
        "# 没有可用的应答,或 16 个请求已用完。请重试,或在控制台查看。";
    SKIPPED:
        "Not looked up, because something that it needs failed.",
        "未查询,因为所依赖的一项未通过。";
}

/// The text with its values in their places.
pub fn fill(text: &Text, language: Language, values: &[&str]) -> String {
    let mut rest = text.get(language);
    let mut filled = String::new();
    for value in values {
        let Some((before, after)) = split_once(rest, "#") else {
            break;
        };
        filled.push_str(&join(&[before, value]));
        rest = after;
    }
    filled.push_str(rest);
    filled
}
