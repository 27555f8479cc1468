//! The site of Tornado's guide to running and deploying; every capability of squall has a page.
//!
//! Run with `cargo run --example friendfeed`, then open <http://127.0.0.1:8888/>.
//! `-- --help` shows the flags; those for HTTPS need `--features tls`.

mod account;
mod chat;
mod pages;
mod site;
mod uploads;

use std::{net::IpAddr, path::PathBuf, time::Duration};

use clap::Parser;
use squall::{Application, Bind, CookieSecret, Limits, Server, get};

use self::site::{Settings, Site};

/// The directory of the example's files: `static`, `templates`, `translations`.
const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/friendfeed");

/// The environment variable that passes the supervisor's cookie secret to its workers.
const COOKIE_SECRET: &str = "COOKIE_SECRET";

/// The site of the guide.
#[derive(Parser)]
struct Flags {
    /// Listen on this interface
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// Listen on this port; 0 selects a free one
    #[arg(long, default_value_t = 8888)]
    port: u16,
    /// Listen on this unix socket as well
    #[arg(long, value_name = "PATH")]
    unix: Option<PathBuf>,
    /// Trust the forwarding headers of proxies on this machine
    #[arg(long)]
    xheaders: bool,
    /// Trust the forwarding headers of proxies of this network; can be repeated
    #[arg(long, value_name = "CIDR")]
    trusted_proxy: Vec<String>,
    /// Require the PROXY protocol header, from load balancers of this network; can be repeated
    #[arg(long, value_name = "CIDR")]
    proxy_protocol: Vec<String>,
    /// Serve HTTPS with the certificate chain of this PEM file
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Read templates, translations and static files from this directory
    #[arg(long, value_name = "DIR", default_value = SITE)]
    site: PathBuf,
    /// Serve static files from this directory instead
    #[arg(long, value_name = "DIR")]
    static_path: Option<PathBuf>,
    /// Save uploads in this directory, which is created. Default: no uploads
    #[arg(long, value_name = "DIR")]
    uploads: Option<PathBuf>,
    /// Sign cookies with this secret, from `squall secret`. Default: a new secret at each start,
    /// which invalidates all sessions
    #[arg(long, env = COOKIE_SECRET, hide_env_values = true)]
    cookie_secret: Option<String>,
    /// Debug mode: show tracebacks, and reload after changes of the program and of its files
    #[arg(long)]
    debug: bool,
    /// Serve in this many processes; 0 starts one for each CPU
    #[arg(long, default_value_t = 1)]
    processes: usize,
    /// Serve on this many threads in each process
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Keep serving for this many seconds after a stop signal, while `/readyz` returns 503
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    drain_delay: u64,
}

fn main() -> squall::Result<()> {
    let mut flags = Flags::parse();
    let secret = match flags.cookie_secret.take() {
        Some(secret) => secret,
        None => CookieSecret::generate()?,
    };
    let server = Server::new(application(&flags, &secret)?)
        // All workers sign with the same secret.
        .supervisor(|supervisor| {
            supervisor.before_spawn(move |_, command| {
                command.env(COOKIE_SECRET, &secret);
            })
        })
        .threads(flags.threads)
        .limits(Limits::default().drain_delay(Duration::from_secs(flags.drain_delay)))
        .xheaders(flags.xheaders);
    let mut server = bind(server, &flags)?;
    if !flags.trusted_proxy.is_empty() {
        server = server.trusted_proxies(flags.trusted_proxy)?;
    }
    if !flags.proxy_protocol.is_empty() {
        server = server.proxy_protocol(flags.proxy_protocol)?;
    }
    if let Some(path) = flags.unix {
        server = server.bind(Bind::unix(path))?;
    }
    server.start(flags.processes)
}

/// Listens on the address of the flags, with TLS if they name a certificate.
fn bind(server: Server, flags: &Flags) -> squall::Result<Server> {
    let address = (flags.address, flags.port);
    #[cfg(feature = "tls")]
    if let (Some(cert), Some(key)) = (&flags.tls_cert, &flags.tls_key) {
        return server.bind_tls(address, squall::Tls::new(cert, key));
    }
    server.bind(address)
}

/// The site, and the counters of this service, which other servers do not have.
fn application(flags: &Flags, secret: &str) -> squall::Result<Application<Site>> {
    let application = site::application(Settings {
        site: flags.site.clone(),
        static_path: flags.static_path.clone(),
        uploads: flags.uploads.clone(),
        cookie_secret: secret.to_owned(),
        debug: flags.debug,
        task_id: squall::task_id(),
    })?;
    Ok(application.route("/metrics", get(squall::metrics)))
}
