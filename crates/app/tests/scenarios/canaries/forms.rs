//! The ways in which a value could be written down: as it is, encoded, or hashed without a key.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Each with its name.
pub fn forms(value: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = value.as_bytes();
    let letters: String = value.chars().filter(|it| it.is_alphanumeric()).collect();
    let each = bytes.iter();
    let upper = each
        .clone()
        .fold(String::new(), |text, it| text + &format!("%{it:02X}"));
    let lower = each.fold(String::new(), |text, it| text + &format!("%{it:02x}"));
    let wide = |to: fn(u16) -> [u8; 2]| value.encode_utf16().flat_map(to).collect();
    let reversed = value.chars().rev().collect::<String>();
    let mut forms: Vec<(String, Vec<u8>)> = vec![
        ("as sent".into(), bytes.to_vec()),
        ("percent-encoded".into(), percent(value).into_bytes()),
        (
            "percent-encoded, small".into(),
            percent(value).to_lowercase().into_bytes(),
        ),
        ("percent-encoded whole".into(), upper.into_bytes()),
        ("percent-encoded whole, small".into(), lower.into_bytes()),
        ("in lower case".into(), value.to_lowercase().into_bytes()),
        ("in upper case".into(), value.to_uppercase().into_bytes()),
        ("without marks".into(), letters.clone().into_bytes()),
        ("reversed".into(), reversed.into_bytes()),
        ("in hexadecimal".into(), hex(bytes).into_bytes()),
        ("in UTF-16".into(), wide(u16::to_le_bytes)),
        ("in UTF-16, turned".into(), wide(u16::to_be_bytes)),
    ];
    if let Ok(number) = value.parse::<u64>() {
        let float = number as f64;
        forms.push(("as an integer".into(), number.to_be_bytes().to_vec()));
        forms.push(("as a float".into(), float.to_be_bytes().to_vec()));
        forms.push(("as a float, turned".into(), float.to_le_bytes().to_vec()));
    }
    for shift in 0..3 {
        forms.push(("in base64".into(), base64(bytes, shift)));
    }
    for (way, text) in [
        ("", value.to_owned()),
        (" without marks", letters),
        (" in lower case", value.to_lowercase()),
    ] {
        for (name, hash) in hashes(text.as_bytes()) {
            // The base64 of a whole hash may end otherwise; its beginning says enough.
            let coded = base64(&hash, 0);
            let url_safe = coded.iter().map(|it| match it {
                b'+' => b'-',
                b'/' => b'_',
                other => *other,
            });
            forms.push((
                format!("as {name}{way} in base64 of URLs"),
                url_safe.collect(),
            ));
            forms.push((format!("as {name}{way} in base64"), coded));
            forms.push((
                format!("as {name}{way} in hexadecimal"),
                hex(&hash).into_bytes(),
            ));
            forms.push((
                format!("as {name}{way}, turned"),
                hash.iter().rev().copied().collect(),
            ));
            forms.push((format!("as {name}{way}"), hash));
        }
    }
    forms
}

/// Of a long hash its first half, as it is often cut.
fn hashes(bytes: &[u8]) -> [(&'static str, Vec<u8>); 5] {
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, it| {
        (hash ^ u64::from(*it)).wrapping_mul(0x0100_0000_01b3)
    });
    [
        ("half a SHA-256", Sha256::digest(bytes)[..16].to_vec()),
        ("SHA-1", sha1(bytes).to_vec()),
        ("MD5", md5(bytes).to_vec()),
        (
            "XXH3",
            xxhash_rust::xxh3::xxh3_64(bytes).to_le_bytes().to_vec(),
        ),
        ("FNV", fnv.to_le_bytes().to_vec()),
    ]
}

/// The part of the base64 of something longer that this makes alone, wherever it begins.
fn base64(bytes: &[u8], shift: usize) -> Vec<u8> {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole = &bytes[(3 - shift) % 3..];
    let (triples, _) = whole.as_chunks::<3>();
    let signs = triples.iter().flat_map(|[one, two, three]| {
        let bits = u32::from(*one) << 16 | u32::from(*two) << 8 | u32::from(*three);
        [18, 12, 6, 0].map(|at| SIGNS[(bits >> at & 63) as usize])
    });
    signs.collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub fn percent(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(byte.into());
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// A message in blocks of 64 bytes, with its length in bits at the end (RFC 1321, RFC 3174).
fn blocks(bytes: &[u8], length: fn(u64) -> [u8; 8]) -> Vec<[[u8; 4]; 16]> {
    let mut all = bytes.to_vec();
    all.push(0x80);
    all.resize((all.len() + 8).next_multiple_of(64) - 8, 0);
    all.extend(length(bytes.len() as u64 * 8));
    let (words, _) = all.as_chunks::<4>();
    let (blocks, _) = words.as_chunks::<16>();
    blocks.to_vec()
}

/// RFC 3174.
#[expect(
    clippy::many_single_char_names,
    reason = "they are the names of the standard"
)]
fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut state = [
        0x6745_2301_u32,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    for block in blocks(bytes, u64::to_be_bytes) {
        let mut words = [0_u32; 80];
        for (word, bytes) in words.iter_mut().zip(block) {
            *word = u32::from_be_bytes(bytes);
        }
        for at in 16..80 {
            let mixed = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16];
            words[at] = mixed.rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.into_iter().enumerate() {
            let (mixed, constant) = match at / 20 {
                0 => (b & c | !b & d, 0x5a82_7999_u32),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let next = [mixed, e, word, constant]
                .into_iter()
                .fold(a.rotate_left(5), u32::wrapping_add);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (sum, add) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(add);
        }
    }
    let mut out = [0; 20];
    for (bytes, word) in out.chunks_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    out
}

/// RFC 1321.
fn md5(bytes: &[u8]) -> [u8; 16] {
    const TURNS: [[u32; 4]; 4] = [
        [7, 12, 17, 22],
        [5, 9, 14, 20],
        [4, 11, 16, 23],
        [6, 10, 15, 21],
    ];
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in blocks(bytes, u64::to_le_bytes) {
        let words = block.map(u32::from_le_bytes);
        let [mut a, mut b, mut c, mut d] = state;
        for at in 0..64 {
            let (mixed, word) = match at / 16 {
                0 => (b & c | !b & d, at),
                1 => (d & b | !d & c, 5 * at + 1),
                2 => (b ^ c ^ d, 3 * at + 5),
                _ => (c ^ (b | !d), 7 * at),
            };
            let sine = ((at + 1) as f64).sin().abs();
            let constant = (sine * 4_294_967_296.0).floor() as u32;
            let sum = [mixed, constant, words[word % 16]]
                .into_iter()
                .fold(a, u32::wrapping_add);
            let turned = b.wrapping_add(sum.rotate_left(TURNS[at / 16][at % 4]));
            (a, d, c, b) = (d, c, b, turned);
        }
        for (sum, add) in state.iter_mut().zip([a, b, c, d]) {
            *sum = sum.wrapping_add(add);
        }
    }
    let mut out = [0; 16];
    for (bytes, word) in out.chunks_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    out
}

#[test]
fn hashes_are_what_their_standards_say() {
    assert_eq!(hex(&md5(b"abc")), "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(
        hex(&sha1(b"abc")),
        "a9993e364706816aba3e25717850c26c9cd0d89d"
    );
    let long = "1234567890".repeat(8);
    assert_eq!(
        hex(&md5(long.as_bytes())),
        "57edf4a22be3c955ac49da2e2107b67a"
    );
    assert_eq!(base64(b"xcanary", 0), b"eGNhbmFy");
}
