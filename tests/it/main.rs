//! Behaviour, from outside.
mod toc;
