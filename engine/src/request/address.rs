//! URLs that requests may go to (R8.30, R8.31).

use std::net::Ipv6Addr;

use super::network::{Ipv4, is_forbidden_name, is_public_address, read_ipv4};
use crate::value::display::percent_encode;

/// The longest URL, in bytes.
const URL_BYTES: usize = 4096;

/// Which URLs a host lets requests go to. The default is what R8.30 and R8.31 demand.
///
/// ```
/// use chatflow::{AddressError, AddressRules};
///
/// let rules = AddressRules::default();
/// let address = rules.check("https://API.example.org./v1/hits?q=a@b#top")?;
/// assert_eq!(address.url, "https://api.example.org/v1/hits?q=a@b");
/// assert_eq!((address.host.as_str(), address.port), ("api.example.org", 443));
///
/// let forbidden = |url: &str| matches!(rules.check(url), Err(AddressError::Forbidden(_)));
/// assert!(forbidden("https://0x7f.1/") && forbidden("https://[::ffff:10.0.0.1]/"));
/// assert!(AddressRules::development().check("http://localhost:8080/").is_ok());
/// # Ok::<(), AddressError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AddressRules {
    /// Whether `http` will do; for development.
    pub allow_http: bool,
    /// Whether hosts of R8.31 such as `localhost` may be reached; for development.
    pub allow_private: bool,
    /// If there are any, only these hosts may be reached, and they may be private. Names in lower
    /// case, addresses in their usual form.
    pub allowed_hosts: Vec<String>,
    /// Hosts that may not be reached.
    pub denied_hosts: Vec<String>,
}

/// A URL, taken apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    /// The URL to send to: without fragment, the host in its usual form, in ASCII.
    pub url: String,
    /// Whether the scheme is `https`; else it is `http`.
    pub secure: bool,
    /// The host: a name in lower case without a dot at its end, or an IP address without brackets.
    pub host: String,
    /// The port, 443 or 80 when none is written.
    pub port: u16,
}

/// Why a URL is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// It is no absolute URL that could be sent to.
    #[error("{0}")]
    Invalid(&'static str),
    /// It is one of plain `http`.
    #[error("the scheme must be https")]
    NotHttps,
    /// Its host may not be reached.
    #[error("{0}")]
    Forbidden(&'static str),
}

impl AddressError {
    /// The failure code (R8.25): `url_invalid` or `url_forbidden`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Invalid(_) | Self::NotHttps => "url_invalid",
            Self::Forbidden(_) => "url_forbidden",
        }
    }
}

impl AddressRules {
    /// Rules for a machine of a developer: `http` and private hosts will do.
    pub fn development() -> Self {
        Self { allow_http: true, allow_private: true, ..Self::default() }
    }

    /// Takes a URL apart and says whether a request may go there. Where its host is a name, the
    /// addresses that it resolves to are still to be checked by [`is_public_address`] (R8.32).
    ///
    /// # Errors
    ///
    /// An [`AddressError`] for what is wrong with it.
    pub fn check(&self, url: &str) -> Result<Address, AddressError> {
        let address = Address::parse(url)?;
        if !address.secure && !self.allow_http {
            return Err(AddressError::NotHttps);
        }
        let listed = |hosts: &[String]| hosts.contains(&address.host);
        if listed(&self.denied_hosts) {
            return Err(AddressError::Forbidden("the host is on the list of denied hosts"));
        }
        if !self.allowed_hosts.is_empty() {
            return if listed(&self.allowed_hosts) {
                Ok(address)
            } else {
                Err(AddressError::Forbidden("the host is not on the list of allowed hosts"))
            };
        }
        if self.allow_private || is_reachable(&address.host) {
            return Ok(address);
        }
        Err(AddressError::Forbidden("the host is not a public one"))
    }
}

fn is_reachable(host: &str) -> bool {
    host.parse().map_or_else(|_| !is_forbidden_name(host), is_public_address)
}

