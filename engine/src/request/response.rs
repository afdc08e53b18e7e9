//! HTTP responses as outcomes (R7.45, R8.17).

use serde_json::{Map, Value, json};

use super::{RESPONSE_BYTES, header};
use crate::protocol::Outcome;

/// How many characters of a response that is no JSON are kept.
const TEXT_CHARS: usize = 1000;

/// Response headers that nothing may keep (R8.34).
const WITHHELD: [&str; 6] =
    ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key", "x-auth-token"];

/// The outcome of a request that was answered: `{"status", "headers", "body"}`, the header names in
/// lower case, without those that hold credentials.
///
/// The body is JSON if it says so or can be read as JSON, else `{"status", "text"}` with the first
/// 1,000 characters. One of more than 1 MiB is a failure, `response_too_large`.
///
/// ```
/// use chatflow::{Outcome, read_response};
///
/// let headers = [("Content-Type".to_owned(), "text/html".to_owned())];
/// let Outcome::Done { value } = read_response(502, &headers, b"<h1>down</h1>") else { panic!() };
/// assert_eq!(value["headers"]["content-type"], "text/html");
/// assert_eq!(value["body"], serde_json::json!({"status": 502, "text": "<h1>down</h1>"}));
/// ```
pub fn read_response(status: u16, headers: &[(String, String)], body: &[u8]) -> Outcome {
    if u64::try_from(body.len()).unwrap_or(u64::MAX) > RESPONSE_BYTES {
        return Outcome::failed("response_too_large", "the response is larger than 1 MiB");
    }
    let headers: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), Value::from(value.as_str())))
        .filter(|(name, _)| !is_withheld(name))
        .collect();
    let body = serde_json::from_slice(body).unwrap_or_else(|_| {
        let text: String = String::from_utf8_lossy(body).chars().take(TEXT_CHARS).collect();
        json!({"status": status, "text": text})
    });
    Outcome::Done { value: json!({"status": status, "headers": headers, "body": body}) }
}

/// A response header that flows may read, by its name in lower case (R8.21).
pub(crate) fn public_header<'a>(headers: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    header(headers, name).filter(|_| !is_withheld(name))
}

fn is_withheld(name: &str) -> bool {
    WITHHELD.contains(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::read_response;
    use crate::protocol::Outcome;

    fn body(text: &str) -> Value {
        let Outcome::Done { value } = read_response(200, &[], text.as_bytes()) else { panic!() };
        value["body"].clone()
    }

    #[test]
    fn what_is_no_json_is_a_text() {
        // R7.45.
        assert_eq!(body(r#"{"a": [1]}"#), json!({"a": [1]}));
        assert_eq!(body(" 7 "), json!(7));
        assert_eq!(body(""), json!({"status": 200, "text": ""}));
        assert_eq!(body("{oops"), json!({"status": 200, "text": "{oops"}));
        assert_eq!(body(&"é".repeat(2000)), json!({"status": 200, "text": "é".repeat(1000)}));
    }

    #[test]
    fn credentials_and_floods_are_left_out() {
        // R8.17, R8.34.
        let headers = [("Set-Cookie", "a=1"), ("X-Api-Key", "k"), ("X-Id", "7")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let Outcome::Done { value } = read_response(200, &headers, b"1") else { panic!() };
        assert_eq!(value["headers"], json!({"x-id": "7"}));
        let flood = vec![b' '; 1024 * 1024 + 1];
        let Outcome::Failed(failure) = read_response(200, &[], &flood) else { panic!() };
        assert_eq!(failure.code, "response_too_large");
        assert!(matches!(read_response(200, &[], &flood[1..]), Outcome::Done { .. }));
    }
}
