//! Where requests may go (S12.4, R8.30, R8.31, F48).

use std::net::{IpAddr, Ipv4Addr};

use chatflow::{Address, AddressError, AddressRules, is_public_address};

/// Where a cloud tells its machines about themselves, at an address that looks public. The other
/// clouds use link-local and private ones.
const METADATA: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));

/// Where the service's own requests may go. The default is the public internet, by `https`, at the
/// usual ports.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EgressRules {
    /// Schemes and hosts.
    pub addresses: AddressRules,
    /// Ports beside 443 and 80.
    pub ports: Vec<u16>,
    /// Certificates of authorities beside the public ones, as PEM: for hosts of one's own.
    pub authorities: Vec<u8>,
    /// For development: this machine may be reached as well, by `http` and at any port.
    pub loopback: bool,
}

impl EgressRules {
    /// The public internet, and this machine.
    pub fn development() -> Self {
        Self { loopback: true, ..Self::default() }
    }

    /// What flows are compiled and run with: no narrower than what is checked when they send.
    pub fn for_flows(&self) -> AddressRules {
        if self.loopback { self.with_private() } else { self.addresses.clone() }
    }

    /// Takes a URL apart and says whether a request may go there, as far as its text tells.
    pub(crate) fn check(&self, url: &str) -> Result<Address, AddressError> {
        let address = match self.addresses.check(url) {
            Ok(address) => address,
            Err(refused) if self.loopback => {
                let address = self.with_private().check(url)?;
                return if is_loopback(&address.host) { Ok(address) } else { Err(refused) };
            }
            Err(refused) => return Err(refused),
        };
        let usual = [443, 80].contains(&address.port) || self.ports.contains(&address.port);
        if usual || (self.loopback && is_loopback(&address.host)) {
            Ok(address)
        } else {
            Err(AddressError::Forbidden("the port is not one that may be reached"))
        }
    }

    /// Whether a connection may be made to an address that `host` was looked up to, or is.
    pub(crate) fn allows(&self, host: &str, ip: IpAddr) -> bool {
        let is_public = is_public_address(ip) && ip.to_canonical() != METADATA;
        is_public
            || self.addresses.allow_private
            || self.addresses.allowed_hosts.iter().any(|listed| listed == host)
            || (self.loopback && is_loopback(host) && ip.is_loopback())
    }

    fn with_private(&self) -> AddressRules {
        AddressRules { allow_http: true, allow_private: true, ..self.addresses.clone() }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
