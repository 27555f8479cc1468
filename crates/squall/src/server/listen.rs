//! Listen configuration: addresses to bind, or the sockets that were passed in.

use std::fmt;

use squall_server::{Address, Bind, Listener, Listening, Server, inherited};

use super::tls::{self, Tls};
use crate::{Error, Result, prefork};

/// The name of a socket for HTTPS in `LISTEN_FDNAMES`.
const HTTPS: &str = "https";

/// The addresses to bind, with their TLS settings, and bound listeners.
#[derive(Debug, Default)]
pub(crate) struct ListenConfig {
    pub(crate) binds: Vec<(Bind, Option<Tls>)>,
    pub(crate) listeners: Vec<Listener>,
}

impl ListenConfig {
    pub(crate) fn has_tls(&self) -> bool {
        self.binds.iter().any(|(_, tls)| tls.is_some())
    }

    /// Returns the addresses to bind, with the names of their sockets.
    pub(crate) fn into_named(self) -> impl Iterator<Item = (Bind, Option<&'static str>)> {
        let binds = self.binds.into_iter();
        binds.map(|(bind, tls)| (bind, tls.is_some().then_some(HTTPS)))
    }

    /// Binds bare ports to loopback only, for debug mode.
    pub(crate) fn on_loopback(mut self) -> Self {
        for (bind, _) in &mut self.binds {
            *bind = bind.clone().bare_port_on_loopback();
        }
        self
    }

    /// Listens on the sockets that were passed in, else on the configured addresses.
    pub(crate) fn listen(self, mut server: Server) -> Result<Listening> {
        // A worker may get a port of its own from the supervisor, without any `bind` in the
        // program.
        let passed = if self.binds.is_empty() && !prefork::is_worker() {
            Vec::new()
        } else {
            inherited()?
        };
        if !passed.is_empty() {
            let mut has_tls = false;
            for socket in passed {
                let tls = self.tls_for(socket.listener.address(), socket.name.as_deref())?;
                has_tls |= tls.is_some();
                server = match tls {
                    Some(tls) => tls::listener(server, socket.listener, tls),
                    None => server.listener(socket.listener),
                };
            }
            if self.has_tls() && !has_tls {
                return Err(Error::new(format!(
                    "bind_tls: no socket that was passed in has its address or the name {HTTPS:?}"
                )));
            }
        } else {
            for (bind, tls) in self.binds {
                server = match tls {
                    Some(tls) => tls::bind(server, bind, tls),
                    None => server.bind(bind),
                };
            }
        }
        server = self.listeners.into_iter().fold(server, Server::listener);
        Ok(server.listen()?)
    }

    /// Returns the TLS settings of a socket that was passed in: by its address, else by its name.
    /// If all addresses are for HTTPS, the socket is as well.
    fn tls_for(&self, address: &Address, name: Option<&str>) -> Result<Option<Tls>> {
        for (bind, tls) in &self.binds {
            if bind.resolve()?.iter().any(|bound| is_same(bound, address)) {
                return Ok(tls.clone());
            }
        }
        let mut settings = self.binds.iter().filter_map(|(_, tls)| tls.as_ref());
        let only_tls = self.binds.iter().all(|(_, tls)| tls.is_some());
        match (settings.next(), settings.next()) {
            (only, None) if only_tls || name == Some(HTTPS) => Ok(only.cloned()),
            (_, Some(_)) if only_tls || name == Some(HTTPS) => Err(Error::new(format!(
                "bind_tls: several of them match the socket on {address} that was passed in"
            ))),
            _ => Ok(None),
        }
    }
}

/// Whether the addresses are the same. `0.0.0.0` and `[::]` are, because a bare port may bind
/// either.
fn is_same(bound: &Address, passed: &Address) -> bool {
    match (bound.tcp(), passed.tcp()) {
        (Some(bound), Some(passed)) => {
            let all = bound.ip().is_unspecified() && passed.ip().is_unspecified();
            bound.port() == passed.port() && (all || bound.ip() == passed.ip())
        }
        _ => bound == passed,
    }
}

/// The log line with the address of a listener.
pub(crate) struct Banner<'a> {
    pub(crate) address: &'a Address,
    pub(crate) is_encrypted: bool,
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.address.tcp(), self.is_encrypted) {
            (None, _) => "",
            (Some(_), false) => "http://",
            (Some(_), true) => "https://",
        };
        let process = std::process::id();
        write!(
            f,
            "listening on {scheme}{} (process {process}",
            self.address
        )?;
        prefork::task_id()
            .iter()
            .try_for_each(|id| write!(f, ", task {id}"))?;
        f.write_str(")")
    }
}

#[cfg(all(test, feature = "tls"))]
mod tests {
    use super::*;

    #[test]
    fn passed_sockets_get_tls_settings_by_address_then_name() {
        let tls = || Some(Tls::new("chain.pem", "key.pem"));
        let plain = |text: &str| (Bind::new(text), None);
        let https = |text: &str| (Bind::new(text), tls());
        for (binds, address, name, expected) in [
            (
                vec![https("127.0.0.1:443")],
                "127.0.0.1:443",
                None,
                Some(true),
            ),
            (vec![https("443")], "0.0.0.0:443", None, Some(true)),
            (vec![https("443")], "127.0.0.1:8000", None, Some(true)),
            (vec![https("unix:a")], "unix:a", None, Some(true)),
            (
                vec![plain("80"), https("443")],
                "[::]:443",
                None,
                Some(true),
            ),
            (
                vec![plain("80"), https("443")],
                "[::]:80",
                None,
                Some(false),
            ),
            (
                vec![plain("80"), https("443")],
                "[::]:80",
                Some(HTTPS),
                Some(false),
            ),
            (
                vec![plain("80"), https("443")],
                "[::]:8443",
                Some(HTTPS),
                Some(true),
            ),
            (
                vec![plain("80"), https("443")],
                "[::]:8443",
                Some("squall"),
                Some(false),
            ),
            (vec![plain("80")], "[::]:8443", Some(HTTPS), Some(false)),
            (vec![], "[::]:8000", None, Some(false)),
            (
                vec![https("443"), https("444")],
                "[::]:444",
                None,
                Some(true),
            ),
            (vec![https("443"), https("444")], "[::]:445", None, None),
        ] {
            let shown = format!("{binds:?} {address} {name:?}");
            let config = ListenConfig {
                binds,
                listeners: Vec::new(),
            };
            let found = config.tls_for(&address.parse().unwrap(), name);
            assert_eq!(found.ok().map(|tls| tls.is_some()), expected, "{shown}");
        }
    }
}
