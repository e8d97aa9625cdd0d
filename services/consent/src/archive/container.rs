//! The ZIP container (PKWARE APPNOTE 6.3), in one exact form: files stored as they are, no dates, comments or
//! extra fields. So equal files make equal bytes whatever the version of a packing library, every byte is
//! either content or has one right value, and nothing expands when it is opened.

use super::ArchiveError;

/// No archive is longer: 256 MiB.
pub const MAX_BYTES: usize = 256 << 20;
/// No archive holds more files.
pub const MAX_FILES: usize = 10_000;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const LOCAL_LEN: usize = 30;

/// A file and its bytes.
pub type File<'a> = (&'a str, &'a [u8]);

/// One file's part of the two places that describe it.
struct Stored<'a> {
    name: &'a str,
    crc: u32,
    len: u32,
    offset: u32,
}

/// Fails when the archive would be too large.
pub fn write(files: &[File]) -> Result<Vec<u8>, ArchiveError> {
    let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut out = Vec::with_capacity(total + files.len() * 128 + 64);
    let mut stored = Vec::with_capacity(files.len());
    for (name, bytes) in files {
        let file = describe(name, bytes, out.len())?;
        local_header(&mut out, &file);
        out.extend_from_slice(bytes);
        stored.push(file);
    }
    out.extend(directory(&stored, out.len()));
    fits(&out)?;
    Ok(out)
}

/// The files in their order. Takes exactly what [`write`] makes; copies nothing.
pub fn read(bytes: &[u8]) -> Result<Vec<File<'_>>, ArchiveError> {
    fits(bytes)?;
    if !bytes.starts_with(&LOCAL) {
        return Err(ArchiveError::NotAnArchive);
    }
    let (mut files, mut stored) = (Vec::<File>::new(), Vec::new());
    let mut at = 0;
    while slice(bytes, at, 4)? == LOCAL {
        if files.len() == MAX_FILES {
            return Err(ArchiveError::TooManyFiles);
        }
        let header = slice(bytes, at, LOCAL_LEN)?;
        let method = u16_at(header, 8);
        if method != 0 {
            return Err(ArchiveError::Container("a file in it is compressed"));
        }
        let (len, name_len) = (u32_at(header, 22), usize::from(u16_at(header, 26)));
        let name = slice(bytes, at + LOCAL_LEN, name_len)?;
        let name = std::str::from_utf8(name)
            .map_err(|_| ArchiveError::Container("a file name in it is not text"))?;
        let data = slice(bytes, at + LOCAL_LEN + name_len, len as usize)?;
        let file = describe(name, data, at)?;
        let mut expected = Vec::with_capacity(LOCAL_LEN + name_len);
        local_header(&mut expected, &file);
        if header != expected.get(..LOCAL_LEN).unwrap_or_default() {
            return Err(ArchiveError::Container(
                "a file in it, or its description, was changed",
            ));
        }
        at += LOCAL_LEN + name_len + data.len();
        files.push((name, data));
        stored.push(file);
    }
    let (rest, expected) = (bytes.get(at..).unwrap_or_default(), directory(&stored, at));
    if rest == expected {
        Ok(files)
    } else if expected.starts_with(rest) {
        Err(ArchiveError::Truncated)
    } else {
        Err(ArchiveError::Container("its table of contents was changed"))
    }
}

fn fits(bytes: &[u8]) -> Result<(), ArchiveError> {
    if bytes.len() > MAX_BYTES {
        return Err(ArchiveError::TooLarge(bytes.len() as u64));
    }
    Ok(())
}

fn describe<'a>(name: &'a str, bytes: &[u8], offset: usize) -> Result<Stored<'a>, ArchiveError> {
    let small = |n: usize| u32::try_from(n).map_err(|_| ArchiveError::TooLarge(n as u64));
    Ok(Stored {
        name,
        crc: crc32(bytes),
        len: small(bytes.len())?,
        offset: small(offset)?,
    })
}

fn local_header(out: &mut Vec<u8>, file: &Stored) {
    out.extend(LOCAL);
    common(out, file);
    out.extend(file.name.as_bytes());
}

