//! HMAC with SHA-256 (RFC 2104).

use sha2::{Digest, Sha256};

/// The bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// A key, taken in: both hashes stand behind their first block.
#[derive(Clone)]
pub(super) struct Hmac {
    inner: Sha256,
    outer: Sha256,
}

impl Hmac {
    pub(super) fn new(key: &[u8]) -> Self {
        let digest;
        let key = if key.len() > BLOCK {
            digest = Sha256::digest(key);
            digest.as_slice()
        } else {
            key
        };
        let padded = |pad: u8| {
            let mut block = [pad; BLOCK];
            for (byte, key) in block.iter_mut().zip(key) {
                *byte ^= key;
            }
            let mut hash = Sha256::new();
            hash.update(block);
            hash
        };
        Self { inner: padded(0x36), outer: padded(0x5c) }
    }

    /// The code of a message given in parts.
    pub(super) fn digest(&self, parts: &[&str]) -> Vec<u8> {
        let (mut inner, mut outer) = (self.inner.clone(), self.outer.clone());
        for part in parts {
            inner.update(part.as_bytes());
        }
        outer.update(inner.finalize());
        outer.finalize().as_slice().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::Hmac;
    use crate::value::hex;

    /// Source: RFC 4231, test cases 1, 2 and 6.
    #[test]
    fn published_vectors_hold() {
        for (key, text, want) in [
            (
                vec![0x0b; 20],
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hex(&Hmac::new(&key).digest(&[text])), want, "{text}");
            let (a, b) = text.split_at(3);
            assert_eq!(hex(&Hmac::new(&key).digest(&[a, b])), want, "{text} in parts");
        }
    }
}
