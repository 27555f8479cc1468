//! The site of the guide, as a Python module for a WSGI server: the code is that of squall's example `friendfeed`.
//!
//! ```console
//! $ cargo build --release --example friendfeed_wsgi
//! $ cp target/release/examples/libfriendfeed_wsgi.so friendfeed_wsgi.so
//! $ gunicorn --threads 8 friendfeed_wsgi:application
//! ```
//!
//! `FRIENDFEED_SITE` is the directory of its files, `FRIENDFEED_UPLOADS` the one of uploads, `COOKIE_SECRET` what
//! signs cookies: all processes need the same. `FRIENDFEED_TRUSTED_PROXIES` are the networks of proxies, separated by commas.

#[path = "../../crates/squall/examples/friendfeed/account.rs"]
mod account;
#[path = "../../crates/squall/examples/friendfeed/chat.rs"]
mod chat;
#[path = "../../crates/squall/examples/friendfeed/pages.rs"]
mod pages;
#[path = "../../crates/squall/examples/friendfeed/site.rs"]
mod site;
#[path = "../../crates/squall/examples/friendfeed/uploads.rs"]
mod uploads;

use std::{env, path::PathBuf};

use squall::CookieSecret;
use squall_wsgi::Wsgi;

use self::site::Settings;

/// The directory of the example's files: `static`, `templates`, `translations`.
const SITE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/squall/examples/friendfeed"
);

fn make() -> squall::Result<Wsgi> {
    let path = |variable| env::var_os(variable).map(PathBuf::from);
    let application = site::application(Settings {
        site: path("FRIENDFEED_SITE").unwrap_or_else(|| SITE.into()),
        static_path: None,
        uploads: path("FRIENDFEED_UPLOADS"),
        cookie_secret: env::var("COOKIE_SECRET").or_else(|_| CookieSecret::generate())?,
        debug: false,
        task_id: None,
    })?;
    let wsgi = Wsgi::new(application)?;
    match env::var("FRIENDFEED_TRUSTED_PROXIES") {
        Ok(proxies) => wsgi.trusted_proxies(proxies.split(',')),
        Err(_) => Ok(wsgi),
    }
}

squall_wsgi::application!(friendfeed_wsgi, make);
