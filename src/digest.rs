//! SHA-1 digests in hex digits: git's ids of blobs, and what NanoClaw names an install by. They tell damage; against forgery git looks as it
//! fetches.

use sha1::{Digest, Sha1};

/// The digest of these bytes, in 40 hex digits.
#[must_use]
pub fn sha1(bytes: &[u8]) -> String {
    hex(&Sha1::digest(bytes))
}

/// The id that git gives these bytes as a blob, in 40 hex digits (gitformat-loose(5), "Loose object format").
#[must_use]
pub fn blob_id(bytes: &[u8]) -> String {
    let header = format!("blob {}\0", bytes.len());
    hex(&Sha1::new_with_prefix(header).chain_update(bytes).finalize())
}

fn hex(digest: &[u8]) -> String {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{blob_id, sha1};

    #[test]
    fn digests_are_those_of_others() {
        // FIPS 180-1, appendix A; `git hash-object`.
        assert_eq!(sha1(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(blob_id(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(
            blob_id(b"hello\n"),
            "ce013625030ba8dba906f756967f9e9ca394464a"
        );
    }
}
