//! Listeners of the program itself. No connection that it makes for others reaches them.
//!
//! A plugin's config or an administrator's address may name loopback, and so the program's own API and console. The
//! program lists its listeners here once it has bound them.

use crate::address::canonical;
use parking_lot::RwLock;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

/// The addresses that the program listens at. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct OwnListeners(Arc<RwLock<Vec<SocketAddr>>>);

impl OwnListeners {
    /// Replaces the list.
    pub fn set(&self, listeners: Vec<SocketAddr>) {
        *self.0.write() = listeners;
    }

    /// Returns true if a connection to an address may reach one of them.
    pub fn include(&self, address: SocketAddr) -> bool {
        let dialled = canonical(address.ip());
        self.0.read().iter().any(|listener| {
            let own = canonical(listener.ip());
            listener.port() == address.port()
                && (own == dialled
                    || dialled.is_unspecified()
                    || (own.is_unspecified() && is_of_this_machine(dialled)))
        })
    }
}

/// Returns true if an address belongs to this machine. For such an address the system chooses the address itself as the
/// source. Connecting a UDP socket sends nothing.
fn is_of_this_machine(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let source = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((address, 9))?;
        socket.local_addr()
    });
    address.is_loopback() || source.is_ok_and(|source| source.ip() == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_own_listener_is_included() {
        let own = OwnListeners::default();
        for (listener, dialled, included) in [
            ("127.0.0.1:81", "127.0.0.1:81", true),
            ("127.0.0.1:81", "[::ffff:127.0.0.1]:81", true),
            ("127.0.0.1:81", "0.0.0.0:81", true),
            ("127.0.0.1:81", "[::]:81", true),
            ("127.0.0.1:81", "127.0.0.1:82", false),
            ("127.0.0.1:81", "127.0.0.2:81", false),
            ("127.0.0.1:81", "10.0.0.1:81", false),
            ("10.0.0.1:81", "10.0.0.1:81", true),
            ("[::1]:81", "[::1]:81", true),
            ("0.0.0.0:81", "127.8.8.8:81", true),
            ("0.0.0.0:81", "[::1]:81", true),
            ("[::]:81", "127.0.0.1:81", true),
            ("0.0.0.0:81", "93.184.216.34:81", false),
            ("0.0.0.0:81", "127.0.0.1:82", false),
        ] {
            own.set(vec![listener.parse().unwrap()]);
            let address = dialled.parse().unwrap();
            assert_eq!(own.include(address), included, "{listener}: {dialled}");
        }
        own.set(Vec::new());
        assert!(!own.include("127.0.0.1:81".parse().unwrap()));
    }
}
