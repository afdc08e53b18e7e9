//! The cookies of a conversation (S4.4).

use axum::http::{HeaderMap, HeaderValue, header};

use crate::token::Token;

/// To which sites cookies are sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SameSite {
    /// To all; such cookies need TLS.
    None,
    /// To this one, and when somebody follows a link to it.
    Lax,
    /// To this one.
    Strict,
}

/// How the cookies of conversations are sent (S4.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cookies {
    /// Whether there are any; clients that send headers need none.
    pub sent: bool,
    /// To which sites; by default to all, and while developing to this one.
    pub same_site: Option<SameSite>,
    /// Whether each site that embeds the service has cookies of its own.
    pub partitioned: bool,
}

impl Default for Cookies {
    fn default() -> Self {
        Self { sent: true, same_site: None, partitioned: false }
    }
}

impl SameSite {
    const fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Lax => "Lax",
            Self::Strict => "Strict",
        }
    }
}

/// Sets both: scripts read the CSRF token, and nobody but the service the other.
pub(crate) fn set(
    headers: &mut HeaderMap,
    (token, csrf): (&Token, &Token),
    cookies: Cookies,
    development: bool,
) {
    if !cookies.sent {
        return;
    }
    let rest = attributes(cookies, development);
    let texts = [
        format!("csrf_token={}; Path=/; Max-Age=86400; {rest}", csrf.as_str()),
        format!("chat_session={}; Path=/; Max-Age=28800; HttpOnly; {rest}", token.as_str()),
    ];
    for cookie in texts.iter().filter_map(|text| HeaderValue::from_str(text).ok()) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// While developing, cookies work over plain HTTP, unless they are of a kind that browsers take with
/// `Secure` only.
fn attributes(cookies: Cookies, development: bool) -> String {
    let usual = if development { SameSite::Lax } else { SameSite::None };
    let same_site = cookies.same_site.unwrap_or(usual);
    let needs_tls = same_site == SameSite::None || cookies.partitioned;
    let secure = if needs_tls || !development { "Secure; " } else { "" };
    let partitioned = if cookies.partitioned { "; Partitioned" } else { "" };
    format!("{secure}SameSite={}{partitioned}", same_site.as_str())
}

#[cfg(test)]
mod tests {
    use super::SameSite::{Lax, None as All, Strict};
    use super::*;

    #[test]
    fn attributes_go_together_as_browsers_want_them() {
        // S4.4, appendix D 9
        for (same_site, partitioned, in_production, in_development) in [
            (None, false, "Secure; SameSite=None", "SameSite=Lax"),
            (Some(All), false, "Secure; SameSite=None", "Secure; SameSite=None"),
            (Some(Lax), false, "Secure; SameSite=Lax", "SameSite=Lax"),
            (Some(Strict), false, "Secure; SameSite=Strict", "SameSite=Strict"),
            (None, true, "Secure; SameSite=None; Partitioned", "Secure; SameSite=Lax; Partitioned"),
            (
                Some(Strict),
                true,
                "Secure; SameSite=Strict; Partitioned",
                "Secure; SameSite=Strict; Partitioned",
            ),
        ] {
            let cookies = Cookies { same_site, partitioned, ..Cookies::default() };
            assert_eq!(attributes(cookies, false), in_production, "{cookies:?}");
            assert_eq!(attributes(cookies, true), in_development, "{cookies:?}");
        }
    }
}
