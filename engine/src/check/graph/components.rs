//! Strongly connected components: the sets of nodes that lie on common cycles.

use std::collections::VecDeque;
use std::mem;
use std::slice;

use crate::table::{Table, sort};

/// For each vertex the targets of its edges.
pub(in crate::check) type Edges = Vec<Vec<usize>>;

/// The components that hold a cycle, each in ascending order, ordered by their first vertex.
pub(super) fn cyclic_components(edges: &Edges) -> Vec<Vec<usize>> {
    let mut cyclic = components(edges);
    cyclic.retain(|members| is_cyclic(edges, members));
    sort(&mut cyclic);
    cyclic
}

/// Whether a component holds a cycle: it has several members, or its only one leads to itself.
pub(in crate::check) fn is_cyclic(edges: &Edges, members: &[usize]) -> bool {
    match members {
        [single] => targets(edges, *single).any(|to| to == single),
        _ => true,
    }
}

/// The shortest cycle through the first of `members`, a cyclic component, starting there.
pub(super) fn cycle_in(edges: &Edges, members: &[usize]) -> Vec<usize> {
    let Some(&start) = members.first() else { return Vec::new() };
    let mut came_from = Table::new();
    let mut queue = VecDeque::from([start]);
    while let Some(vertex) = queue.pop_front() {
        for &to in targets(edges, vertex) {
            if to == start {
                let mut path = vec![vertex];
                let mut last = vertex;
                while let Some(&previous) = came_from.get(&last).filter(|_| last != start) {
                    path.push(previous);
                    last = previous;
                }
                path.reverse();
                return path;
            }
            if members.binary_search(&to).is_ok() && !came_from.contains_key(&to) {
                came_from.insert(to, vertex);
                queue.push_back(to);
            }
        }
    }
    Vec::new()
}

/// The components, each in ascending order, so that edges lead only to later ones: by Kosaraju's
/// algorithm without recursion.
pub(in crate::check) fn components(edges: &Edges) -> Vec<Vec<usize>> {
    let mut reversed: Edges = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for &to in targets {
            if let Some(sources) = reversed.get_mut(to) {
                sources.push(from);
            }
        }
    }
    let mut order = Vec::with_capacity(edges.len());
    let mut seen = vec![false; edges.len()];
    for root in 0..edges.len() {
        visit(edges, root, &mut seen, &mut order);
    }

    let mut seen = vec![false; edges.len()];
    let mut components = Vec::new();
    for root in order.into_iter().rev() {
        let mut members = Vec::new();
        visit(&reversed, root, &mut seen, &mut members);
        if !members.is_empty() {
            sort(&mut members);
            components.push(members);
        }
    }
    components
}

/// Walks depth-first from `root` and appends each vertex to `order` when it is left.
fn visit(edges: &Edges, root: usize, seen: &mut [bool], order: &mut Vec<usize>) {
    let mut enter =
        |vertex: usize| seen.get_mut(vertex).is_some_and(|seen| !mem::replace(seen, true));
    if !enter(root) {
        return;
    }
    let mut stack = vec![(root, targets(edges, root))];
    while let Some((vertex, rest)) = stack.last_mut() {
        match rest.next() {
            Some(&to) if enter(to) => stack.push((to, targets(edges, to))),
            Some(_) => {}
            None => {
                order.push(*vertex);
                stack.pop();
            }
        }
    }
}

fn targets(edges: &Edges, vertex: usize) -> slice::Iter<'_, usize> {
    edges.get(vertex).map(|targets| targets.iter()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{Edges, components, cycle_in, cyclic_components};

    #[test]
    fn cycles_are_found_in_order() {
        let edges = vec![vec![1], vec![2, 4], vec![0], vec![3], vec![5], vec![]];
        assert_eq!(cyclic_components(&edges), [vec![0, 1, 2], vec![3]]);
        assert_eq!(cycle_in(&edges, &[0, 1, 2]), [0, 1, 2]);
        assert_eq!(cycle_in(&edges, &[3]), [3]);
    }

    fn graph() -> impl Strategy<Value = Edges> {
        (1..9_usize).prop_flat_map(|count| vec(vec(0..count, 0..4), count))
    }

    /// Reachability by one or more edges, the slow way.
    fn reaches(edges: &Edges, from: usize, to: usize) -> bool {
        let mut reached = vec![false; edges.len()];
        let mut rest = edges[from].clone();
        while let Some(next) = rest.pop() {
            if !reached[next] {
                reached[next] = true;
                rest.extend(&edges[next]);
            }
        }
        reached[to]
    }

    proptest! {
        #[test]
        fn components_agree_with_mutual_reachability(edges in graph()) {
            let found = cyclic_components(&edges);
            for a in 0..edges.len() {
                for b in 0..edges.len() {
                    let together = found.iter().any(|c| c.contains(&a) && c.contains(&b));
                    prop_assert_eq!(together, reaches(&edges, a, b) && reaches(&edges, b, a));
                }
            }
            let order = components(&edges);
            let place = |v: usize| order.iter().position(|members| members.contains(&v)).unwrap();
            for (from, targets) in edges.iter().enumerate() {
                for to in targets {
                    prop_assert!(place(from) <= place(*to));
                }
            }
            for members in &found {
                let cycle = cycle_in(&edges, members);
                prop_assert_eq!(cycle[0], members[0]);
                for (from, to) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
                    prop_assert!(edges[*from].contains(to));
                }
            }
        }
    }
}
