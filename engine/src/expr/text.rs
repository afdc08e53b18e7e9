//! How CEL writes doubles and quotes strings.

/// A double as CEL prints it.
pub(super) fn double(double: f64) -> String {
    if double.is_nan() {
        return "NaN".to_owned();
    }
    if double.is_infinite() {
        return if double > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if double != 0.0 && !(1e-5..1e21).contains(&double.abs()) {
        return exponent(&format!("{double:e}"));
    }
    double.to_string()
}

/// Rust writes `1.5e3`, CEL (after C and Go) `1.5e+03`.
pub(super) fn exponent(rust: &str) -> String {
    let Some((mantissa, exponent)) = rust.split_once('e') else { return rust.to_owned() };
    match exponent.strip_prefix('-') {
        Some(digits) => format!("{mantissa}e-{digits:0>2}"),
        None => format!("{mantissa}e+{exponent:0>2}"),
    }
}

/// A string as a literal.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        let escape = match c {
            '\x07' => 'a',
            '\x08' => 'b',
            '\x0c' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\x0b' => 'v',
            '\\' | '"' => c,
            plain => {
                out.push(plain);
                continue;
            }
        };
        out.push('\\');
        out.push(escape);
    }
    out.push('"');
    out
}
