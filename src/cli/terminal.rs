//! What the terminal can show.

use std::io::IsTerminal;

/// Whether a stream takes colour and progress: it is a terminal that is not `dumb`.
pub(super) fn is_lively(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether a stream takes colour: it is lively, and `NO_COLOR` is unset or empty (<https://no-color.org>).
pub(super) fn takes_colour(stream: &impl IsTerminal) -> bool {
    is_lively(stream) && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
