//! What the tests of the whole share: contracts between parts, and the emulators.

pub mod contract;
pub mod emulator;
pub mod fault_proxy;
pub mod sam_local;
