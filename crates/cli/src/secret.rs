//! `squall secret`: what an application signs cookies with.

use std::process::ExitCode;

use clap::Args;
use squall_cookies::CookieSecret;

use crate::{complain, say};

/// Make up a cookie secret: 32 random bytes, as text.
#[derive(Args)]
pub(crate) struct Secret {}

pub(crate) fn run(_: &Secret) -> ExitCode {
    match CookieSecret::generate() {
        Ok(secret) => {
            say(&secret);
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("the system gives no random bytes: {error}"));
            ExitCode::FAILURE
        }
    }
}
