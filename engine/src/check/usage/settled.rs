//! Forward analysis: what can have been set when a point is reached.

use super::network::{Network, Point};
use super::touch::{Touch, prefixes};
use crate::check::graph::components::{components, is_cyclic};
use crate::table::{Table, sort};

/// How many variables are followed at a time; it bounds what is kept for each point.
const AT_A_TIME: usize = 4096;

/// A set of the variables that are followed.
type Bits = Vec<u64>;

/// Tells the uses and requirements that are reached although on no way there they can have been
/// set, in the order of the points.
pub(super) fn unset<'n>(network: &'n Network, mut tell: impl FnMut(&'n Touch)) {
    let edges: Vec<Vec<usize>> = network.points.iter().map(|point| point.out.clone()).collect();
    let order = components(&edges);
    let reached = reached(&edges);
    // One number for all uses of the same variable.
    let mut numbers: Table<&[String], usize> = Table::new();
    for touch in network.points.iter().flat_map(|point| &point.touches) {
        if let Some(keys) = checked_keys(touch) {
            let next = numbers.len();
            numbers.or_insert_with(keys, || next);
        }
    }
    let mut unset: Vec<(usize, usize)> = Vec::new();
    let count = numbers.len();
    for first in (0..count).step_by(AT_A_TIME) {
        let mut index: Table<&str, Vec<usize>> = Table::new();
        for (keys, number) in numbers.iter() {
            let Some(bit) = number.checked_sub(first).filter(|bit| *bit < AT_A_TIME) else {
                continue;
            };
            for key in *keys {
                index.or_default(key).push(bit);
            }
        }
        let words = count.saturating_sub(first).min(AT_A_TIME).div_ceil(64);
        let pass = Pass { numbers: &numbers, first, words, masks: masks(network, &index, words) };
        pass.run(network, (&edges, &order), &reached, &mut unset);
    }
    sort(&mut unset);
    for (point, touch) in unset {
        let touch = network.points.get(point).and_then(|point| point.touches.get(touch));
        if let Some(touch) = touch {
            tell(touch);
        }
    }
}

/// The variable that a touch needs to have been set.
fn checked_keys(touch: &Touch) -> Option<&[String]> {
    match touch {
        Touch::Read { variable, checked: true, .. } => Some(&variable.keys),
        Touch::Require { keys, .. } => Some(keys),
        Touch::Read { .. } | Touch::Given { .. } | Touch::Write { .. } | Touch::Everything => None,
    }
}

fn reached(edges: &[Vec<usize>]) -> Vec<bool> {
    let mut reached = vec![false; edges.len()];
    let mut rest = vec![0];
    while let Some(point) = rest.pop() {
        let Some(seen) = reached.get_mut(point).filter(|seen| !**seen) else { continue };
        *seen = true;
        rest.extend(edges.get(point).into_iter().flatten());
    }
    reached
}

/// What each key that is written sets.
fn masks<'n>(
    network: &'n Network,
    index: &Table<&str, Vec<usize>>,
    words: usize,
) -> Table<&'n str, Bits> {
    let mut masks: Table<&str, Bits> = Table::new();
    for touch in network.points.iter().flat_map(|point| &point.touches) {
        let Touch::Write { keys, .. } = touch else { continue };
        for key in keys {
            if masks.contains_key(key.as_str()) {
                continue;
            }
            let mut mask = vec![0; words];
            let below = index.from(key.as_str()).take_while(|(below, _)| below.starts_with(key));
            for bit in prefixes(key)
                .filter_map(|prefix| index.get(prefix))
                .chain(below.map(|(_, bits)| bits))
                .flatten()
            {
                if let Some(word) = mask.get_mut(bit / 64) {
                    *word |= 1 << (bit % 64);
                }
            }
            let mask = if mask.iter().any(|word| *word != 0) { mask } else { Vec::new() };
            masks.insert(key, mask);
        }
    }
    masks
}

/// One pass over the graph for the variables from `first` on.
struct Pass<'n> {
    numbers: &'n Table<&'n [String], usize>,
    first: usize,
    words: usize,
    masks: Table<&'n str, Bits>,
}

impl Pass<'_> {
    fn run(
        &self,
        network: &Network,
        (edges, order): (&Vec<Vec<usize>>, &[Vec<usize>]),
        reached: &[bool],
        unset: &mut Vec<(usize, usize)>,
    ) {
        // What can have been set when a point is entered, by ways from outside its component.
        let mut entering: Vec<Option<Bits>> = vec![None; network.points.len()];
        for members in order {
            let mut set = vec![0; self.words];
            let mut is_reached = false;
            for member in members.iter().filter(|member| reached.get(**member) == Some(&true)) {
                is_reached = true;
                if let Some(before) = entering.get_mut(*member).and_then(Option::take) {
                    merge(&mut set, &before);
                }
            }
            if !is_reached {
                continue;
            }
            let points = || members.iter().filter_map(|i| Some((*i, network.points.get(*i)?)));
            let mut after = set.clone();
            for (_, point) in points() {
                self.write(point, &mut after);
            }
            // On a cycle, every member has all the others before it.
            let before = if is_cyclic(edges, members) { &after } else { &set };
            for (number, point) in points() {
                self.judge(number, point, before.clone(), unset);
                for to in &point.out {
                    // Within the component this is not looked at again.
                    match entering.get_mut(*to) {
                        Some(Some(bits)) => merge(bits, &after),
                        Some(empty) if members.binary_search(to).is_err() => {
                            *empty = Some(after.clone());
                        }
                        Some(_) | None => {}
                    }
                }
            }
        }
    }

    fn write(&self, point: &Point, set: &mut Bits) {
        point.touches.iter().for_each(|touch| self.touch(touch, set));
    }

    fn touch(&self, touch: &Touch, set: &mut Bits) {
        match touch {
            Touch::Write { keys, .. } => {
                for mask in keys.iter().filter_map(|key| self.masks.get(key.as_str())) {
                    merge(set, mask);
                }
            }
            Touch::Everything => set.fill(u64::MAX),
            Touch::Read { .. } | Touch::Given { .. } | Touch::Require { .. } => {}
        }
    }

    fn judge(&self, number: usize, point: &Point, mut set: Bits, unset: &mut Vec<(usize, usize)>) {
        for (i, touch) in point.touches.iter().enumerate() {
            let bit = checked_keys(touch)
                .and_then(|keys| self.numbers.get(keys)?.checked_sub(self.first));
            if let Some(bit) = bit
                && let Some(word) = set.get(bit / 64)
                && word & (1 << (bit % 64)) == 0
            {
                unset.push((number, i));
            }
            self.touch(touch, &mut set);
        }
    }
}

fn merge(set: &mut Bits, more: &Bits) {
    for (word, more) in set.iter_mut().zip(more) {
        *word |= more;
    }
}
