//! Why a request is not taken: stable codes, with the status of each.

use std::time::Duration;

use axum::http::StatusCode;

use super::guard::token::BadToken;
use crate::intake::store::StoreError;
use crate::intake::submission::Fault;
use crate::intake::submission::decode::DecodeError;

/// Why a request is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The body is not in an encoding that we read.
    BadEncoding,
    /// The body is not what its media type says, or ended early.
    Malformed,
    /// A header stands twice that may stand once.
    RepeatedHeader,
    /// The idempotency key is none.
    BadKey,
    /// The header's idempotency key is not the body's.
    KeysDiffer,
    /// The page that sent it is not ours.
    OriginRefused,
    /// There is no such form.
    UnknownForm,
    /// There is nothing at this address, or nothing that may be seen.
    NotFound,
    /// The address does not know the method.
    MethodNotAllowed,
    /// The body did not come in time.
    Timeout,
    /// The body is too large.
    TooLarge,
    /// The media type is none of ours.
    UnsupportedMediaType,
    /// Fields are not as the form asks.
    InvalidFields(Vec<Fault>),
    /// There is no token.
    TokenRequired,
    /// The token is not ours, or was made for something else.
    TokenInvalid,
    /// The token is too old.
    TokenExpired,
    /// The token was used by another request.
    TokenUsed,
    /// Proof of work is asked for, and not given.
    PowRequired,
    /// The key belongs to a request with other content.
    KeyReused,
    /// Too many requests; one more would be taken after this time.
    TooMany(Duration),
    /// More is worked on than can be done in time.
    Busy,
    /// The store takes nothing for now.
    Unavailable,
    /// The store failed when it was to write, or to say what it wrote before: the request may be taken or not.
    Uncertain,
    /// What the store holds cannot be read for now.
    NotShown,
    /// A fault of our own.
    Internal,
}

impl Refusal {
    /// The code as it stands in answers and metrics.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::BadEncoding => "bad_encoding",
            Self::Malformed => "malformed",
            Self::RepeatedHeader => "repeated_header",
            Self::BadKey => "bad_key",
            Self::KeysDiffer => "keys_differ",
            Self::OriginRefused => "origin_refused",
            Self::UnknownForm => "unknown_form",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::InvalidFields(_) => "invalid_fields",
            Self::TokenRequired => "token_required",
            Self::TokenInvalid => "token_invalid",
            Self::TokenExpired => "token_expired",
            Self::TokenUsed => "token_used",
            Self::PowRequired => "pow_required",
            Self::KeyReused => "key_reused",
            Self::TooMany(_) => "too_many",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Uncertain => "uncertain",
            Self::NotShown => "not_shown",
            Self::Internal => "internal",
        }
    }

    /// The status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::BadEncoding | Self::Malformed | Self::RepeatedHeader | Self::BadKey | Self::KeysDiffer => {
                StatusCode::BAD_REQUEST
            }
            Self::OriginRefused => StatusCode::FORBIDDEN,
            Self::UnknownForm | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Unavailable | Self::Uncertain | Self::NotShown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The key of its message in the theme.
    pub(super) fn message_key(&self) -> String {
        format!("problem_{}", self.code())
    }

    /// The title of a page about a request that was not taken.
    pub(super) const NOT_TAKEN: &'static str = "request_not_taken";

    /// The key of the title of its page in the theme.
    pub(super) fn title_key(&self) -> &'static str {
        match self {
            Self::UnknownForm | Self::NotFound | Self::MethodNotAllowed => "not_found_title",
            // Whether the request was taken before the fault is not known.
            Self::Internal | Self::Uncertain => "request_uncertain",
            Self::NotShown => "request_not_shown",
            _ => Self::NOT_TAKEN,
        }
    }

    /// After how many seconds it may be tried again, if that helps.
    pub(super) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(wait) => Some(wait.as_secs() + 1),
            Self::Busy => Some(2),
            Self::Unavailable | Self::Uncertain | Self::NotShown => Some(30),
            _ => None,
        }
    }

    /// Whether the same may be sent again as it stands: what is sent anew from the start is another request.
    pub(super) fn may_be_repeated(&self) -> bool {
        matches!(self, Self::TooMany(_) | Self::Busy | Self::Unavailable | Self::Uncertain | Self::Timeout | Self::Internal)
    }

    /// Whether a fresh token helps: it comes with the answer.
    pub(super) fn wants_token(&self) -> bool {
        matches!(
            self,
            Self::TokenRequired | Self::TokenInvalid | Self::TokenExpired | Self::TokenUsed | Self::PowRequired | Self::KeyReused
        )
    }

    /// Whether the connection ends with the answer, because what follows on it cannot be told apart.
    pub(super) fn ends_connection(&self) -> bool {
        matches!(self, Self::Timeout | Self::TooLarge | Self::RepeatedHeader)
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::BadEncoding => Self::BadEncoding,
            DecodeError::Malformed => Self::Malformed,
            DecodeError::TooLarge => Self::TooLarge,
        }
    }
}

impl From<BadToken> for Refusal {
    fn from(error: BadToken) -> Self {
        match error {
            BadToken::Absent => Self::TokenRequired,
            BadToken::Invalid => Self::TokenInvalid,
            BadToken::Expired => Self::TokenExpired,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            error => {
                tracing::error!(%error, "the store did not do what was asked");
                Self::Unavailable
            }
        }
    }
}
