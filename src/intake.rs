//! The counter: takes what readers send, keeps it, and mails it to the desk until the mail server has it.
//!
//! HTTP handlers (`http`) and the mail worker (`worker`) meet only in the `store`.

pub mod authorities;
pub mod crash;
pub mod http;
pub mod ids;
pub mod letter;
pub mod mailer;
pub mod outbox;
pub mod retry;
pub mod store;
pub mod submission;
pub mod worker;
