//! Sentences for the person who waits for a code, in six languages. Some platforms show them word for word.

/// What a sentence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentence {
    /// The number takes no messages.
    BadNumber,
    /// Too many codes were asked for.
    TooMany,
    /// Codes are not sent there.
    Blocked,
    /// No code could be sent, and the person can do nothing about it.
    Unavailable,
    /// Nobody knows whether the code was sent.
    Unknown,
}

const LANGUAGES: [&str; 6] = ["en", "zh-CN", "zh-TW", "pt-BR", "de", "fr"];

/// The sentence in the best of the languages; in English where none is known.
pub fn sentence(about: Sentence, locales: &[String]) -> &'static str {
    let language = locales.iter().find_map(|tag| known(tag)).unwrap_or(0);
    let texts: [&str; 6] = match about {
        Sentence::BadNumber => [
            "This phone number cannot receive text messages. Check it, or use another one.",
            "此手机号码无法接收短信。请核对号码，或换用其他号码。",
            "此手機號碼無法接收簡訊。請確認號碼，或改用其他號碼。",
            "Este número de telefone não pode receber mensagens de texto. Confira o número ou use outro.",
            "Diese Telefonnummer kann keine SMS empfangen. Prüfen Sie sie, oder verwenden Sie eine andere.",
            "Ce numéro de téléphone ne peut pas recevoir de SMS. Vérifiez-le ou utilisez-en un autre.",
        ],
        Sentence::TooMany => [
            "Too many codes were requested. Try again later.",
            "获取验证码过于频繁，请稍后再试。",
            "索取驗證碼過於頻繁，請稍後再試。",
            "Foram solicitados códigos demais. Tente novamente mais tarde.",
            "Es wurden zu viele Codes angefordert. Versuchen Sie es später noch einmal.",
            "Trop de codes ont été demandés. Réessayez plus tard.",
        ],
        Sentence::Blocked => [
            "Codes cannot be sent to this phone number. Use another one.",
            "无法向此手机号码发送验证码，请换用其他号码。",
            "無法傳送驗證碼至此手機號碼，請改用其他號碼。",
            "Não é possível enviar códigos para este número de telefone. Use outro.",
            "An diese Telefonnummer können keine Codes gesendet werden. Verwenden Sie eine andere.",
            "Aucun code ne peut être envoyé à ce numéro de téléphone. Utilisez-en un autre.",
        ],
        Sentence::Unavailable => [
            "The code could not be sent. Try again later.",
            "验证码发送失败，请稍后再试。",
            "驗證碼傳送失敗，請稍後再試。",
            "Não foi possível enviar o código. Tente novamente mais tarde.",
            "Der Code konnte nicht gesendet werden. Versuchen Sie es später noch einmal.",
            "Le code n’a pas pu être envoyé. Réessayez plus tard.",
        ],
        Sentence::Unknown => [
            "It is not certain that the code was sent. If none arrives within a minute, request another one.",
            "暂时无法确认验证码是否已发送。如果一分钟内没有收到，请重新获取。",
            "暫時無法確認驗證碼是否已傳送。若一分鐘內未收到，請重新索取。",
            "Não há certeza de que o código foi enviado. Se ele não chegar em um minuto, solicite outro.",
            "Es ist nicht sicher, ob der Code gesendet wurde. Kommt innerhalb einer Minute keiner an, fordern Sie einen neuen an.",
            "Il n’est pas certain que le code ait été envoyé. Si vous ne recevez rien d’ici une minute, demandez-en un autre.",
        ],
    };
    texts.get(language).copied().unwrap_or(texts[0])
}

/// The language of a tag: exact, by its script or region for Chinese, or by its first part.
fn known(tag: &str) -> Option<usize> {
    let tag = tag.replace('_', "-").to_ascii_lowercase();
    let first = tag.split('-').next().unwrap_or_default();
    let language = match first {
        "zh" if ["hant", "tw", "hk", "mo"]
            .iter()
            .any(|part| tag.split('-').any(|p| p == *part)) =>
        {
            "zh-TW"
        }
        "zh" => "zh-CN",
        "pt" => "pt-BR",
        other => other,
    };
    LANGUAGES.iter().position(|known| *known == language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentence_is_in_the_best_language_that_is_known() {
        for (locales, beginning) in [
            (&["de-AT"][..], "Der Code"),
            (&["xx", "fr"], "Le code"),
            (&["zh-Hant-HK"], "驗證碼"),
            (&["zh_CN"], "验证码"),
            (&["pt"], "Não"),
            (&["xx"], "The code"),
            (&[], "The code"),
        ] {
            let locales: Vec<String> = locales.iter().map(|tag| (*tag).to_owned()).collect();
            let text = sentence(Sentence::Unavailable, &locales);
            assert!(text.starts_with(beginning), "{locales:?}: {text}");
        }
    }
}
