//! Signatures of webhooks: HMAC-SHA256, the two ways in which senders write it, and comparing without telling by the
//! time it takes how much was right.
//!
//! What does not live here: where secrets come from, and what is signed.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Base64 as it is written by some with padding and by others without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The signature of a message that is given in parts.
pub(super) fn signature(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    keyed(key, message).finalize().into_bytes().into()
}

/// Whether two secrets are the same. Their signatures are compared, of which a guess says nothing about the next one,
/// not even how long the secret is.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    keyed(b"", &[one]).verify_slice(&signature(b"", &[other])).is_ok()
}

fn keyed(key: &[u8], message: &[&[u8]]) -> Hmac<Sha256> {
    // RFC 2104 takes keys of any length, and so does `hmac`: the error is one of other kinds of keys.
    let keyed = Hmac::<Sha256>::new_from_slice(key).expect("keys may have any length");
    message.iter().fold(keyed, Hmac::chain_update)
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |text, byte| format!("{text}{byte:02x}"))
}

/// Bytes as Base64 (RFC 4648).
pub(super) fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// The bytes of a text in Base64, padded or not; none where it is something else.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn signatures_are_those_of_the_standard() {
        // RFC 4231, cases 1, 2, 3 and 6.
        for (key, message, expected) in [
            (
                &[0x0b; 20][..],
                &b"Hi There"[..],
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hex(&signature(key, &[message])), expected);
            assert_eq!(hex(&signature(key, &[&message[..3], &message[3..]])), expected);
        }
    }

    #[test]
    fn base64_is_read_and_written() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
            assert_eq!(from_base64(text).unwrap(), bytes.as_bytes());
            assert_eq!(from_base64(text.trim_end_matches('=')).unwrap(), bytes.as_bytes());
        }
        for wrong in ["Z", "Zm9v!", "Zm 9v", "Zm9vY"] {
            assert!(from_base64(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn only_the_same_is_the_same() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"abcd"));
        assert!(!same(b"", b"a"));
    }
}
