//! Addresses that a name may resolve to.
//!
//! A name under an attacker's control can point anywhere, so an allowed name is not enough. Only addresses that
//! are reachable on the public internet may be dialled:
//!
//! | refused | why |
//! |---|---|
//! | 127.0.0.0/8, ::1 | this machine, unless the origin itself is `localhost` or a loopback address |
//! | 10/8, 172.16/12, 192.168/16, fc00::/7, fec0::/10 | private networks; Amazon's metadata service is fd00:ec2::254 |
//! | 169.254/16, fe80::/10 | link-local; the metadata service of most clouds |
//! | 100.64/10 | shared address space; Alibaba Cloud's metadata service is 100.100.100.200 |
//! | 0/8, ::, 192.0.0/24, 192.0.2/24, 198.18/15, 198.51.100/24, 203.0.113/24, 2001:db8::/32, 100::/64 | reserved, benchmarking, documentation |
//! | 224/4, 240/4, ff00::/8 | multicast, reserved, broadcast |
//! | ::ffff:0:0/96, ::/96, 64:ff9b::/96, 64:ff9b:1::/48, 2002::/16, 2001::/32 | IPv4 inside IPv6: checked as that IPv4 address, or refused where it cannot be |
//!
//! Networks can be permitted one by one (the `permitted` of [`may_dial`]), for providers that are
//! reached inside a private network.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns true if an address may be dialled for an origin.
///
/// `loopback` is true if the granted origin spells out this machine; `permitted` are the operator's exceptions.
pub fn may_dial(address: IpAddr, loopback: bool, permitted: &[IpNet]) -> bool {
    let address = canonical(address);
    if permitted.iter().any(|net| net.contains(&address)) {
        return true;
    }
    match address {
        _ if address.is_loopback() => loopback,
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// The IPv4 address that an IPv6 address embeds, if it does.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    if v6.is_loopback() || v6.is_unspecified() {
        return address;
    }
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let low = Ipv4Addr::from((u32::from(g) << 16) | u32::from(h));
    let embedded = match [a, b, c, d, e, f] {
        // Mapped (RFC 4291), compatible (deprecated), NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0xffff | 0] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(low),
        // 6to4 (RFC 3056) carries it in the second and third groups.
        [0x2002, hi, lo, ..] => Some(Ipv4Addr::from((u32::from(hi) << 16) | u32::from(lo))),
        _ => None,
    };
    embedded.map_or(address, IpAddr::V4)
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 224)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Global unicast is 2000::/3 and nothing else (IANA); within it, what is set aside for other ends.
    (a & 0xe000) == 0x2000
        && !(a == 0x2001 && b < 0x0200)
        && !(a == 0x2001 && b == 0x0db8)
        && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Address; may it be dialled for a public origin; and for one that spells out this machine.
    const TABLE: &[(&str, bool, bool)] = &[
        ("119.28.1.1", true, true),
        ("1.1.1.1", true, true),
        ("100.63.255.255", true, true),
        ("100.64.0.0", false, false),
        ("100.100.100.200", false, false),
        ("100.127.255.255", false, false),
        ("100.128.0.0", true, true),
        ("127.0.0.1", false, true),
        ("127.255.255.255", false, true),
        ("0.0.0.0", false, false),
        ("10.0.0.1", false, false),
        ("172.15.255.255", true, true),
        ("172.16.0.1", false, false),
        ("172.31.255.255", false, false),
        ("172.32.0.0", true, true),
        ("192.168.1.1", false, false),
        ("169.254.169.254", false, false),
        ("169.254.0.23", false, false),
        ("192.0.0.192", false, false),
        ("192.0.2.1", false, false),
        ("198.18.0.1", false, false),
        ("198.20.0.1", true, true),
        ("224.0.0.1", false, false),
        ("240.0.0.1", false, false),
        ("255.255.255.255", false, false),
        ("::", false, false),
        ("::1", false, true),
        ("::ffff:127.0.0.1", false, true),
        ("::ffff:10.0.0.1", false, false),
        ("::ffff:1.1.1.1", true, true),
        ("::7f00:1", false, true),
        ("64:ff9b::169.254.169.254", false, false),
        ("64:ff9b::1.1.1.1", true, true),
        ("64:ff9b:1::1", false, false),
        ("2002:7f00:1::", false, true),
        ("2002:a9fe:a9fe::", false, false),
        ("2001:0:53aa:64c::1", false, false),
        ("2001:db8::1", false, false),
        ("2402:4e00::1", true, true),
        ("fc00::1", false, false),
        ("fd00:ec2::254", false, false),
        ("fe80::1", false, false),
        ("fec0::1", false, false),
        ("ff02::1", false, false),
        ("100::1", false, false),
        ("3fff::1", false, false),
    ];

    #[test]
    fn only_public_addresses_may_be_dialled() {
        for &(text, public, machine) in TABLE {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(may_dial(address, false, &[]), public, "{text}");
            assert_eq!(
                may_dial(address, true, &[]),
                machine,
                "{text} for a loopback origin"
            );
        }
    }

    #[test]
    fn permitted_network_opens_only_itself() {
        let permitted = [
            "169.254.0.0/24".parse().unwrap(),
            "fd12::/16".parse().unwrap(),
        ];
        for (text, may) in [
            ("169.254.0.23", true),
            ("::ffff:169.254.0.23", true),
            ("169.254.169.254", false),
            ("10.0.0.1", false),
            ("fd12::1", true),
            ("fd13::1", false),
        ] {
            assert_eq!(
                may_dial(text.parse().unwrap(), false, &permitted),
                may,
                "{text}"
            );
        }
    }
}
