//! The check of a supervisor's settings, before anything is bound or started.

use squall_listen::{Bind, ListenError};

use crate::{
    ConfigError, Error, MAX_PROCESSES, Readiness, Supervisor,
    sockets::{Endpoint, Sockets},
    system,
};

impl Supervisor {
    pub(crate) fn endpoints(&self) -> Result<Vec<Endpoint>, ListenError> {
        let ports = self.ports.iter();
        let ports = ports.map(|(interface, ports)| Bind::from((*interface, ports.start)));
        let ports: Vec<Bind> = ports.collect();
        let binds = self.listen.iter().map(|(_, bind)| bind).chain(&ports);
        let targets = squall_listen::Endpoint::plan(binds)?;
        let endpoint = |target: squall_listen::Endpoint| {
            let named = self.listen.get(target.bind_index());
            Endpoint {
                name: named.map_or("squall", |(name, _)| name).to_owned(),
                target,
                apart: named.is_none(),
            }
        };
        Ok(targets.into_iter().map(endpoint).collect())
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.endpoints()?;
        let processes = self.size();
        if processes > MAX_PROCESSES {
            return Err(ConfigError::TooManyProcesses(processes).into());
        }
        if let Some((_, ports)) = &self.ports
            && (ports.len() < processes || ports.start == 0)
        {
            let ports = ports.clone();
            return Err(ConfigError::TooFewPorts { ports, processes }.into());
        }
        if let Some(directory) = self.current_dir.as_ref().filter(|path| !path.is_dir()) {
            return Err(ConfigError::Directory(directory.clone()).into());
        }
        if self.start_timeout.is_zero() {
            return Err(ConfigError::ZeroTimeout("start_timeout").into());
        }
        if self.worker_timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(ConfigError::ZeroTimeout("worker_timeout").into());
        }
        if self.max_requests == Some(0) {
            return Err(ConfigError::ZeroLimit("max_requests").into());
        }
        if self.max_rss == Some(0) {
            return Err(ConfigError::ZeroLimit("max_rss").into());
        }
        if let Readiness::Http(check) = &self.readiness {
            check.check()?;
        }
        Ok(())
    }

    /// Checks that the supervisor can connect to its workers, if their readiness depends on it.
    pub(crate) fn check_connects(&self, sockets: &Sockets) -> Result<(), Error> {
        if !self.readiness.connects() {
            return Ok(());
        }
        let reason = if sockets.has_addresses() {
            let Err(error) = system::check_acceptors() else {
                return Ok(());
            };
            format!(
                "cannot find out which process accepts a connection, which needs Linux, /proc and \
                 netlink sockets (systemd: RestrictAddressFamilies=AF_NETLINK …): {error}; \
                 use notify or exec"
            )
        } else {
            "the supervisor has no socket to connect to: set an address to listen on".to_owned()
        };
        let readiness = self.readiness.to_string();
        Err(ConfigError::Connects { readiness, reason }.into())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::HealthCheck;

    #[test]
    fn wrong_settings() {
        let new = || Supervisor::new().processes(2);
        let cases = [
            (new().listen("nowhere"), "\"nowhere\" is not an address"),
            (
                new().ports(8000..8001),
                "ports 8000..8001 are too few for 2 processes",
            ),
            (new().ports(0..4), "ports 0..4"),
            (
                new().processes(1_000_000),
                "1000000 processes are more than",
            ),
            (
                new().start_timeout(Duration::ZERO),
                "start_timeout must not be zero",
            ),
            (
                new().worker_timeout(Duration::ZERO),
                "worker_timeout must not be zero",
            ),
            (new().max_requests(0), "max_requests must be at least 1"),
            (
                new().current_dir("/missing"),
                "the working directory /missing is no directory",
            ),
            (new().current_dir("/dev/null"), "/dev/null is no directory"),
            (
                new().listen(Bind::unix("/run/app.sock").unix_mode(0o1777)),
                "unix_mode(0o1777): expected 0 to 0o777",
            ),
            (new().max_rss(0), "max_rss must be at least 1"),
            (
                new().readiness(Readiness::Http(HealthCheck::get("healthz"))),
                "\"http:healthz\" is no readiness: expected notify, exec, listening, http:/PATH",
            ),
            (
                new().readiness(Readiness::Listening),
                "readiness listening: the supervisor has no socket to connect to",
            ),
        ];
        for (supervisor, expected) in cases {
            let error = supervisor.run().unwrap_err();
            assert!(error.is_config(), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
