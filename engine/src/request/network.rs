//! Which IP addresses and host names are public (R8.31).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that nobody may reach, as address and length of the prefix.
///
/// Source: the IANA special-purpose address registry, as listed in R8.31.
const V4: [(u32, u32); 15] = [
    (0x0000_0000, 8),
    (0x0a00_0000, 8),
    (0x6440_0000, 10),
    (0x7f00_0000, 8),
    (0xa9fe_0000, 16),
    (0xac10_0000, 12),
    (0xc000_0000, 24),
    (0xc000_0200, 24),
    (0xc058_6300, 24),
    (0xc0a8_0000, 16),
    (0xc612_0000, 15),
    (0xc633_6400, 24),
    (0xcb00_7100, 24),
    (0xe000_0000, 4),
    (0xf000_0000, 4),
];

/// Domains that are not part of the public name space.
const PRIVATE: [&str; 5] = [".localhost", ".local", ".internal", ".lan", ".home.arpa"];

/// Whether a connector may connect to an address that a host name resolved to.
///
/// IPv6 forms that hold an IPv4 address (mapped, compatible, NAT64, 6to4) are judged by it.
///
/// ```
/// let public = |ip: &str| ip.parse().is_ok_and(chatflow::is_public_address);
/// assert!(public("8.8.8.8") && public("2606:4700::1111"));
/// assert!(!public("169.254.169.254") && !public("::ffff:127.0.0.1"));
/// ```
pub fn is_public_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => is_public_v4(ip.to_bits()),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: u32) -> bool {
    let inside = |(net, length): &(u32, u32)| (ip ^ net).leading_zeros() >= *length;
    !V4.iter().any(inside)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, middle @ .., g, h] = ip.segments();
    let last = u32::from(g) << 16 | u32::from(h);
    match (a, b) {
        // Unspecified, loopback, compatible and mapped.
        (0, 0) if matches!(middle, [0, 0, 0, 0 | 0xffff]) => is_public_v4(last),
        (0x64, 0xff9b) if middle == [0; 4] => is_public_v4(last),
        (0x2002, _) => {
            let [third, ..] = middle;
            is_public_v4(u32::from(b) << 16 | u32::from(third))
        }
        (0x2001, 0xdb8) => false,
        (0x100, 0) => !matches!(middle, [0, 0, ..]),
        // Unique local, link local, site local, multicast.
        _ => a & 0xfe00 != 0xfc00 && a & 0xff80 != 0xfe80 && a & 0xff00 != 0xff00,
    }
}

/// Whether a host name, in lower case, is one of a private network.
pub(super) fn is_forbidden_name(host: &str) -> bool {
    !host.contains('.')
        || host == "home.arpa"
        || PRIVATE.iter().any(|domain| host.ends_with(domain))
}

/// What a host name is as an IPv4 address.
pub(super) enum Ipv4 {
    /// It is a name.
    No,
    /// It is this one.
    Address(Ipv4Addr),
    /// It ends in a number but is no address.
    Broken,
}

/// Reads a host, in lower case, as browsers do: `127.1`, `0x7f000001`, `2130706433`, `0177.0.0.1`.
///
/// Source: the IPv4 parser of the URL Standard of WHATWG.
pub(super) fn read_ipv4(host: &str) -> Ipv4 {
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !is_number {
        return Ipv4::No;
    }
    let numbers: Option<Vec<u32>> = host.split('.').map(number).collect();
    let address = numbers.and_then(|numbers| {
        let (last, first) = numbers.split_last()?;
        let mut bits = 0_u32;
        for number in first {
            bits = bits.checked_shl(8)? | u32::from(u8::try_from(*number).ok()?);
        }
        let free = 4_u32.checked_sub(u32::try_from(first.len()).ok()?)?.checked_mul(8)?;
        // The last number fills all that is left.
        if u64::from(*last).checked_shr(free)? > 0 || free == 0 {
            return None;
        }
        Some(bits.checked_shl(free).unwrap_or(0) | last)
    });
    address.map_or(Ipv4::Broken, |bits| Ipv4::Address(Ipv4Addr::from_bits(bits)))
}

fn number(part: &str) -> Option<u32> {
    if let Some(hex) = part.strip_prefix("0x") {
        return if hex.is_empty() { Some(0) } else { u32::from_str_radix(hex, 16).ok() };
    }
    match part.strip_prefix('0').filter(|octal| !octal.is_empty()) {
        Some(octal) => u32::from_str_radix(octal, 8).ok(),
        None => part.parse().ok(),
    }
}
