//! Addresses of crypto currencies.

use sha2::{Digest, Sha256};
use sha3::Keccak256;

use super::digits::worth;

const BITCOIN: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RIPPLE: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// What is decoded is at most as long as this: a key with its prefix and check.
const DECODED_BYTES_MAX: usize = 64;

/// Bitcoin, Litecoin, Dogecoin, Tron: base 58, the last four bytes check the rest.
pub(super) fn base58check(value: &[u8]) -> bool {
    checked(value, BITCOIN)
}

/// The same in the alphabet of the XRP ledger.
pub(super) fn ripple(value: &[u8]) -> bool {
    checked(value, RIPPLE)
}

/// Solana: base 58 of exactly 32 bytes.
pub(super) fn base58_32(value: &[u8]) -> bool {
    decode(value, BITCOIN).is_some_and(|(_, length)| length == 32)
}

fn checked(value: &[u8], alphabet: &[u8; 58]) -> bool {
    let Some((bytes, length)) = decode(value, alphabet) else {
        return false;
    };
    if length < 21 {
        return false;
    }
    let (payload, check) = bytes[DECODED_BYTES_MAX - length..].split_at(length - 4);
    Sha256::digest(Sha256::digest(payload))[..4] == *check
}

/// Base 58 as a big number, its bytes at the end of the array, and how many they are.
fn decode(value: &[u8], alphabet: &[u8; 58]) -> Option<([u8; DECODED_BYTES_MAX], usize)> {
    if value.len() > DECODED_BYTES_MAX {
        return None;
    }
    let mut bytes = [0_u8; DECODED_BYTES_MAX];
    let mut used = 0;
    for sign in value {
        let mut carry = alphabet.iter().position(|it| it == sign)? as u32;
        let mut at = 0;
        while at < used || carry != 0 {
            let slot = bytes.get_mut(DECODED_BYTES_MAX.checked_sub(at + 1)?)?;
            carry += u32::from(*slot) * 58;
            *slot = carry as u8;
            carry >>= 8;
            at += 1;
        }
        used = at;
    }
    let zeros = value.iter().take_while(|it| **it == alphabet[0]).count();
    let length = used + zeros;
    (length <= DECODED_BYTES_MAX).then_some((bytes, length))
}

const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const BECH32_M: u32 = 0x2bc8_30a3;
const BECH32_BYTES_MAX: usize = 110;

/// BIP 173 and 350: all of one case, a checksum over prefix and data.
pub(super) fn bech32(value: &[u8]) -> bool {
    let mixed =
        value.iter().any(u8::is_ascii_lowercase) && value.iter().any(u8::is_ascii_uppercase);
    let Some(separator) = value.iter().rposition(|it| *it == b'1') else {
        return false;
    };
    if mixed || separator == 0 || value.len() > BECH32_BYTES_MAX || value.len() < separator + 7 {
        return false;
    }
    let prefix = || value[..separator].iter().map(u8::to_ascii_lowercase);
    let mut sum = 1;
    for sign in prefix() {
        sum = step(sum, u32::from(sign >> 5));
    }
    sum = step(sum, 0);
    for sign in prefix() {
        sum = step(sum, u32::from(sign & 31));
    }
    for sign in &value[separator + 1..] {
        let Some(worth) = BECH32
            .iter()
            .position(|it| *it == sign.to_ascii_lowercase())
        else {
            return false;
        };
        sum = step(sum, worth as u32);
    }
    sum == 1 || sum == BECH32_M
}

fn step(sum: u32, value: u32) -> u32 {
    const TURNS: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let top = sum >> 25;
    let mut next = (sum & 0x01ff_ffff) << 5 ^ value;
    for (at, turn) in TURNS.iter().enumerate() {
        if top >> at & 1 == 1 {
            next ^= turn;
        }
    }
    next
}

/// Ethereum, EIP-55: the case of the letters is the check; all of one case has none.
pub(super) fn eip55(value: &[u8]) -> bool {
    let hex = value.strip_prefix(b"0x").unwrap_or(value);
    if hex.len() != 40 || !hex.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    // Where coins are burnt.
    if hex.iter().all(|it| *it == b'0') {
        return false;
    }
    let one_case =
        !hex.iter().any(u8::is_ascii_uppercase) || !hex.iter().any(u8::is_ascii_lowercase);
    if one_case {
        return true;
    }
    let mut lower = [0; 40];
    lower.copy_from_slice(hex);
    lower.make_ascii_lowercase();
    let hash = Keccak256::digest(lower);
    hex.iter().enumerate().all(|(at, sign)| {
        let high = hash[at / 2] >> (4 - at % 2 * 4) & 0xf >= 8;
        worth(sign.to_ascii_uppercase()) < 10 || sign.is_ascii_uppercase() == high
    })
}
