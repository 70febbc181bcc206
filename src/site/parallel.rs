//! Parallel files.
