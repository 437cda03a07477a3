//! Grants: what a plugin asks for, compared with what the operator allows.
//!
//! | origin | asked | granted | what the plugin gets |
//! |---|---|---|---|
//! | [`Standing::Granted`] | yes | yes | it |
//! | [`Standing::NotGranted`] | yes | no | nothing; the plugin is refused unless [`Grants::accept_less`] |
//! | [`Standing::NotAsked`] | no | yes | nothing: the narrower of the two holds |
//! | [`Standing::Beyond`] | no | on purpose, by [`Grants::allow_beyond`] | it |
//!
//! A plugin gets each limit as the lowest of what it asks for, what is granted, and the host's own; one that it
//! does not ask for is as granted.

use crate::limit::{Caps, Limit};
use crate::manifest::Manifest;
use auth_connector_egress::{Egress, Origin, OriginError, Phrase, phrase};
use std::fmt;

/// Grants of an operator to one plugin. The default grants no origin, and the host's own limits.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// The origins that it may reach, if it asks for them.
    pub egress: Egress,
    /// Origins that it may reach although its manifest does not name them: a test double, a relay.
    pub beyond: Egress,
    /// Caps on single limits, in the unit of each; the host's own where they are lower.
    pub caps: Vec<(Limit, u64)>,
    /// The largest component that is taken, in bytes; the host's own where it is lower. None: the host's own.
    pub component_bytes: Option<u64>,
    /// True to load it with less than it asks for. Default false: it is refused.
    pub accept_less: bool,
    /// The id that its manifest must have. A key may sign several plugins, so a signature alone does not
    /// identify one. None: any.
    pub id: Option<String>,
}

impl Grants {
    /// Grants an origin, if the plugin asks for it.
    ///
    /// # Errors
    ///
    /// When the text is not an origin: see [`Origin::parse`].
    pub fn allow(mut self, origin: &str) -> Result<Self, OriginError> {
        self.egress.allow(Origin::parse(origin)?);
        Ok(self)
    }

    /// Grants an origin whether or not the plugin asks for it.
    ///
    /// # Errors
    ///
    /// When the text is not an origin: see [`Origin::parse`].
    pub fn allow_beyond(mut self, origin: &str) -> Result<Self, OriginError> {
        self.beyond.allow(Origin::parse(origin)?);
        Ok(self)
    }

    /// Sets a cap on one limit of each call.
    #[must_use]
    pub fn cap(mut self, limit: Limit, most: u64) -> Self {
        self.caps.push((limit, most));
        self
    }

    /// Takes no component of more bytes.
    #[must_use]
    pub const fn component_bytes(mut self, most: u64) -> Self {
        self.component_bytes = Some(most);
        self
    }

    /// Loads the plugin even if it asks for more.
    #[must_use]
    pub const fn accept_less(mut self) -> Self {
        self.accept_less = true;
        self
    }

    /// Takes the plugin of this id and no other.
    #[must_use]
    pub fn only(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

/// How an origin fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Asked for and granted.
    Granted,
    /// Asked for and not granted.
    NotGranted,
    /// Granted and not asked for, so not given.
    NotAsked,
    /// Not asked for, and given on purpose.
    Beyond,
}

impl Standing {
    /// A stable word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::NotGranted => "not-granted",
            Self::NotAsked => "not-asked",
            Self::Beyond => "beyond",
        }
    }
}

/// An origin that was asked for or granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginDecision {
    /// Which.
    pub origin: Origin,
    /// How it fares.
    pub standing: Standing,
}

/// A limit that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitDecision {
    /// Which.
    pub limit: Limit,
    /// The value in the manifest, in the key's unit.
    pub asked: u64,
    /// The value granted, or the host's own if that is lower.
    pub granted: u64,
}

impl LimitDecision {
    /// The value that the plugin gets.
    pub fn given(&self) -> u64 {
        self.asked.min(self.granted)
    }

    /// Returns true if the plugin gets the value that it asks for.
    pub const fn is_enough(&self) -> bool {
        self.asked <= self.granted
    }
}

/// Result of comparing a manifest with grants. `Display` is one line for each origin and limit.
///
/// # Examples
/// ```
/// # let text = r#"{"format": 1, "id": "example-sms", "version": "1.4.0", "contract": "auth:connector@0.1.0",
/// #   "component": {"file": "example.wasm", "size": 1,
/// #     "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
/// #   "origins": ["https://sms.example.com", "https://sms.example.net"]}"#;
/// use auth_connector_package::{Caps, Decision, Grants, Manifest};
///
/// let manifest = Manifest::parse(text.as_bytes())?;
/// let grants = Grants::default().allow("https://sms.example.com")?.allow("https://example.org")?;
/// let decision = Decision::of(&manifest, &grants, &Caps::default());
/// assert!(!decision.is_complete());
/// assert_eq!(decision.to_string(), "\
/// asks for https://sms.example.com: granted
/// asks for https://sms.example.net: not granted
/// does not ask for https://example.org: granted, so not given");
/// assert_eq!(decision.egress().origins().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decision {
    origins: Vec<OriginDecision>,
    limits: Vec<LimitDecision>,
    caps: Caps,
}

