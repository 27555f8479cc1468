//! The units of `systemd/`, as far as they can be tested without being process 1.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use squall::Limits;
use testkit::{Running, Signal, TempDir, Wire, free_port, temp_dir};

use super::{file, installed::Installed, local, substitute};
use crate::{program::example, supervised::quiet};

/// The units as they are installed; of the templates, the instances for port 8000.
struct Units {
    directory: TempDir,
    installed: Installed,
}

impl Units {
    fn install() -> Self {
        let units = Self {
            directory: temp_dir(),
            installed: Installed::by("systemd/friendfeed.service"),
        };
        let paths = [
            ("/usr/local/bin/friendfeed", example().display().to_string()),
            ("/srv/friendfeed", units.installed.site()),
            ("/etc/friendfeed.env", units.installed.env_file()),
            ("/usr/local/bin/squall", example().display().to_string()),
        ];
        let paths = paths.each_ref().map(|(from, to)| (*from, &**to));
        for (from, to, substitutions) in [
            ("friendfeed.service", "friendfeed.service", &paths[..]),
            ("friendfeed.socket", "friendfeed.socket", &[]),
            (
                "friendfeed@.service",
                "friendfeed@8000.service",
                &paths[..3],
            ),
            ("friendfeed@.socket", "friendfeed@8000.socket", &[]),
            ("hardening.conf", "friendfeed.service.d/hardening.conf", &[]),
            (
                "hardening.conf",
                "friendfeed@8000.service.d/hardening.conf",
                &[],
            ),
        ] {
            let to = units.path(to);
            fs::create_dir_all(to.parent().expect("a file in a directory")).expect("it is ours");
            fs::write(to, file(&format!("systemd/{from}"), substitutions)).expect("it is ours");
        }
        units
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Returns the value of a setting that a unit has once, for port 8000.
    fn setting(&self, unit: &str, name: &str) -> String {
        let text = fs::read_to_string(self.path(unit)).expect("it is installed");
        let mut values = text
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let value = values.next().expect(name).replace("%i", "8000");
        assert_eq!(values.next(), None, "{unit} has {name} once");
        value
    }
}

const UNITS: [&str; 4] = [
    "friendfeed.service",
    "friendfeed.socket",
    "friendfeed@8000.service",
    "friendfeed@8000.socket",
];

#[test]
fn units_pass_systemd_analyze_verify() {
    let Some(analyze) = testkit::outside("systemd-analyze") else {
        return;
    };
    let units = Units::install();
    // Without the manual pages that a unit may name, and with warnings as errors.
    let mut verify = Command::new(analyze);
    verify
        .args(["verify", "--man=no"])
        .args(UNITS.map(|unit| units.path(unit)));
    let output = verify.output().expect("it is there");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn services_have_low_exposure() {
    let Some(analyze) = testkit::outside("systemd-analyze") else {
        return;
    };
    let units = Units::install();
    for unit in ["friendfeed.service", "friendfeed@8000.service"] {
        let mut security = Command::new(&analyze);
        // In tenths: an exposure of 2.0, which systemd calls OK. Without the drop-in it is above 6.
        security.args(["security", "--offline=true", "--threshold=20", "--no-pager"]);
        let output = security
            .arg(units.path(unit))
            .output()
            .expect("it is there");
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn service_serves_on_the_socket_of_its_unit() {
    let Some(activate) = testkit::outside("systemd-socket-activate") else {
        return;
    };
    let units = Units::install();
    for (name, port) in [("friendfeed", "8888"), ("friendfeed@8000", "8000")] {
        let free = free_port();
        let setting = |unit: &str, name: &str| {
            substitute(units.setting(unit, name), &[(port, &free.to_string())])
        };
        let listen = setting(&format!("{name}.socket"), "ListenStream");
        let start = setting(&format!("{name}.service"), "ExecStart");
        let env_file = units.setting(&format!("{name}.service"), "EnvironmentFile");
        assert_eq!(env_file, units.installed.env_file());
        let (variable, secret) = units.installed.env();
        let mut command = Command::new(&activate);
        quiet(&mut command, units.directory.path())
            .env(&variable, secret)
            .arg(format!("--listen={listen}"))
            // systemd-socket-activate passes only the environment variables of `-E`.
            .args(["--setenv=TMPDIR", "--setenv=RUST_LOG"])
            .arg(format!("--setenv={variable}"))
            .args(start.split(' '));
        let mut running = Running::spawn(&mut command);
        running.wait_line("Listening on");
        let mut wire = Wire::connect(local(free));
        wire.send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(wire.response().status, 200, "{start}");
        units.installed.is_served_at(local(free));
        running.signal(Signal::Term);
        assert_eq!(running.wait().code(), Some(0), "{start}");
    }
}

#[test]
fn stop_timeout_is_longer_than_the_shutdown() {
    let units = Units::install();
    let one = Limits::default().longest_shutdown();
    for (unit, least) in [
        ("friendfeed@8000.service", one),
        // The supervisor's margin beyond the graceful timeout.
        ("friendfeed.service", one + Duration::from_secs(5)),
    ] {
        let seconds = units.setting(unit, "TimeoutStopSec");
        let timeout = Duration::from_secs(seconds.parse().expect("seconds"));
        assert!(timeout > least, "{unit}: {seconds}");
    }
}
