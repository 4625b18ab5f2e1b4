//! What requests of one flow have in common: the codes, sessions, tokens and users that a sandbox minted, by
//! their fingerprints.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::fingerprint::Fingerprint;
use crate::random::{ID_LENGTH, SandboxTag};

/// How many identifiers of a request are noted.
const MOST: usize = 24;

/// Collects the identifiers that a request names or was answered with.
#[derive(Debug)]
pub(crate) struct Links<'a> {
    tag: &'a SandboxTag,
    found: BTreeSet<Fingerprint>,
}

impl<'a> Links<'a> {
    /// None yet, of those that this sandbox mints.
    pub(crate) fn of(tag: &'a SandboxTag) -> Self {
        Self { tag, found: BTreeSet::new() }
    }

    /// Looks through a text and what JWTs in it say.
    pub(crate) fn look_through(&mut self, text: &str) {
        let part_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        for word in text.split(|c| !part_of_word(c)) {
            match payload(word) {
                Some(said) => self.look_for_ids(&said),
                None => self.look_for_ids(word),
            }
        }
    }

    fn look_for_ids(&mut self, text: &str) {
        for id in text.split(|c: char| !c.is_ascii_alphanumeric()) {
            if id.len() == ID_LENGTH && id.starts_with(self.tag.as_str()) && self.found.len() < MOST {
                self.found.insert(Fingerprint::of(&[id]));
            }
        }
    }

    /// The fingerprints as text.
    pub(crate) fn finish(self) -> Vec<String> {
        self.found.iter().map(ToString::to_string).collect()
    }
}

/// What a JWT says.
fn payload(word: &str) -> Option<String> {
    let (header, rest) = word.split_once('.').filter(|(header, _)| header.starts_with("eyJ"))?;
    let (payload, signature) = rest.split_once('.')?;
    if header.is_empty() || signature.contains('.') {
        return None;
    }
    String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_found_in_paths_bodies_and_tokens_and_those_of_others_are_not() {
        let (tag, other) = (SandboxTag::fresh(), SandboxTag::fresh());
        let [code, session, token, foreign] = [tag.mint(), tag.mint(), tag.mint(), other.mint()];
        let said = URL_SAFE_NO_PAD.encode(format!(r#"{{"access_token":{{"value":"{token}"}}}}"#));
        let text = format!(
            r#"/apps/saas/authorize?code={code}&x={foreign}&y={code}A {{"key":"{session}","token":"eyJhbGc.{said}.c2ln"}}"#
        );
        let mut links = Links::of(&tag);
        links.look_through(&text);
        let found = links.finish();
        let mut wanted: Vec<_> =
            [&code, &session, &token].map(|id| Fingerprint::of(&[id]).to_string()).into();
        wanted.sort();
        assert_eq!(found, wanted);
        assert!(found.iter().all(|link| !text.contains(link.as_str())), "none is told");
    }

    #[test]
    fn whatever_is_sent_is_looked_through() {
        let tag = SandboxTag::fresh();
        let mut links = Links::of(&tag);
        for text in ["", ".", "eyJ..", "eyJ.%%.x", "eyJ.aGk.x.y", "é".repeat(100).as_str()] {
            links.look_through(text);
        }
        (0..100).for_each(|_| links.look_through(&tag.mint()));
        assert_eq!(links.finish().len(), MOST);
    }
}
