//! The plan as documents that people read.
