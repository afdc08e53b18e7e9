//! Sorting by one function for all types: it sorts numbers, and then the items are moved.

use std::cmp::Ordering;

/// As `slice::sort`.
pub(crate) fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// As `slice::sort_by_key`.
pub(crate) fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// As `slice::sort_by`: items that compare equal stay in their order.
pub(crate) fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut order = order(items.len(), &|a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b).is_gt(),
        _ => false,
    });
    // Each round of places that pass their items on, one by one.
    for start in 0..items.len() {
        let mut place = start;
        while let Some(from) = order.get_mut(place) {
            let from = std::mem::replace(from, place);
            if from == start {
                break;
            }
            items.swap(place, from);
            place = from;
        }
    }
}

/// Which item belongs to each place: a merge sort from the bottom up.
fn order(count: usize, is_greater: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut width = 1;
    while width < count {
        let mut merged = Vec::with_capacity(count);
        for pair in order.chunks(width.saturating_mul(2)) {
            let (low, high) = pair.split_at(width.min(pair.len()));
            let (mut low, mut high) = (low.iter().peekable(), high.iter().peekable());
            while let Some(next) = match (low.peek(), high.peek()) {
                (Some(a), Some(b)) if is_greater(**a, **b) => high.next(),
                (Some(_), _) => low.next(),
                (None, _) => high.next(),
            } {
                merged.push(*next);
            }
        }
        order = merged;
        width = width.saturating_mul(2);
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop};
    use proptest::{prop_assert_eq, proptest};

    use super::{sort_by, sort_by_key};

    proptest! {
        #[test]
        fn items_are_sorted_as_the_standard_library_sorts(
            items in prop::collection::vec((0_u8..20, any::<u16>()), 0..70)
        ) {
            let (mut own, mut others) = (items.clone(), items);
            sort_by_key(&mut own, |item| item.0);
            others.sort_by_key(|item| item.0);
            prop_assert_eq!(&own, &others);
            sort_by(&mut own, |a, b| b.1.cmp(&a.1));
            others.sort_by_key(|item| std::cmp::Reverse(item.1));
            prop_assert_eq!(own, others);
        }
    }
}
