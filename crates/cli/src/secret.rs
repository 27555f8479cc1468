//! `squall secret`: generates a secret for signed cookies.

use std::process::ExitCode;

use clap::Args;
use squall_cookies::CookieSecret;

use crate::{print, print_error};

/// Generate a cookie secret: 32 random bytes as text.
#[derive(Args)]
pub(crate) struct Secret {}

pub(crate) fn run(_: &Secret) -> ExitCode {
    match CookieSecret::generate() {
        Ok(secret) => print::output(&secret),
        Err(error) => {
            print_error(&format!(
                "cannot read random bytes from the system: {error}"
            ));
            ExitCode::FAILURE
        }
    }
}
