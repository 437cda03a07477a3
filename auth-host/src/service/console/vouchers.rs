//! Results of the checks of a plugin's bytes, manifest, provenance, SBOM and guides, in words.

use super::form::shown;
use super::texts::Texts;
use crate::service::admin::plugins::NewPlugin;
use crate::service::admin::reviews::Review;

/// Result of one check.
pub struct Voucher {
    /// The part that was checked.
    pub subject: String,
    /// True if it was verified.
    pub is_verified: bool,
    /// The verifier, or the reason why it was not verified.
    pub text: String,
    /// The exact reason, or the signer's comment.
    pub detail: String,
}

/// All results, always in the same order.
pub fn vouchers(t: Texts, review: &Review, new: &NewPlugin) -> Vec<Voucher> {
    let mut all = vec![
        bytes(t, review, new),
        manifest(t, review, new),
        provenance(t, review, new),
        sbom(t, review, new),
    ];
    all.extend(guides(t, review, new));
    all
}

fn voucher(subject: String, is_verified: bool, text: String) -> Voucher {
    Voucher {
        subject,
        is_verified,
        text,
        detail: String::new(),
    }
}

fn bytes(t: Texts, review: &Review, new: &NewPlugin) -> Voucher {
    let (is_verified, text) = match (&new.pulled, &review.manifest) {
        (Some(pulled), _) => match &pulled.tag {
            Some(tag) => (true, t.about("vouch-bytes-tag", shown(tag, 128))),
            None => (true, t.say("vouch-bytes-digest")),
        },
        (None, Some(_)) => (true, t.say("vouch-bytes-manifest")),
        (None, None) => (false, t.say("vouch-bytes-none")),
    };
    voucher(t.say("vouch-bytes"), is_verified, text)
}

fn manifest(t: Texts, review: &Review, new: &NewPlugin) -> Voucher {
    let subject = t.say("vouch-manifest");
    if review.manifest.is_none() {
        return voucher(subject, false, t.say("vouch-no-manifest"));
    }
    if let Some(signer) = &review.facts.signer {
        let text = t.about("vouch-signed", signer.key_id.clone());
        return Voucher {
            detail: shown(&signer.comment, 200),
            ..voucher(subject, true, text)
        };
    }
    let text = match (&new.signature, &review.unsigned) {
        (None, _) => t.say("vouch-unsigned"),
        (Some(_), None) => t.say("vouch-unchecked"),
        (Some(_), Some(_)) => t.say("vouch-other-key"),
    };
    let reason = review
        .unsigned
        .as_ref()
        .filter(|_| new.signature.is_some())
        .map(|reason| t.phrase(reason));
    Voucher {
        detail: shown(&reason.unwrap_or_default(), 400),
        ..voucher(subject, false, text)
    }
}

fn provenance(t: Texts, review: &Review, new: &NewPlugin) -> Voucher {
    let (is_verified, text) = match &review.facts.provenance {
        Some(built) if built.is_verified => (true, t.say("vouch-provenance")),
        Some(_) => (false, t.say("vouch-provenance-claim")),
        None if new.pulled.is_some() => (false, t.say("vouch-provenance-none")),
        None => (false, t.say("vouch-files")),
    };
    voucher(t.say("provenance"), is_verified, text)
}

fn sbom(t: Texts, review: &Review, new: &NewPlugin) -> Voucher {
    let text = match &review.facts.sbom {
        Some(sbom) if sbom.is_about_it => t.say("vouch-sbom"),
        Some(_) => t.say("vouch-sbom-other"),
        None if new.pulled.is_some() => t.say("vouch-sbom-none"),
        None => t.say("vouch-files"),
    };
    voucher(t.say("fact-sbom"), false, text)
}

/// The result for guides, if there are some or should be.
fn guides(t: Texts, review: &Review, new: &NewPlugin) -> Option<Voucher> {
    let (pinned, found) = (review.pins.guides(), new.texts.guides.len());
    if pinned == 0 && found == 0 {
        return None;
    }
    let is_signed = review.facts.signer.is_some();
    let (is_verified, text) = if review.pins.covered(&new.texts) < found {
        (false, t.say("vouch-guides-open"))
    } else if found < pinned {
        (false, t.say("vouch-guides-missing"))
    } else if is_signed {
        (true, t.say("vouch-guides"))
    } else {
        (false, t.say("vouch-guides-unsigned"))
    };
    Some(voucher(t.say("guide"), is_verified, text))
}
