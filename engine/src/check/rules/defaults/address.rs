//! The host of a URL as an author writes it, without asking any name server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The part of a URL that names user and host; `None` where a reference may stand for it.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.trim().split_once("://")?;
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    rest.get(..end)
}

/// Whether a user name or password stands before the host.
pub(super) fn has_credentials(url: &str) -> bool {
    authority(url).is_some_and(|authority| authority.contains('@'))
}

/// Whether the host is the machine itself or one of a private network (R8.31).
pub(super) fn is_internal(url: &str) -> bool {
    let Some(authority) = authority(url) else { return false };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.is_empty() || host.contains(['{', '}']) {
        return false;
    }
    if let Some(inside) = host.strip_prefix('[') {
        let inside = inside.split(']').next().unwrap_or(inside);
        return inside.parse::<Ipv6Addr>().is_ok_and(|address| is_private(IpAddr::V6(address)));
    }
    let host = host.split(':').next().unwrap_or(host).trim_end_matches('.').to_ascii_lowercase();
    if let Some(address) = ipv4(&host) {
        return is_private(IpAddr::V4(address));
    }
    let below = [".localhost", ".local", ".internal", ".lan", ".home.arpa"];
    !host.contains('.') || below.iter().any(|end| host.ends_with(end))
}

/// An address in any spelling that browsers take: `127.1`, `0x7f000001`, `2130706433`, octal.
fn ipv4(host: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 {
        return None;
    }
    let mut address: u32 = 0;
    let mut shift: u32 = 32;
    for part in first {
        shift = shift.checked_sub(8)?;
        address |= u8::try_from(*part).map(u32::from).ok()?.checked_shl(shift)?;
    }
    let fits = shift == 32 || last.checked_shr(shift) == Some(0);
    fits.then(|| Ipv4Addr::from(address | last))
}

fn number(part: &str) -> Option<u32> {
    if let Some(hex) = part.strip_prefix("0x") {
        return u32::from_str_radix(if hex.is_empty() { "0" } else { hex }, 16).ok();
    }
    match part.strip_prefix('0').filter(|rest| !rest.is_empty()) {
        Some(octal) => u32::from_str_radix(octal, 8).ok(),
        None => part.parse().ok(),
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            matches!(
                (a, b, c),
                (0 | 10 | 127 | 224..=255, _, _)
                    | (100, 64..=127, _)
                    | (169, 254, _)
                    | (172, 16..=31, _)
                    | (192, 168, _)
                    | (192, 0, 0 | 2)
                    | (192, 88, 99)
                    | (198, 18 | 19, _)
                    | (198, 51, 100)
                    | (203, 0, 113)
            )
        }
        IpAddr::V6(address) => {
            if let Some(inner) = address.to_ipv4() {
                return is_private(IpAddr::V4(inner));
            }
            let [a, b, ..] = address.segments();
            address.is_loopback()
                || address.is_unspecified()
                || a & 0xfe00 == 0xfc00
                || a & 0xffc0 == 0xfe80
                || a & 0xffc0 == 0xfec0
                || a & 0xff00 == 0xff00
                || (a == 0x2001 && b == 0x0db8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{has_credentials, is_internal};

    #[test]
    fn hosts_are_judged_as_browsers_read_them() {
        // R12.44, R8.31
        for url in [
            "https://localhost/x",
            "https://LOCALHOST:8080",
            "https://printer.local/",
            "https://db.internal.",
            "https://intranet/x",
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://10.0.0.5",
            "https://user@192.168.1.1/",
            "https://[::1]/",
            "https://[fd00::1]:443/",
            "https://[::ffff:10.0.0.1]/",
        ] {
            assert!(is_internal(url), "{url}");
        }
        for url in [
            "https://example.org/local/internal",
            "https://localhost.example.org/",
            "https://8.8.8.8/",
            "https://{{temp.host}}/x",
            "https://[2606:4700::1111]/",
            "/relative",
            "",
        ] {
            assert!(!is_internal(url), "{url}");
        }
        assert!(has_credentials("https://me:secret@example.org/"));
        assert!(!has_credentials("https://example.org/@me?mail=a@b"));
    }
}