impl Address {
    fn parse(url: &str) -> Result<Self, AddressError> {
        let invalid = |why| Err(AddressError::Invalid(why));
        if url.bytes().any(|byte| byte <= b' ' || byte == 0x7f || byte == b'\\') {
            return invalid("the URL has a space, a backslash or a control character");
        }
        let url = url.split_once('#').map_or(url, |(before, _)| before);
        let Some((scheme, rest)) = url.split_once("://") else {
            return invalid("the URL is not absolute");
        };
        let secure = scheme.eq_ignore_ascii_case("https");
        if !secure && !scheme.eq_ignore_ascii_case("http") {
            return invalid("the scheme must be https");
        }
        let (authority, target) =
            rest.find(['/', '?']).and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
        // An `@` in the path or the query is no user's name.
        if authority.contains('@') {
            return invalid("the URL holds a user name");
        }
        let (host, port) = split_port(authority)?;
        let host = read_host(host)?;
        let usual = if secure { 443 } else { 80 };
        let port = match port {
            None => usual,
            Some(text) => read_port(text)?,
        };
        let mut sent = String::with_capacity(url.len());
        sent.push_str(if secure { "https://" } else { "http://" });
        let bracketed = host.contains(':');
        sent.push_str(if bracketed { "[" } else { "" });
        sent.push_str(&host);
        sent.push_str(if bracketed { "]" } else { "" });
        if port != usual {
            sent.push(':');
            sent.push_str(&port.to_string());
        }
        for c in target.chars() {
            if c.is_ascii() {
                sent.push(c);
            } else {
                percent_encode(c.encode_utf8(&mut [0; 4]), &mut sent);
            }
        }
        if sent.len() > URL_BYTES {
            return invalid("the URL is longer than 4096 characters");
        }
        Ok(Self { url: sent, secure, host, port })
    }
}

/// Host and port of an authority; the host still in its brackets.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), AddressError> {
    let end = if authority.starts_with('[') {
        authority.find(']').map(|at| at.saturating_add(1))
    } else {
        authority.find(':').or(Some(authority.len()))
    };
    let (host, rest) = end
        .and_then(|end| authority.split_at_checked(end))
        .ok_or(AddressError::Invalid("the host is not closed by `]`"))?;
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if rest.is_empty() => Ok((host, None)),
        None => Err(AddressError::Invalid("there is something between host and port")),
    }
}

fn read_port(text: &str) -> Result<u16, AddressError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = digits.then(|| text.parse().ok()).flatten().filter(|port| *port > 0);
    port.ok_or(AddressError::Invalid("the port is not 1 to 65535"))
}

