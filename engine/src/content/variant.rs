//! Variants of content items: which one a subject sees (R13.20 to R13.24, F29, F31).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::ContentItem;
use crate::draw::weight_below;
use crate::from_json::FromJson;
use crate::number;
use crate::table::sort_by_key;

/// The key of the item's own body among its variants.
pub(crate) const CONTROL: &str = "control";
const USUAL_WEIGHT: u64 = 100;

/// Another form of a content item.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct ContentVariant {
    /// Names it among the variants of its item.
    #[serde(rename = "variant_key")]
    pub key: String,
    /// How often it is chosen, in proportion to the other weights; 0 never.
    #[serde(default = "usual_weight")]
    pub weight: u64,
    /// Whether it takes part.
    #[serde(default = "active")]
    pub is_active: bool,
    /// Laid over the body of the item: keys replace, null removes (R13.22).
    #[serde(default, rename = "variant_data")]
    pub data: Map<String, Value>,
    /// Who may see it: `date_range`, `cel`, `state`, `school_ids`, `flow_ids`, `min_age`, `max_age`
    /// (F31). All must hold; a key that is none of these does not.
    #[serde(default)]
    pub conditions: Map<String, Value>,
}

fn usual_weight() -> u64 {
    USUAL_WEIGHT
}

fn active() -> bool {
    true
}

impl ContentVariant {
    /// The conditions that are understood (F31); any other never holds.
    pub const CONDITIONS: [&str; 7] =
        ["date_range", "cel", "state", "school_ids", "flow_ids", "min_age", "max_age"];
}

impl ContentItem {
    /// The key of the variant that `subject` sees, of those that are eligible; `None` when none is.
    pub(crate) fn choose_variant(
        &self,
        subject: &str,
        mut holds: impl FnMut(&Map<String, Value>) -> bool,
    ) -> Option<&str> {
        let fits = |variant: &&ContentVariant| {
            variant.is_active && variant.weight > 0 && holds(&variant.conditions)
        };
        let mut eligible: Vec<(&str, u64)> =
            self.variants.iter().filter(fits).map(|one| (one.key.as_str(), one.weight)).collect();
        if eligible.is_empty() {
            return None;
        }
        // A variant of that name takes the place of the body.
        if !self.variants.iter().any(|variant| variant.key == CONTROL) {
            let weight = self.info.get("control_weight").and_then(number::of);
            let weight = weight.map_or(USUAL_WEIGHT, |n| n.as_u64().unwrap_or(0));
            eligible.extend((weight > 0).then_some((CONTROL, weight)));
        }
        sort_by_key(&mut eligible, |(key, _)| (*key != CONTROL, *key));
        let hash = hash(&self.id.to_string(), subject);
        weight_below(hash, eligible.iter().map(|(_, weight)| *weight))
            .and_then(|index| eligible.get(index))
            .map(|(key, _)| *key)
    }

    /// Whether there is such a variant, the body itself included.
    pub(crate) fn has_variant(&self, key: &str) -> bool {
        let named = self.variants.iter().any(|variant| variant.key == key);
        named || (key == CONTROL && !self.variants.is_empty())
    }

    /// Lays a variant over the body.
    pub(crate) fn apply_variant(&mut self, key: &str) {
        let Some(variant) = self.variants.iter_mut().find(|variant| variant.key == key) else {
            return;
        };
        for (key, value) in std::mem::take(&mut variant.data) {
            if value.is_null() {
                self.content.remove(&key);
            } else {
                self.content.insert(key, value);
            }
        }
    }
}

