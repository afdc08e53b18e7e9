//! Signatures of what is sent to subscriptions (S6.43).

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The signature headers of a body, as sent `at` that second; the newest secret comes first.
pub(super) fn signatures<'s>(
    secrets: impl Iterator<Item = &'s str>,
    at: i64,
    body: &str,
) -> Vec<(String, String)> {
    let secrets: Vec<&str> = secrets.collect();
    let Some(newest) = secrets.first() else { return Vec::new() };
    let mut second = format!("t={at}");
    for secret in &secrets {
        let _ = write!(second, ",v1={}", hex_mac(secret, &[&at.to_string(), ".", body]));
    }
    vec![
        ("X-Webhook-Signature".to_owned(), format!("sha256={}", hex_mac(newest, &[body]))),
        ("X-Webhook-Signature-V2".to_owned(), second),
    ]
}

fn hex_mac(secret: &str, parts: &[&str]) -> String {
    // Keys of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_standard() {
        // RFC 4231, test case 2.
        assert_eq!(
            hex_mac("Jefe", &["what do ya want ", "for nothing?"]),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let headers = signatures(["new", "old"].into_iter(), 7, "{}");
        assert_eq!(headers[0].1, format!("sha256={}", hex_mac("new", &["{}"])));
        let v1 = |secret| hex_mac(secret, &["7.{}"]);
        assert_eq!(headers[1].1, format!("t=7,v1={},v1={}", v1("new"), v1("old")));
        assert!(signatures(std::iter::empty(), 7, "{}").is_empty());
    }
}
