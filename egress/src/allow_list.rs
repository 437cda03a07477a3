//! Allow list: the origins that a plugin may reach.

use crate::origin::Origin;

/// The origins that a plugin may reach. Empty, the default, denies all.
///
/// ```
/// use auth_connector_egress::{Egress, Origin};
///
/// let egress: Egress = [Origin::parse("https://sms.example.com")?].into_iter().collect();
/// assert!(egress.allows(&Origin::parse("https://SMS.example.com:443/")?));
/// assert!(!egress.allows(&Origin::parse("http://sms.example.com")?), "another scheme");
/// assert!(!egress.allows(&Origin::parse("https://sms.example.com:8443")?), "another port");
/// assert!(!egress.allows(&Origin::parse("https://a.sms.example.com")?), "a name below it");
/// assert!(!Egress::default().allows(&Origin::parse("https://sms.example.com")?), "nothing was granted");
/// # Ok::<(), auth_connector_egress::OriginError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Egress(Vec<Origin>);

impl Egress {
    /// Returns true if the list contains exactly this origin.
    pub fn allows(&self, origin: &Origin) -> bool {
        self.0.contains(origin)
    }

    /// Adds an origin.
    pub fn allow(&mut self, origin: Origin) {
        if !self.0.contains(&origin) {
            self.0.push(origin);
        }
    }

    /// The list, in the order in which it was granted.
    pub fn origins(&self) -> &[Origin] {
        &self.0
    }
}

impl FromIterator<Origin> for Egress {
    fn from_iter<I: IntoIterator<Item = Origin>>(origins: I) -> Self {
        let mut egress = Self::default();
        origins.into_iter().for_each(|origin| egress.allow(origin));
        egress
    }
}
