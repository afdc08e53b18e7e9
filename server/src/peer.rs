//! Who is at the other end: one answer for the limits and for the audit log (S4.40, S1.68).

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};

/// The address of whoever calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl Peer {
    /// Who calls, by a connection and what trusted proxies say of it; none without a connection.
    pub(crate) fn of(
        extensions: &Extensions,
        headers: &HeaderMap,
        trusted: &[IpAddr],
    ) -> Option<Self> {
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(Self(client(peer.ip(), headers, trusted)))
    }
}

/// The peer, or whom the farthest of the trusted proxies has seen.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    // A socket for both families writes IPv4 addresses in a longer form.
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|one| one.to_canonical() == address);
    let mut nearest = peer;
    if !is_trusted(peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    for line in lines {
        let Ok(line) = line.to_str() else { return nearest };
        for hop in line.rsplit(',') {
            // What stands before something that is no address was said by nobody who is trusted.
            let Some(hop) = address(hop.trim()) else { return nearest };
            nearest = hop;
            if !is_trusted(hop) {
                return hop;
            }
        }
    }
    nearest
}

/// An address, which some proxies write with its port.
fn address(hop: &str) -> Option<IpAddr> {
    let alone = || hop.parse().ok();
    let with_port = || hop.parse().ok().map(|socket: SocketAddr| socket.ip());
    alone().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        // S4.40
        let trusted: [IpAddr; 2] = ["10.0.0.1", "2001:db8::1"].map(|text| text.parse().unwrap());
        let of = |peer: &str, lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", HeaderValue::from_static(line));
            }
            client(peer.parse().unwrap(), &headers, &trusted).to_string()
        };
        let said = "192.0.2.9, 192.0.2.7, 10.0.0.1";
        assert_eq!(of("10.0.0.1", &[said]), "192.0.2.7");
        assert_eq!(of("::ffff:10.0.0.1", &[said]), "192.0.2.7");
        assert_eq!(of("2001:db8::1", &["192.0.2.9", "192.0.2.7:4711"]), "192.0.2.7");
        assert_eq!(of("10.0.0.1", &["[2001:db8::7]:80"]), "2001:db8::7");
        assert_eq!(of("192.0.2.8", &[said]), "192.0.2.8", "anybody can write the header");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["192.0.2.9, unknown"]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["192.0.2.9, x, 2001:db8::1"]), "2001:db8::1");
        assert_eq!(of("10.0.0.1", &["10.0.0.1"]), "10.0.0.1");
    }
}
