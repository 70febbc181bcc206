//! What stands against abuse, without a puzzle for people.

pub(super) mod limits;
pub(super) mod origin;
mod rate;
pub(super) mod token;
pub(super) mod work;
