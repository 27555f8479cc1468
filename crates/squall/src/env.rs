//! `env`: settings from environment variables, with errors that name the variable.

use std::{env::VarError, error::Error as StdError, fmt};

use crate::{Error, Result};

/// Returns the value of an environment variable, for a setting that has to be there.
///
/// # Errors
///
/// If the variable is not set, is empty, or is not Unicode. The error names the variable; that of a
/// cookie secret also names the command that makes one. It never has the value.
///
/// # Examples
///
/// ```no_run
/// use squall::Application;
///
/// fn main() -> squall::Result<()> {
///     Application::new()
///         .cookie_secret(squall::env("COOKIE_SECRET")?)
///         .listen(8888)
/// }
/// ```
#[track_caller]
pub fn env(name: &str) -> Result<String> {
    check(name, std::env::var(name)).map_err(Error::new)
}

/// A variable that cannot be used.
#[derive(Debug)]
struct EnvError {
    name: String,
    fault: &'static str,
}

fn check(name: &str, value: Result<String, VarError>) -> Result<String, EnvError> {
    let fault = match value {
        Ok(value) if value.is_empty() => "is empty",
        Ok(value) => return Ok(value),
        Err(VarError::NotPresent) => "is not set",
        Err(VarError::NotUnicode(_)) => "is not Unicode",
    };
    Err(EnvError {
        name: name.to_owned(),
        fault,
    })
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, fault } = self;
        write!(f, "the environment variable {name} {fault}")?;
        if name.ends_with("COOKIE_SECRET") {
            write!(
                f,
                "; the command `squall secret` prints a value for it: `export {name}=$(squall secret)`"
            )?;
        }
        Ok(())
    }
}

impl StdError for EnvError {}

#[cfg(test)]
mod tests {
    use std::{env::VarError, ffi::OsString};

    use super::check;

    #[test]
    fn errors_name_the_variable_and_the_valid_values() {
        let not_unicode = || VarError::NotUnicode(OsString::from("value"));
        for (name, value, expected) in [
            ("PORT", Ok("8888".to_owned()), Ok("8888")),
            ("PORT", Err(VarError::NotPresent), Err("PORT is not set")),
            ("PORT", Ok(String::new()), Err("PORT is empty")),
            ("PORT", Err(not_unicode()), Err("PORT is not Unicode")),
            (
                "COOKIE_SECRET",
                Err(VarError::NotPresent),
                Err(
                    "COOKIE_SECRET is not set; the command `squall secret` prints a value for it: \
                     `export COOKIE_SECRET=$(squall secret)`",
                ),
            ),
        ] {
            let found = check(name, value).map_err(|error| error.to_string());
            let expected = expected.map(str::to_owned);
            let expected = expected.map_err(|fault| format!("the environment variable {fault}"));
            assert_eq!(found, expected, "{name}");
        }
    }
}
