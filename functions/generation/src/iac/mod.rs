//! The World as code.
