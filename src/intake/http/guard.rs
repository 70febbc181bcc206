//! What stands against abuse, without a puzzle for people.

pub(super) mod origin;
pub(super) mod rate;
pub(super) mod token;
pub(super) mod work;
