//! Names of an artifact's parts, for errors.

use auth_connector_egress::{Phrase, phrase};

pub(crate) fn artifact() -> Phrase {
    phrase!("part-artifact", "the artifact's manifest")
}

pub(crate) fn named(name: &str) -> Phrase {
    phrase!("part-named", "the manifest {name}", name = name)
}

pub(crate) fn referrer() -> Phrase {
    phrase!("part-referrer", "a referrer's manifest")
}

pub(crate) fn referrers() -> Phrase {
    phrase!("part-referrers", "the list of referrers")
}

pub(crate) fn component() -> Phrase {
    phrase!("part-component", "the component")
}

pub(crate) fn manifest() -> Phrase {
    phrase!("part-manifest", "the plugin's manifest")
}

pub(crate) fn signature() -> Phrase {
    phrase!("part-signature", "the manifest's signature")
}

pub(crate) fn provenance() -> Phrase {
    phrase!("part-provenance", "the provenance")
}

pub(crate) fn sbom() -> Phrase {
    phrase!("part-sbom", "the SBOM")
}

pub(crate) fn guides() -> Phrase {
    phrase!("part-guides", "the guides")
}

pub(crate) fn catalogue() -> Phrase {
    phrase!("part-catalogue", "the catalogue")
}

pub(crate) fn token() -> Phrase {
    phrase!("part-token", "the token")
}

pub(crate) fn request() -> Phrase {
    phrase!("part-request", "a request")
}