impl Decision {
    /// Compares what a manifest asks for with what is granted, within the host's own caps.
    pub fn of(manifest: &Manifest, grants: &Grants, own: &Caps) -> Self {
        let asked = |origin: &Origin| manifest.origins.contains(origin);
        let mut origins: Vec<_> = manifest
            .origins
            .iter()
            .map(|origin| OriginDecision {
                origin: origin.clone(),
                standing: if grants.egress.allows(origin) || grants.beyond.allows(origin) {
                    Standing::Granted
                } else {
                    Standing::NotGranted
                },
            })
            .collect();
        for (granted, standing) in [
            (&grants.beyond, Standing::Beyond),
            (&grants.egress, Standing::NotAsked),
        ] {
            for origin in granted.origins().iter().filter(|origin| !asked(origin)) {
                if !origins.iter().any(|known| known.origin == *origin) {
                    origins.push(OriginDecision {
                        origin: origin.clone(),
                        standing,
                    });
                }
            }
        }
        let mut granted = own.clone();
        for (limit, most) in &grants.caps {
            granted.lower(*limit, *most);
        }
        let mut caps = granted.clone();
        let mut limits = Vec::new();
        for (limit, asked) in &manifest.limits {
            limits.push(LimitDecision {
                limit: *limit,
                asked: *asked,
                granted: granted.of(*limit),
            });
            caps.lower(*limit, *asked);
        }
        Self {
            origins,
            limits,
            caps,
        }
    }

    /// The origins: first those that are asked for, then those that are only granted.
    pub fn origins(&self) -> &[OriginDecision] {
        &self.origins
    }

    /// The limits that are asked for.
    pub fn limits(&self) -> &[LimitDecision] {
        &self.limits
    }

    /// Returns true if everything that is asked for is granted.
    pub fn is_complete(&self) -> bool {
        self.missing().next().is_none()
    }

    /// The origins that the plugin may reach.
    pub fn egress(&self) -> Egress {
        self.origins
            .iter()
            .filter(|decision| matches!(decision.standing, Standing::Granted | Standing::Beyond))
            .map(|decision| decision.origin.clone())
            .collect()
    }

    /// The limits of each of its calls.
    pub fn caps(&self) -> &Caps {
        &self.caps
    }

    /// A line for each thing that is asked for and not granted.
    pub fn missing(&self) -> impl Iterator<Item = Phrase> {
        let origins = self
            .origins
            .iter()
            .filter(|decision| decision.standing == Standing::NotGranted)
            .map(|decision| {
                phrase!("missing-origin", of decision, origin = decision.origin.to_string())
            });
        let limits = self
            .limits
            .iter()
            .filter(|decision| !decision.is_enough())
            .map(|decision| {
                let limit = decision.limit.as_str();
                phrase!(
                    "missing-limit", of decision,
                    limit = limit, asked = decision.asked, granted = decision.granted
                )
            });
        origins.chain(limits)
    }
}

impl fmt::Display for OriginDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &self.origin;
        match self.standing {
            Standing::Granted => write!(f, "asks for {origin}: granted"),
            Standing::NotGranted => write!(f, "asks for {origin}: not granted"),
            Standing::NotAsked => {
                write!(f, "does not ask for {origin}: granted, so not given")
            }
            Standing::Beyond => write!(f, "does not ask for {origin}: given all the same"),
        }
    }
}