/// Where a subject falls for an item, over all of `u64` (R13.20).
fn hash(content: &str, subject: &str) -> u64 {
    let mut hash = Sha256::new();
    for part in ["variant:", content, ":", subject] {
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::hash;
    use crate::content::ContentItem;
    use crate::draw::weight_below;

    /// R13.20, F29: the published vectors, by integers.
    #[test]
    fn subjects_fall_where_the_vectors_say() {
        for (subject, parts, index) in
            [("s-1", 685_435, 1), ("s-2", 565_857, 1), ("s-3", 496_466, 0)]
        {
            let hash = hash("c-1", subject);
            let million = (u128::from(hash) * 1_000_000) >> 64;
            assert!(million.abs_diff(parts) <= 1, "{subject}: {million}");
            assert_eq!(weight_below(hash, [100, 100].into_iter()), Some(index));
        }
    }

    fn item(more: Value) -> ContentItem {
        let mut item = json!({
            "id": "00000000-0000-4000-8000-000000000001", "type": "fact",
            "content": {"text": "base", "source": "s"},
        });
        let Value::Object(more) = more else { panic!("not an object") };
        item.as_object_mut().unwrap().extend(more);
        serde_json::from_value(item).unwrap()
    }

    /// R13.24: what a variant may leave out.
    #[test]
    fn variants_have_defaults() {
        let item = item(json!({"variants": [{"variant_key": "b"}]}));
        let variant = &item.variants[0];
        assert_eq!((variant.weight, variant.is_active), (100, true));
        assert!(variant.data.is_empty() && variant.conditions.is_empty());
        for weight in [json!(-1), json!(1.5), json!("9")] {
            let one = json!({"variant_key": "b", "weight": weight});
            assert!(serde_json::from_value::<super::ContentVariant>(one).is_err());
        }
    }

    fn share(item: &ContentItem, key: &str) -> usize {
        let chosen = |n: &usize| item.choose_variant(&format!("s-{n}"), |_| true) == Some(key);
        (0..1000).filter(chosen).count()
    }

    #[test]
    fn weights_are_shares_and_the_body_takes_part() {
        // R13.20, steps 1 to 4.
        let both = item(json!({"variants": [{"variant_key": "b"}]}));
        assert!((450..550).contains(&share(&both, "b")), "{}", share(&both, "b"));
        assert_eq!(share(&both, "b") + share(&both, "control"), 1000);
        let rare =
            item(json!({"info": {"control_weight": 300}, "variants": [{"variant_key": "b"}]}));
        assert!((200..300).contains(&share(&rare, "b")), "{}", share(&rare, "b"));
        let only = item(
            json!({"info": {"control_weight": 0}, "variants": [{"variant_key": "b", "weight": 1}]}),
        );
        assert_eq!(share(&only, "b"), 1000);
        let own = item(
            json!({"variants": [{"variant_key": "control", "weight": 1, "is_active": false}, {"variant_key": "a"}]}),
        );
        assert_eq!(share(&own, "a"), 1000);
        for none in [
            json!([]),
            json!([{"variant_key": "b", "weight": 0}]),
            json!([{"variant_key": "b", "is_active": false}]),
        ] {
            assert_eq!(item(json!({"variants": none})).choose_variant("s", |_| true), None);
        }
        let conditional =
            item(json!({"variants": [{"variant_key": "b", "conditions": {"cel": "x"}}]}));
        assert_eq!(conditional.choose_variant("s", Map::is_empty), None);
    }

    #[test]
    fn the_order_of_variants_does_not_matter() {
        let variants = |keys: [&str; 3]| json!(keys.map(|key| json!({"variant_key": key})));
        let one = item(json!({"variants": variants(["a", "b", "c"])}));
        let other = item(json!({"variants": variants(["c", "a", "b"])}));
        for n in 0..100 {
            let subject = format!("s-{n}");
            assert_eq!(
                one.choose_variant(&subject, |_| true),
                other.choose_variant(&subject, |_| true)
            );
        }
    }

    #[test]
    fn a_variant_replaces_and_removes_keys() {
        // R13.22.
        let mut varied = item(json!({"variants": [
            {"variant_key": "b", "variant_data": {"text": "new", "source": null, "topic": 1}}]}));
        varied.apply_variant("control");
        assert_eq!(json!(varied.content), json!({"text": "base", "source": "s"}));
        varied.apply_variant("b");
        assert_eq!(json!(varied.content), json!({"text": "new", "topic": 1}));
    }
}
