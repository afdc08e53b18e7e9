//! One session as its client knows it: the log that the server is judged by.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::real::{Answer, Client, Visitor};

/// A conversation with the `counter` flow.
#[derive(Debug)]
pub(crate) struct Talk {
    visitor: Visitor,
    /// The words that the server has acknowledged, in order.
    pub(crate) words: Vec<String>,
    /// The word whose answer did not come.
    open: Option<String>,
    /// Numbers the words, so that no two are the same.
    sent: usize,
}

/// How many rows a start leaves: what was done, and the first question.
const OPENING: usize = 2;
/// The rows of a turn: the answer, what was done, what was said, the next question.
const ROWS: [&str; 4] = ["input", "action", "message", "message"];

impl Talk {
    pub(crate) fn new(visitor: Visitor) -> Self {
        Self { visitor, words: Vec::new(), open: None, sent: 0 }
    }

    /// Starts a conversation, or fails if the server is gone.
    pub(crate) fn start(client: &Client) -> Result<Option<Self>, ureq::Error> {
        let body = json!({"flow_id": chatflow::FlowId::derived("counter").to_string()});
        let headers = [("content-type", "application/json")];
        let line = ("POST", "/v1/chat/start");
        let started = client.try_send(line, &headers, body.to_string().as_bytes())?;
        Ok(Some(Self::new(Visitor::of(client, &started))))
    }

    /// Says the next word; false if no answer came, or none but that the service failed.
    pub(crate) fn speak(&mut self, client: &Client) -> bool {
        self.sent += 1;
        let word = format!("{}-{}", &self.visitor.id[..8], self.sent);
        let answer = self.send(client, &word, self.words.len());
        match answer {
            Ok(answer) if answer.status < 500 => {
                self.acknowledged(word, &answer);
                true
            }
            Ok(_) | Err(_) => {
                self.open = Some(word);
                false
            }
        }
    }

    /// Sends the word whose answer did not come again; false if no answer comes to that either.
    /// Whoever is told that the word has been said takes that for its answer.
    pub(crate) fn heal(&mut self, client: &Client) -> bool {
        let Some(word) = self.open.clone() else { return true };
        match self.send(client, &word, self.words.len()) {
            Ok(answer) if answer.status == 409 && answer.body["code"] == "revision_conflict" => {
                assert_eq!(answer.body["current_revision"], self.words.len() + 2, "{answer:?}");
                self.words.push(word);
            }
            Ok(answer) if answer.status == 200 => self.acknowledged(word, &answer),
            // Busy, or away.
            Ok(answer) => {
                assert!(answer.status == 409 || answer.status == 503, "{answer:?}");
                return false;
            }
            Err(_) => return false,
        }
        self.open = None;
        true
    }

    fn acknowledged(&mut self, word: String, answer: &Answer) {
        assert_eq!(answer.status, 200, "{answer:?}");
        self.words.push(word);
        let told = format!("{} is word {}.", self.words[self.words.len() - 1], self.words.len());
        assert_eq!(answer.body["messages"][0]["text"], told);
        assert_eq!(answer.body["session_updated"]["revision"], self.words.len() + 1);
    }

    /// Sends a word that follows `before` others.
    fn send(&self, client: &Client, word: &str, before: usize) -> Result<Answer, ureq::Error> {
        let body = json!({"input": word, "input_type": "text", "expected_revision": before + 1});
        let headers = [("content-type", "application/json"), ("x-csrf-token", &self.visitor.csrf)];
        let path = self.visitor.path("/interact");
        client.try_send(("POST", &path), &headers, body.to_string().as_bytes())
    }

    /// Compares the session with the log, after a restart. If there was a turn whose answer did not
    /// come, says whether it was stored; then its word is in the log from here on.
    pub(crate) fn settle(&mut self, client: &Client) -> Option<bool> {
        // A server finds out of each lost connection by using it.
        let client = &client.clone().patient();
        self.visitor.client = client.clone();
        let acknowledged = self.words.len();
        let session = self.visitor.session();
        let stored = usize::try_from(session["revision"].as_u64().unwrap()).unwrap() - 1;
        let open = self.open.take();
        let kept = stored == acknowledged + 1 && open.is_some();
        assert!(kept || stored == acknowledged, "{acknowledged} acknowledged: {session}");
        self.words.extend(open.clone().filter(|_| kept));
        self.compare(&session);
        // Whoever sends the word again is told that it has been said, or says it now.
        let word = open?;
        let again = self.send(client, &word, acknowledged).expect("the server answers");
        if kept {
            again.refuses(409, "revision_conflict", "a turn that was stored");
            assert_eq!(self.visitor.session(), session);
        } else {
            self.acknowledged(word, &again);
        }
        Some(kept)
    }

    /// The session and its history say what the log says.
    fn compare(&self, session: &Value) {
        let words = &self.words;
        let temp = &session["state"]["temp"];
        assert_eq!(temp["count"], words.len(), "{session}");
        assert_eq!(temp["last"].as_str(), words.last().map(String::as_str), "{session}");
        let state = session["state"].as_object().unwrap();
        assert_eq!(session["state_hash"], chatflow::state_hash(state));
        assert_eq!(session["current_node_id"], "ask");
        assert_eq!(session["status"], "active");
        let rows = self.visitor.history();
        assert!(rows.iter().zip(1_u64..).all(|(row, seq)| row["seq"] == seq), "{rows:?}");
        assert_eq!(rows.len(), OPENING + ROWS.len() * words.len());
        for (turn, word) in rows[OPENING..].chunks(ROWS.len()).zip(words) {
            let kinds: Vec<_> = turn.iter().map(|row| row["interaction_type"].as_str()).collect();
            assert_eq!(kinds, ROWS.map(Some));
            assert_eq!(turn[0]["content"]["input"], word.as_str());
            let said = turn[2]["content"]["messages"][0]["text"].as_str().unwrap();
            assert!(said.starts_with(word.as_str()), "{said}");
        }
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
    }
}

/// Pseudo-random numbers.
///
/// Source: `SplitMix64` (Steele, Lea & Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 1 to `most`.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        self.next() % most + 1
    }

    /// An index of a list.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.next() % length as u64).unwrap()
    }
}
