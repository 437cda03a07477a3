//! Step 16: the access layer of the SMS service, which answers with `Response.Error`.

use super::types::SendSms;
use crate::catalogue::{Account, App, Catalogue};
use crate::codes;
use crate::gateway::Admitted;
use crate::request::Refusal;

/// Maximum of numbers in one request.
pub const MOST_NUMBERS: usize = 200;

/// `SessionContext` must be shorter than this, in bytes (documented), and so must the other texts of which a copy is
/// kept for each number (inference).
pub const TEXT_LIMIT: usize = 512;

/// Checks that this caller may use this application, and that the service accepts the size of the request.
///
/// # Errors
///
/// The first rule that the request breaks. It is inference that the last three rules belong here.
pub fn check<'c>(
    admitted: &Admitted<'c>,
    catalogue: &'c Catalogue,
    request: &SendSms,
) -> Result<(&'c Account, &'c App), Refusal> {
    if request.numbers.is_empty() {
        return Err(Refusal::new(&codes::EMPTY_PHONE_NUMBER_SET));
    }
    if request.numbers.len() > MOST_NUMBERS {
        return Err(Refusal::new(&codes::PHONE_NUMBER_COUNT_LIMIT));
    }
    let (account, app) = owned_app(admitted, catalogue, &request.app_id)?;
    if app.disabled {
        return Err(Refusal::new(&codes::SDK_APP_ID_IS_DISABLED));
    }
    if account.arrears {
        return Err(Refusal::new(&codes::SERVICE_SUSPEND_DUE_TO_ARREARS));
    }
    let texts = [
        ("SessionContext", &request.session_context),
        ("SenderId", &request.sender_id),
        ("ExtendCode", &request.extend_code),
        ("SignName", &request.sign),
    ];
    if let Some((name, _)) = texts.iter().find(|(_, text)| text.len() >= TEXT_LIMIT) {
        return Err(Refusal::with(
            &codes::INVALID_PARAMETER_VALUE,
            format!("The length of parameter `{name}` must be less than {TEXT_LIMIT} bytes."),
        ));
    }
    Ok((account, app))
}

/// The application, if the caller owns it. A caller whose unknown key a lenient simulator accepted owns
/// every application.
///
/// # Errors
///
/// `UnauthorizedOperation.SmsSdkAppIdVerifyFail`.
pub fn owned_app<'c>(
    admitted: &Admitted<'c>,
    catalogue: &'c Catalogue,
    app_id: &str,
) -> Result<(&'c Account, &'c App), Refusal> {
    let fail = |why: &str| Err(Refusal::new(&codes::SMS_SDK_APP_ID_VERIFY_FAIL).explain(why));
    match catalogue.app(app_id) {
        None => fail("no account of the catalogue has this SmsSdkAppId"),
        Some((owner, app))
            if admitted.credential.is_none() || owner.name == admitted.account.name =>
        {
            Ok((owner, app))
        }
        Some(_) => fail("the SmsSdkAppId belongs to another account than the key"),
    }
}