impl fmt::Display for LimitDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, asked, granted) = (self.limit.as_str(), self.asked, self.granted);
        if self.is_enough() {
            write!(f, "asks for {limit} {asked}: granted, of {granted}")
        } else {
            write!(
                f,
                "asks for {limit} {asked}: not granted, at most {granted}"
            )
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self
            .origins
            .iter()
            .map(ToString::to_string)
            .chain(self.limits.iter().map(ToString::to_string))
            .collect();
        f.write_str(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(origins: &[&str], limits: &[(Limit, u64)]) -> Manifest {
        let mut manifest = Manifest::parse(crate::manifest::EXAMPLE.as_bytes()).unwrap();
        manifest.origins = origins.iter().map(|o| Origin::parse(o).unwrap()).collect();
        manifest.limits = limits.to_vec();
        manifest
    }

    /// A host's own caps, another one for each limit.
    fn own() -> Caps {
        Limit::ALL
            .into_iter()
            .zip([1_000, 500, 8 << 20, 4_096, 128, 16, 256 << 10, 1 << 20])
            .collect()
    }

    fn grants(origins: &[&str]) -> Grants {
        let grants = Grants::default();
        origins.iter().fold(grants, |g, o| g.allow(o).unwrap())
    }

    #[test]
    fn plugin_reaches_origins_both_asked_and_granted() {
        let asked = ["https://a.test", "https://b.test:8443"];
        for (granted, reached) in [
            (&[][..], &[][..]),
            (&["https://a.test"], &["https://a.test"]),
            (&["https://b.test"], &[]),
            (&["http://a.test"], &[]),
            (
                &["https://c.test", "https://b.test:8443", "https://a.test"],
                &asked,
            ),
        ] {
            let decision = Decision::of(&manifest(&asked, &[]), &grants(granted), &own());
            let found: Vec<_> = decision
                .egress()
                .origins()
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(found, reached, "{granted:?}");
            assert_eq!(decision.is_complete(), reached.len() == asked.len());
        }
    }

    #[test]
    fn origin_given_beyond_manifest_is_named_as_such() {
        let grants = grants(&["https://a.test"])
            .allow_beyond("http://127.0.0.1:1")
            .unwrap()
            .allow_beyond("https://b.test")
            .unwrap();
        let asked = manifest(&["https://a.test", "https://b.test"], &[]);
        let decision = Decision::of(&asked, &grants, &own());
        assert!(decision.is_complete());
        assert_eq!(
            decision.to_string(),
            "asks for https://a.test: granted\n\
             asks for https://b.test: granted\n\
             does not ask for http://127.0.0.1:1: given all the same"
        );
        assert_eq!(decision.egress().origins().len(), 3);
    }

    #[test]
    fn cap_lowers_one_limit_and_raises_none() {
        let host = own();
        let own = host.of(Limit::Memory);
        for (cap, given) in [(own + 1, own), (own, own), (own - 1, own - 1)] {
            let grants = Grants::default().cap(Limit::Memory, cap);
            let decision = Decision::of(&manifest(&[], &[]), &grants, &host);
            assert_eq!(decision.caps().of(Limit::Memory), given);
            assert_eq!(decision.caps().of(Limit::Handles), host.of(Limit::Handles));
        }
        let asked = manifest(&[], &[(Limit::Memory, own)]);
        let grants = Grants::default().cap(Limit::Memory, own - 1);
        assert!(!Decision::of(&asked, &grants, &host).is_complete());
    }

    #[test]
    fn lowest_of_each_limit_holds_whoever_set_it() {
        let host = own();
        for limit in Limit::ALL {
            let own = host.of(limit);
            for (asked, granted, given, enough) in [
                (None, None, own, true),
                (Some(own), None, own, true),
                (Some(own - 1), None, own - 1, true),
                (Some(own + 1), None, own, false),
                (Some(own + 1), Some(own + 1), own, false),
                (Some(own), Some(own - 1), own - 1, false),
                (Some(own - 1), Some(own - 1), own - 1, true),
                (Some(1), Some(own - 1), 1, true),
                (None, Some(own - 1), own - 1, true),
                (None, Some(own + 1), own, true),
            ] {
                let asked: Vec<_> = asked.map(|value| (limit, value)).into_iter().collect();
                let mut grants = Grants::default();
                if let Some(granted) = granted {
                    grants = grants.cap(limit, granted);
                }
                let decision = Decision::of(&manifest(&[], &asked), &grants, &host);
                assert_eq!(
                    decision.caps().of(limit),
                    given,
                    "{limit:?}, asked {asked:?}, granted {granted:?}"
                );
                assert_eq!(decision.is_complete(), enough, "{decision}");
                for other in Limit::ALL.iter().filter(|other| **other != limit) {
                    let found = decision.caps().of(*other);
                    assert_eq!(found, host.of(*other), "{other:?} was changed by {limit:?}");
                }
            }
        }
    }

    #[test]
    fn each_missing_grant_has_its_own_line() {
        let asked = manifest(
            &["https://a.test", "https://b.test"],
            &[(Limit::Memory, 64 << 20)],
        );
        let decision = Decision::of(&asked, &grants(&["https://a.test"]), &own());
        assert_eq!(
            decision
                .missing()
                .map(|line| line.to_string())
                .collect::<Vec<_>>(),
            [
                "asks for https://b.test: not granted",
                "asks for memoryBytes 67108864: not granted, at most 8388608",
            ]
        );
    }
}
