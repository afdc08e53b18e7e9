//! Whether texts of a theme can be read (S8.5).

use serde_json::{Map, Value};

const PAIRS: [[&str; 2]; 4] = [
    ["userBubbleText", "userBubble"],
    ["botBubbleText", "botBubble"],
    ["text", "background"],
    ["textMuted", "background"],
];

/// What WCAG asks of texts of usual size.
const LEAST: f64 = 4.5;

/// A warning for each pair of colours with too little contrast.
pub(crate) fn warnings(config: &Map<String, Value>) -> Vec<String> {
    let luminance = |name: &str| {
        let colour = config.get("colors")?.get(name)?.as_str()?;
        of_colour(colour)
    };
    let warning = |[text, ground]: [&str; 2]| {
        let (one, other) = (luminance(text)?, luminance(ground)?);
        let ratio = (one.max(other) + 0.05) / (one.min(other) + 0.05);
        (ratio < LEAST).then(|| {
            format!(
                "colors.{text} on colors.{ground} has a contrast of {ratio:.1}:1; {LEAST}:1 can be read"
            )
        })
    };
    PAIRS.into_iter().filter_map(warning).collect()
}

/// Relative luminance by WCAG 2.1, of `#rrggbb`.
fn of_colour(colour: &str) -> Option<f64> {
    let number = u32::from_str_radix(colour.strip_prefix('#')?, 16).ok()?;
    let channel = |shift: u32| {
        let byte = number.checked_shr(shift).unwrap_or(0) & 0xff;
        let part = f64::from(byte) / 255.0;
        if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    Some(0.2126f64.mul_add(channel(16), 0.7152f64.mul_add(channel(8), 0.0722 * channel(0))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pale_texts_are_told_of() {
        let with = |text: &str, ground: &str| {
            let config = json!({"colors": {"text": text, "background": ground}});
            warnings(config.as_object().unwrap()).len()
        };
        assert_eq!(with("#000000", "#ffffff"), 0);
        // The edge case of the guideline: 4.54 and 4.48.
        assert_eq!(with("#767676", "#ffffff"), 0);
        assert_eq!(with("#777777", "#ffffff"), 1);
        assert_eq!(warnings(&Map::new()), Vec::<String>::new());
    }
}
