//! Which handler a relative endpoint belongs to (R7.41).

use std::collections::BTreeMap;

/// An endpoint that a host registers a handler for; `:name` stands for one segment.
///
/// ```
/// use chatflow::EndpointPattern;
///
/// let pattern = EndpointPattern::new("/v1/books/:id/");
/// let found = pattern.matches("/v1/books/dune%201").ok_or("no match")?;
/// assert_eq!(found["id"], "dune 1");
/// assert!(pattern.matches("/v1/books").is_none());
/// assert!(pattern.matches("/v1/books/dune/pages").is_none());
/// # Ok::<(), &'static str>(())
/// ```
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct EndpointPattern(String);

impl EndpointPattern {
    /// A pattern such as `/v1/books/:id`; a `/` at its end does not count.
    pub fn new(pattern: &str) -> Self {
        Self(plain(pattern).to_owned())
    }

    /// Whether no segment stands for others; such patterns go before those that have parameters.
    pub fn is_plain(&self) -> bool {
        !self.0.contains("/:")
    }

    /// The parameters, decoded, if the endpoint fits. A query is not part of the endpoint.
    pub fn matches(&self, endpoint: &str) -> Option<BTreeMap<String, String>> {
        let endpoint = endpoint.split_once('?').map_or(endpoint, |(path, _)| path);
        let mut found = BTreeMap::new();
        let (mut wanted, mut given) = (self.0.split('/'), plain(endpoint).split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some(found),
                (Some(want), Some(have)) => match want.strip_prefix(':') {
                    Some(name) if !have.is_empty() => {
                        found.insert(name.to_owned(), percent_decode(have));
                    }
                    None if want == have => {}
                    Some(_) | None => return None,
                },
                _ => return None,
            }
        }
    }
}

fn plain(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

/// What is not UTF-8 after decoding stays as it is.
pub(crate) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let (decoded, after) = super::redact::percent(rest).unwrap_or((*byte, after));
        bytes.push(decoded);
        rest = after;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::EndpointPattern;

    #[test]
    fn segments_are_compared_one_by_one() {
        // R7.41.
        for (pattern, endpoint, want) in [
            ("/v1/x", "/v1/x", Some("")),
            ("/v1/x/", "/v1/x", Some("")),
            ("/v1/x", "/v1/x/", Some("")),
            ("/v1/x", "/v1/x//", None),
            ("/v1/x", "/v1/X", None),
            ("/v1/x", "/v1/x?q=1", Some("")),
            ("/", "/", Some("")),
            ("/:a/:b", "/1/2", Some("a=1 b=2")),
            ("/:a/x", "/1/y", None),
            ("/:a", "/", None),
            ("/u/:name", "/u/a%2Fb%20%C3%A9", Some("name=a/b é")),
            ("/u/:name", "/u/%FF%zz", Some("name=%FF%zz")),
            ("/u/x:y", "/u/x:y", Some("")),
        ] {
            let found = EndpointPattern::new(pattern).matches(endpoint).map(|found| {
                let pairs: Vec<_> =
                    found.iter().map(|(key, value)| format!("{key}={value}")).collect();
                pairs.join(" ")
            });
            assert_eq!(found.as_deref(), want, "{pattern} {endpoint}");
        }
        assert!(EndpointPattern::new("/a/x:y").is_plain());
        assert!(!EndpointPattern::new("/a/:y").is_plain());
    }
}
