//! The product, deployed as anybody deploys it, at work in emulators.

mod accounts;
mod auth;
mod choices;
mod cycle;
mod estate;
mod faults;
mod operations;
mod scale;
