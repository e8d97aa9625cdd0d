//! Why an archive could not be made, or does not verify.

use thiserror::Error;

/// Says what and where, never a number or a text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArchiveError {
    // the container
    #[error("this is not an evidence archive")]
    NotAnArchive,
    #[error("the archive is cut short")]
    Truncated,
    #[error("the archive is {0} bytes long, more than the {max} allowed", max = super::MAX_BYTES)]
    TooLarge(u64),
    #[error("the archive holds more than {max} files", max = super::MAX_FILES)]
    TooManyFiles,
    /// Packed anew, or changed outside its files.
    #[error("the archive is not in the exact form it was made in: {0}")]
    Container(&'static str),
    #[error("the archive holds `{0}` twice")]
    DuplicateFile(String),
    #[error("`{0}` is missing from the archive")]
    MissingFile(String),
    #[error("`{0}` does not belong into the archive")]
    ExtraFile(String),

    // the signature
    #[error("the archive is of format {0}, this program knows format {known}", known = super::FORMAT)]
    UnknownFormat(u32),
    #[error("the signature is not that of the manifest: the manifest or the signature was changed")]
    BadSignature,
    #[error("the archive was signed with key {found}, not with the trusted key {trusted}")]
    WrongKey { found: String, trusted: String },
    #[error("a public key is 64 hex digits and a point of Ed25519")]
    BadKey,

    // the files
    #[error("`{0}` is not the file that was signed")]
    FileAltered(&'static str),
    #[error("`{file}` cannot be read: line {line}, column {column}")]
    Unreadable {
        file: &'static str,
        line: usize,
        column: usize,
    },
    #[error("`{0}` cannot be written")]
    Unwritable(&'static str),

    // the ledger
    #[error("ledger entry {seq} does not match its hash")]
    EntryAltered { seq: i64 },
    #[error("ledger entry {seq} does not follow from the entry before it")]
    LinkBroken { seq: i64 },
    #[error("ledger entry {seq} is out of order")]
    EntryOutOfOrder { seq: i64 },
    #[error("ledger entry {seq} belongs to another tenant")]
    ForeignEntry { seq: i64 },
    #[error("the personal data of ledger entry {seq} is not what was sealed")]
    SealBroken { seq: i64 },
    #[error("ledger entry {seq} lies beyond, or differs from, the head of the chain")]
    HeadContradicted { seq: i64 },

    // what belongs together; places count from 1
    #[error("message {place} names no decision")]
    DecisionUnnamed { place: usize },
    #[error("the decision of message {place} is missing")]
    DecisionMissing { place: usize },
    #[error("decision {place} names no id or no policy set")]
    DecisionIncomplete { place: usize },
    #[error("decision {place} has the id of another")]
    DecisionTwice { place: usize },
    #[error("the policy set of decision {place} is missing")]
    PolicySetMissing { place: usize },
    #[error("policy set {place} has no hash, or that of another")]
    PolicySetUnnamed { place: usize },
}
