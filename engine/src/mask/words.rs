//! Which keys are sensitive, by the words of their names (S7.14).

use crate::unicode::lower;

/// Names of personal data; words that follow each other stand with a space between them.
const TERMS: [&str; 43] = [
    "email",
    "phone",
    "telephone",
    "mobile",
    "address",
    "street",
    "postcode",
    "zipcode",
    "zip code",
    "postal code",
    "ssn",
    "social security",
    "password",
    "secret",
    "token",
    "api key",
    "apikey",
    "auth",
    "authorization",
    "credential",
    "parent name",
    "guardian",
    "student name",
    "child name",
    "full name",
    "first name",
    "last name",
    "surname",
    "given name",
    "family name",
    "date of birth",
    "dob",
    "birthday",
    "birth date",
    "credit card",
    "card number",
    "cvv",
    "account number",
    "routing number",
    "bank account",
    "ip address",
    "user agent",
    "e mail",
];

/// The words of a key in lower case: parted at what is no letter or digit, and where a capital
/// begins a word. Digits at a word's end are left out, so that `phone2` is a phone.
pub(super) fn words(key: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = key.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = chars.next() {
        let before_lower = chars.peek().is_some_and(|next| next.is_lowercase());
        let begins = c.is_uppercase()
            && (previous.is_lowercase()
                || previous.is_numeric()
                || (previous.is_uppercase() && before_lower));
        if begins || !c.is_alphanumeric() {
            finish(&mut word, &mut words);
        }
        if c.is_alphanumeric() {
            lower(c, &mut |c| word.push(c));
        }
        previous = c;
    }
    finish(&mut word, &mut words);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    let plain = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if !plain.is_empty() {
        words.push(plain.to_owned());
    }
    word.clear();
}

/// Whether the words hold one of the [`TERMS`].
pub(super) fn is_listed(words: &[String]) -> bool {
    TERMS.iter().any(|term| {
        let length = term.split(' ').count();
        words.windows(length).any(|part| {
            part.iter().zip(term.split(' ')).all(|(word, wanted)| is_word(word, wanted))
        })
    })
}

/// Whether `words` hold all of `wanted`, one after the other.
pub(super) fn contains(words: &[String], wanted: &[String]) -> bool {
    words
        .windows(wanted.len())
        .any(|part| part.iter().zip(wanted).all(|(word, wanted)| is_word(word, wanted)))
}

/// The word itself, or its plural.
fn is_word(word: &str, wanted: &str) -> bool {
    word.strip_prefix(wanted).is_some_and(|rest| matches!(rest, "" | "s" | "es"))
}