/// The central directory and the end record.
fn directory(stored: &[Stored], at: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for file in stored {
        out.extend(CENTRAL);
        out.extend(20_u16.to_le_bytes()); // made by: 2.0, DOS attributes
        common(&mut out, file);
        out.extend([0; 10]); // no comment, first disk, no attributes
        out.extend(file.offset.to_le_bytes());
        out.extend(file.name.as_bytes());
    }
    let len = out.len();
    out.extend(END);
    out.extend([0; 4]); // one disk
    for _ in 0..2 {
        out.extend(low16(stored.len()));
    }
    out.extend(low32(len));
    out.extend(low32(at));
    out.extend([0; 2]); // no comment
    out
}

/// The fields that stand alike in both headers, from "version needed" to "length of extra fields".
fn common(out: &mut Vec<u8>, file: &Stored) {
    out.extend(10_u16.to_le_bytes()); // needed: 1.0
    out.extend([0; 4]); // no flags, stored
    out.extend([0, 0, 0x21, 0]); // midnight, 1 January 1980: the earliest date there is
    out.extend(file.crc.to_le_bytes());
    out.extend(file.len.to_le_bytes());
    out.extend(file.len.to_le_bytes());
    out.extend(low16(file.name.len()));
    out.extend([0; 2]);
}

/// Lengths and counts are bounded by [`MAX_BYTES`] and [`MAX_FILES`], so that nothing is lost.
fn low16(n: usize) -> [u8; 2] {
    let [a, b, ..] = n.to_le_bytes();
    [a, b]
}

fn low32(n: usize) -> [u8; 4] {
    let [a, b, c, d, ..] = n.to_le_bytes();
    [a, b, c, d]
}

fn slice(bytes: &[u8], at: usize, len: usize) -> Result<&[u8], ArchiveError> {
    at.checked_add(len)
        .and_then(|end| bytes.get(at..end))
        .ok_or(ArchiveError::Truncated)
}

fn u16_at(header: &[u8], at: usize) -> u16 {
    let mut bytes = [0; 2];
    bytes.copy_from_slice(header.get(at..at + 2).unwrap_or(&[0; 2]));
    u16::from_le_bytes(bytes)
}

fn u32_at(header: &[u8], at: usize) -> u32 {
    u32::from(u16_at(header, at)) | u32::from(u16_at(header, at + 2)) << 16
}

/// CRC-32 as in ISO 3309; only so that other programs open the archive, it proves nothing.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut n = 0;
        while n < 256 {
            let (mut crc, mut bit) = (n as u32, 0);
            while bit < 8 {
                crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
                bit += 1;
            }
            table[n] = crc;
            n += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, byte| {
        (crc >> 8) ^ TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_zip_programs_use() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn what_was_written_is_read_back() {
        let files: [File; 3] = [("a", b"one"), ("b.json", b""), ("c", &[7; 1000])];
        let bytes = write(&files).unwrap();
        assert_eq!(read(&bytes).unwrap(), files);
    }

    #[test]
    fn every_single_byte_of_headers_and_tables_has_one_right_value() {
        let bytes = write(&[("a", b"one"), ("b", b"two")]).unwrap();
        let names = [30, 64];
        for at in (0..bytes.len()).filter(|at| !names.contains(at)) {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(read(&changed).is_err(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_cut_archive_is_called_cut() {
        let bytes = write(&[("a", b"one"), ("b", b"two")]).unwrap();
        for len in 4..bytes.len() {
            assert_eq!(
                read(&bytes[..len]).unwrap_err(),
                ArchiveError::Truncated,
                "{len}"
            );
        }
        assert_eq!(read(b"PK").unwrap_err(), ArchiveError::NotAnArchive);
    }

    #[test]
    fn a_length_beyond_the_end_is_refused_before_anything_is_read() {
        let mut bytes = write(&[("a", b"one")]).unwrap();
        bytes[22..26].fill(0xff);
        assert_eq!(read(&bytes).unwrap_err(), ArchiveError::Truncated);
    }

    #[test]
    fn a_compressed_file_is_refused() {
        let mut bytes = write(&[("a", b"one")]).unwrap();
        bytes[8] = 8;
        assert!(matches!(
            read(&bytes).unwrap_err(),
            ArchiveError::Container(_)
        ));
    }

    #[test]
    fn too_many_files_and_too_many_bytes_are_refused() {
        let files = vec![("a", &b""[..]); MAX_FILES + 1];
        let bytes = write(&files).unwrap();
        assert_eq!(read(&bytes).unwrap_err(), ArchiveError::TooManyFiles);
        let long = vec![0; MAX_BYTES + 1];
        assert_eq!(
            read(&long).unwrap_err(),
            ArchiveError::TooLarge(long.len() as u64)
        );
    }
}