/// The host in its usual form; IPv6 addresses without brackets.
fn read_host(written: &str) -> Result<String, AddressError> {
    if let Some(inside) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let ip: Option<Ipv6Addr> = inside.parse().ok();
        return ip
            .map(|ip| ip.to_string())
            .ok_or(AddressError::Invalid("the host is not an IPv6 address"));
    }
    if !written.is_ascii() {
        return Err(AddressError::Invalid("the host is not in ASCII: write it as `xn--…`"));
    }
    let host = written.strip_suffix('.').unwrap_or(written).to_ascii_lowercase();
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let label = |label: &str| !label.is_empty() && label.len() <= 63;
    if host.len() > 253 || !host.bytes().all(known) || !host.split('.').all(label) {
        return Err(AddressError::Invalid("the host is missing or not a name"));
    }
    match read_ipv4(&host) {
        Ipv4::No => Ok(host),
        Ipv4::Address(ip) => Ok(ip.to_string()),
        Ipv4::Broken => Err(AddressError::Invalid("the host is not an IPv4 address")),
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressError, AddressRules};

    fn check(url: &str) -> Result<String, &'static str> {
        AddressRules::default().check(url).map(|address| address.url).map_err(AddressError::code)
    }

    #[test]
    fn a_url_is_taken_apart_by_its_structure() {
        // R8.30.
        for (url, want) in [
            ("https://a.example", "https://a.example"),
            ("HTTPS://A.Example.:443/X", "https://a.example/X"),
            ("https://a.example:8443?x=1#frag", "https://a.example:8443?x=1"),
            ("https://a.example/@me?mail=a@b.c", "https://a.example/@me?mail=a@b.c"),
            ("https://8.8.8.8/", "https://8.8.8.8/"),
            ("https://0x8.010.2056/", "https://8.8.8.8/"),
            ("https://[2606:4700::0001]:1/é", "https://[2606:4700::1]:1/%C3%A9"),
            ("https://a_b.example/{{secret:k}}", "https://a_b.example/{{secret:k}}"),
        ] {
            assert_eq!(check(url).as_deref(), Ok(want), "{url}");
        }
        for url in [
            "",
            "a.example",
            "/v1",
            "//a.example/",
            "ftp://a.example/",
            "http://a.example/",
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "https://?x",
            "https://ana:pw@a.example/",
            "https://@a.example/",
            "https://a.example:0/",
            "https://a.example:65536/",
            "https://a.example:/",
            "https://a.example:+1/",
            "https://a..example/",
            "https://a.example\\@evil.example/",
            "https://a.exa mple/",
            "https://a.example/\n",
            "https://bücher.example/",
            "https://１２７.0.0.1/",
            "https://%6cocalhost/",
            "https://[::1",
            "https://[::1]x/",
            "https://[fe80::1%25eth0]/",
            "https://1.2.3.4.5/",
            "https://256.1.1.1/",
            "https://08.1.1.1/",
            "https://a.0x1/",
        ] {
            assert_eq!(check(url), Err("url_invalid"), "{url}");
        }
        let of_length = |length: usize| format!("{:x<length$}", "https://a.example/");
        assert_eq!(check(&of_length(4097)), Err("url_invalid"));
        assert!(check(&of_length(4096)).is_ok());
    }

    #[test]
    fn hosts_that_are_not_public_are_refused_however_they_are_written() {
        // R8.31: names, and literals as browsers read them.
        for host in [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "printer.local",
            "metadata.google.internal",
            "nas.lan",
            "x.home.arpa",
            "intranet",
            "127.0.0.1",
            "127.1",
            "0x7f000001",
            "2130706433",
            "0177.0.0.1",
            "0X7F.1",
            "0",
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "169.254.169.254",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.19.0.1",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[fc00::1]",
            "[fdff::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[2001:db8::1]",
            "[100::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[::10.0.0.1]",
            "[64:ff9b::192.168.0.1]",
            "[2002:7f00:1::]",
        ] {
            let url = format!("https://{host}/");
            assert_eq!(check(&url), Err("url_forbidden"), "{host}");
            assert!(AddressRules::development().check(&url).is_ok(), "{host}");
        }
        for host in
            ["172.32.0.1", "11.0.0.1", "[::ffff:8.8.8.8]", "[2002:808:808::]", "a.internals"]
        {
            assert!(check(&format!("https://{host}/")).is_ok(), "{host}");
        }
    }

    #[test]
    fn a_host_may_have_lists_of_its_own() {
        // R8.31, R8.32.
        let rules = AddressRules {
            allowed_hosts: vec!["hooks.internal".to_owned(), "a.example".to_owned()],
            denied_hosts: vec!["a.example".to_owned()],
            ..AddressRules::default()
        };
        assert!(rules.check("https://Hooks.Internal/x").is_ok());
        for url in ["https://a.example/", "https://b.example/"] {
            assert_eq!(rules.check(url).map_err(AddressError::code), Err("url_forbidden"), "{url}");
        }
        let http = AddressRules { allow_http: true, ..AddressRules::default() };
        assert_eq!(http.check("http://a.example:80/").unwrap().url, "http://a.example/");
        assert_eq!(
            http.check("http://localhost/").map_err(AddressError::code),
            Err("url_forbidden")
        );
    }
}
