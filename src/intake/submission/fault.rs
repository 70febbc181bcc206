//! What is wrong with an answer, in stable codes.

/// Something wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field's name, as it was sent.
    pub field: String,
    /// What is wrong.
    pub code: FaultCode,
}

/// What can be wrong with a field. The codes ([`FaultCode::id`]) stay as they are: programs read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultCode {
    /// An answer must be given.
    Missing,
    /// More graphemes than allowed: this many.
    TooLong(usize),
    /// More bytes of UTF-8 than allowed: this many.
    TooLarge(usize),
    /// A control character, a line break or a bidirectional control in a field of one line.
    ControlChar,
    /// Not an e-mail address.
    BadEmail,
    /// Not a telephone number.
    BadPhone,
    /// Not an identifier of visible ASCII characters.
    BadId,
    /// Not a GUID.
    BadGuid,
    /// Neither a domain name nor a GUID.
    BadTenant,
    /// Not a date and time.
    BadDateTime,
    /// Not an IANA time zone.
    BadTimeZone,
    /// None of the choices.
    UnknownChoice,
    /// The form has no such field.
    UnknownField,
    /// The field was sent more than once.
    DuplicateField,
    /// The JSON value is no text.
    NotText,
}

impl FaultCode {
    /// One of each, for tests and for lists of messages.
    pub const ALL: [Self; 15] = [
        Self::Missing,
        Self::TooLong(0),
        Self::TooLarge(0),
        Self::ControlChar,
        Self::BadEmail,
        Self::BadPhone,
        Self::BadId,
        Self::BadGuid,
        Self::BadTenant,
        Self::BadDateTime,
        Self::BadTimeZone,
        Self::UnknownChoice,
        Self::UnknownField,
        Self::DuplicateField,
        Self::NotText,
    ];

    /// The code as it stands in an answer.
    pub fn id(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::TooLong(_) => "too_long",
            Self::TooLarge(_) => "too_large",
            Self::ControlChar => "control_char",
            Self::BadEmail => "bad_email",
            Self::BadPhone => "bad_phone",
            Self::BadId => "bad_id",
            Self::BadGuid => "bad_guid",
            Self::BadTenant => "bad_tenant",
            Self::BadDateTime => "bad_date_time",
            Self::BadTimeZone => "bad_time_zone",
            Self::UnknownChoice => "unknown_choice",
            Self::UnknownField => "unknown_field",
            Self::DuplicateField => "duplicate_field",
            Self::NotText => "not_text",
        }
    }

    /// The key of its message in the theme. The messages hold `{label}`, and `{most}` where there is a limit.
    pub fn message_key(self) -> String {
        format!("fault_{}", self.id())
    }

    /// The limit that was passed, if it is a matter of one.
    pub fn most(self) -> Option<usize> {
        match self {
            Self::TooLong(most) | Self::TooLarge(most) => Some(most),
            _ => None,
        }
    }
}
