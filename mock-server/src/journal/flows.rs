//! Flows: requests that hang together by the codes, sessions, tokens and users that they share.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Entry;

/// Requests that hang together, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) entries: Vec<Arc<Entry>>,
}

impl Flow {
    /// A link of its first request, which names it for as long as the journal has that.
    pub(crate) fn id(&self) -> &str {
        self.entries.first().and_then(|entry| entry.links.first()).map_or("", String::as_str)
    }

    /// The users whose tokens it shows.
    pub(crate) fn users(&self) -> BTreeSet<&str> {
        self.entries.iter().filter_map(|entry| entry.user.as_deref()).collect()
    }
}

/// The flows of some entries, oldest first; the one that went on last comes first. Entries without links belong
/// to none.
pub(crate) fn flows(entries: &[Arc<Entry>]) -> Vec<Flow> {
    let mut groups: Vec<usize> = (0..entries.len()).collect();
    let mut owners: HashMap<&str, usize> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        for link in &entry.links {
            let owner = *owners.entry(link).or_insert(at);
            join(&mut groups, owner, at);
        }
    }
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut flows: Vec<(usize, Flow)> = Vec::new();
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.links.is_empty()) {
        let root = root(&mut groups, at);
        let place = *places.entry(root).or_insert(flows.len());
        if place == flows.len() {
            flows.push((at, Flow { entries: Vec::new() }));
        }
        if let Some((last, flow)) = flows.get_mut(place) {
            *last = at;
            flow.entries.push(Arc::clone(entry));
        }
    }
    flows.sort_by_key(|(last, _)| std::cmp::Reverse(*last));
    flows.into_iter().map(|(_, flow)| flow).collect()
}

/// The flow in which a link is.
pub(crate) fn flow_with(entries: &[Arc<Entry>], link: &str) -> Option<Flow> {
    let has = |flow: &Flow| flow.entries.iter().any(|entry| entry.links.iter().any(|known| known == link));
    flows(entries).into_iter().find(has)
}

fn root(groups: &mut [usize], mut at: usize) -> usize {
    while groups[at] != at {
        groups[at] = groups[groups[at]];
        at = groups[at];
    }
    at
}

fn join(groups: &mut [usize], one: usize, other: usize) {
    let (one, other) = (root(groups, one), root(groups, other));
    groups[one.max(other)] = one.min(other);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(links: &[&str]) -> Vec<Arc<Entry>> {
        let entry = |(at, links): (usize, &&str)| Entry {
            sequence: at as u64,
            links: links.split_whitespace().map(str::to_owned).collect(),
            ..Entry::default()
        };
        links.iter().enumerate().map(|it| Arc::new(entry(it))).collect()
    }

    fn found(flows: &[Flow]) -> Vec<Vec<u64>> {
        flows.iter().map(|flow| flow.entries.iter().map(|entry| entry.sequence).collect()).collect()
    }

    #[test]
    fn requests_are_of_one_flow_however_long_the_chain_is_that_binds_them() {
        let entries =
            entries(&["code session", "", "other", "code token", "user token", "other", "user", "alone"]);
        let flows = flows(&entries);
        assert_eq!(found(&flows), [vec![7], vec![0, 3, 4, 6], vec![2, 5]]);
        assert_eq!(flows[1].id(), "code");
        let by_any = flow_with(&entries, "user").map(|flow| flow.id().to_owned());
        assert_eq!(by_any.as_deref(), Some("code"));
        assert!(flow_with(&entries, "nobody").is_none());
    }

    #[test]
    fn two_flows_that_are_bound_late_are_one() {
        assert_eq!(found(&flows(&entries(&["a", "b", "c", "a b", "c b"]))), [vec![0, 1, 2, 3, 4]]);
    }
}
