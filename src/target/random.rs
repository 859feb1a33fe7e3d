//! Random text for ids, nonces and keys.

use std::fmt::Write;

const ALPHANUMERIC: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Letters and digits, evenly chosen: 5.95 bits each.
pub(super) fn alphanumeric(length: usize) -> String {
    (0..length).map(|_| ALPHANUMERIC[rand::random_range(0..ALPHANUMERIC.len())] as char).collect()
}

/// Decimal digits.
pub(super) fn digits(length: usize) -> String {
    (0..length).map(|_| rand::random_range(b'0'..=b'9') as char).collect()
}

/// Lower-case hexadecimal of `N` random bytes.
pub(super) fn hex<const N: usize>() -> String {
    let mut bytes = [0u8; N];
    rand::fill(&mut bytes);
    to_hex(&bytes)
}

/// Lower-case hexadecimal.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
