//! Accounts, made as an operator makes them.

use super::command::run;
use super::place::Place;

/// The school of `tests/real/seed.json`.
pub(crate) const HILLSIDE: &str = "0b6f2c52-94f3-4f2e-8f0e-3a1f0f5b7c11";

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: String,
    /// The value of the header `Authorization`.
    pub(crate) bearer: String,
}

impl Account {
    /// The header that signs a request.
    pub(crate) fn header(&self) -> (&str, &str) {
        ("authorization", self.bearer.as_str())
    }
}

impl Place {
    /// A person of this type; `more` are further words for `chatflow user add`.
    pub(crate) fn user(&self, kind: &str, more: &[&str]) -> Account {
        self.account(["user", "--user"], kind, more)
    }

    /// A program of this type.
    pub(crate) fn service(&self, kind: &str, more: &[&str]) -> Account {
        self.account(["service-account", "--service-account"], kind, more)
    }

    fn account(&self, [verb, option]: [&str; 2], kind: &str, more: &[&str]) -> Account {
        let database = self.database();
        let database = database.to_str().expect("a path is text");
        let add = [verb, "add", "--db", database, "--type", kind, "--name", "Somebody"];
        let id = one_line(&[&add, more].concat());
        let bearer = format!("Bearer {}", self.token(&[option, &id]));
        Account { id, bearer }
    }

    /// What `chatflow token` prints for these words.
    pub(crate) fn token(&self, words: &[&str]) -> String {
        let database = self.database();
        let database = database.to_str().expect("a path is text");
        one_line(&[&["token", "--db", database, "--env", "development"], words].concat())
    }
}

fn one_line(words: &[&str]) -> String {
    let ran = run(words);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out.trim().to_owned()
}
