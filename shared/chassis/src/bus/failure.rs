//! How handling can fail, and how asking can fail.

/// What a consumer's handler wants done with a payload it could not handle.
#[derive(Debug)]
pub enum Failure {
    /// Deliver it again later; after too many tries it becomes a dead letter.
    Retry(anyhow::Error),
    /// It can never be handled: a dead letter at once.
    Reject { code: &'static str, detail: String },
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Retry(error)
    }
}

impl From<sea_orm::DbErr> for Failure {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Retry(error.into())
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        Self::Retry(error.into())
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("nobody answers {0}: is the service that owns it running?")]
    NobodyThere(String),
    #[error("no answer to {0} in time")]
    Timeout(String),
    /// The owner answered with an error.
    #[error("{subject} was refused: {detail}")]
    Refused { subject: String, detail: String },
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
