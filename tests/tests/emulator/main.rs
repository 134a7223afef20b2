//! The product, deployed as anybody deploys it, at work in emulators.

mod auth;
mod choices;
mod cycle;
mod estate;
mod faults;
