//! The WSGI servers of the tests, each with a module of the examples.

use std::{
    env,
    fs::{self, Permissions},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use testkit::{Reply, Running, Signal, TempDir, Wire, free_port, outside, temp_dir, wait_until};

/// The directory of the package.
pub(crate) const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// Signs the cookies of both sides.
pub(crate) const SECRET: &str = "XmkIdK0u3n8Sv1bhvGvLrL1a2JQhDT5qVnpB0kSjqXk";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    /// Python's own server, with a validator around the application.
    Validate,
    GunicornSync,
    GunicornThreads,
    Uwsgi,
    Waitress,
    Granian,
    /// In Debian's Apache.
    ModWsgi,
}

pub(crate) const ALL: [Container; 7] = [
    Container::Validate,
    Container::GunicornSync,
    Container::GunicornThreads,
    Container::Uwsgi,
    Container::Waitress,
    Container::Granian,
    Container::ModWsgi,
];

/// A server with an application in it.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) running: Running,
    files: TempDir,
}

/// How a server is started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options<'a> {
    /// `module:callable`.
    pub(crate) application: &'a str,
    pub(crate) processes: usize,
    /// Further arguments of the server.
    pub(crate) arguments: &'a [&'a str],
    /// Environment variables.
    pub(crate) variables: &'a [(&'a str, &'a str)],
    /// A module of Python's own, beside ours.
    pub(crate) script: Option<(&'a str, &'a str)>,
}

pub(crate) const FRIENDFEED: Options<'static> = Options {
    application: "friendfeed_wsgi:application",
    processes: 1,
    arguments: &[],
    variables: &[],
    script: None,
};

pub(crate) const PROBE: Options<'static> = Options {
    application: "probe_wsgi:application",
    ..FRIENDFEED
};

/// Makes a directory with the modules of the examples, as Python finds them.
pub(crate) fn modules() -> TempDir {
    let directory = temp_dir();
    let test = env::current_exe().expect("a test has a path");
    let examples = test
        .ancestors()
        .nth(2)
        .expect("it is in target/debug/deps")
        .join("examples");
    for module in ["friendfeed_wsgi", "hello_wsgi", "probe_wsgi"] {
        let built = examples.join(format!("lib{module}.so"));
        assert!(
            built.is_file(),
            "{built:?} is missing: cargo build --examples"
        );
        symlink(built, directory.path().join(format!("{module}.so"))).expect("an empty directory");
    }
    directory
}

impl Container {
    /// Starts the server; `None` if it is not installed.
    pub(crate) fn start(self, options: Options<'_>) -> Option<Site> {
        let files = modules();
        if let Some((name, text)) = options.script {
            fs::write(files.path().join(name), text).expect("there is room");
        }
        let port = free_port();
        let mut command = self.command(&options, files.path(), port)?;
        command
            .current_dir(files.path())
            .env("PYTHONPATH", files.path())
            .env("COOKIE_SECRET", SECRET)
            .envs(options.variables.iter().copied());
        let running = Running::spawn(&mut command);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        wait_until("the server listens", || TcpStream::connect(address).is_ok());
        Some(Site {
            address,
            running,
            files,
        })
    }

    fn command(self, options: &Options<'_>, files: &Path, port: u16) -> Option<Command> {
        let address = format!("127.0.0.1:{port}");
        let processes = options.processes.to_string();
        let (module, callable) = options
            .application
            .split_once(':')
            .expect("module:callable");
        let command = match self {
            Self::Validate => {
                let script = files.join("validated.py");
                let text = VALIDATED
                    .replace("MODULE", module)
                    .replace("CALLABLE", callable);
                fs::write(&script, text.replace("PORT", &port.to_string())).expect("there is room");
                let mut command = Command::new(outside("python3")?);
                command.arg(script);
                command
            }
            Self::GunicornSync | Self::GunicornThreads => {
                let threads = if self == Self::GunicornSync { "1" } else { "8" };
                let mut command = Command::new(outside("gunicorn")?);
                command
                    .args([
                        "--bind",
                        &address,
                        "--workers",
                        &processes,
                        "--threads",
                        threads,
                    ])
                    // Its control socket has one place for all servers of a user.
                    .args(["--no-control-socket", "--graceful-timeout", "10"])
                    .args(options.arguments)
                    .arg(options.application);
                command
            }
            Self::Uwsgi => {
                let mut command = Command::new(outside("uwsgi")?);
                command
                    .args(["--http-socket", &address, "--processes", &processes])
                    .args(["--module", options.application, "--pythonpath"])
                    .arg(files)
                    .args([
                        "--master",
                        "--die-on-term",
                        "--need-app",
                        "--disable-logging",
                    ]);
                command
            }
            Self::Waitress => {
                let mut command = Command::new(outside("waitress-serve")?);
                command
                    .arg(format!("--listen={address}"))
                    .arg("--threads=8")
                    .args(options.arguments)
                    .arg(options.application);
                command
            }
            Self::Granian => {
                let mut command = Command::new(outside("granian")?);
                command
                    .args(["--interface", "wsgi", "--host", "127.0.0.1", "--port"])
                    .arg(port.to_string())
                    .args(["--workers", &processes, "--blocking-threads", "8"])
                    .args(options.arguments)
                    .arg(options.application);
                command
            }
            Self::ModWsgi => {
                let module_file = outside("mod_wsgi.so")?;
                let mut command = unprivileged(&outside("apache2")?, files)?;
                let script = format!("from {module} import {callable} as application\n");
                fs::write(files.join("site.wsgi"), script).expect("there is room");
                let configuration = files.join("apache2.conf");
                let is_sub = options.variables.contains(&("SUB_INTERPRETER", "1"));
                let group = if is_sub { "other" } else { "%{GLOBAL}" };
                let text = APACHE
                    .replace("GROUP", group)
                    .replace("FILES", &files.to_string_lossy())
                    .replace("MODULE", &module_file.to_string_lossy())
                    .replace("PROCESSES", &processes)
                    .replace("PORT", &port.to_string());
                fs::write(&configuration, text).expect("there is room");
                command.args(["-D", "FOREGROUND", "-f"]).arg(configuration);
                command
            }
        };
        Some(command)
    }
}

/// Returns a command of another user than root, as which mod_wsgi runs nothing, and lets that user have the
/// directory.
fn unprivileged(program: &Path, files: &Path) -> Option<Command> {
    if fs::metadata("/proc/self").is_ok_and(|own| own.uid() != 0) {
        return Some(Command::new(program));
    }
    let everyone = |path: &Path| fs::set_permissions(path, Permissions::from_mode(0o777));
    everyone(files).expect("it is ours");
    let mut command = Command::new(outside("setpriv")?);
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(program);
    Some(command)
}

impl Site {
    /// Sends a request on a connection of its own.
    pub(crate) fn send(&self, request: &[u8]) -> Reply {
        let mut wire = Wire::connect(self.address);
        wire.send(request);
        let method = request
            .split(|&byte| byte == b' ')
            .next()
            .unwrap_or_default();
        wire.response_to(&String::from_utf8_lossy(method))
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(
            format!("GET {path} HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n").as_bytes(),
        )
    }

    /// Returns the number of the process that responds.
    pub(crate) fn worker(&self) -> u32 {
        self.get("/pid").text().parse().expect("a number")
    }

    /// Returns the log so far; Apache has a file of its own.
    pub(crate) fn log(&self) -> String {
        let file = fs::read_to_string(self.files.path().join("error.log"));
        self.running.output() + &file.unwrap_or_default()
    }

    /// Ends the server as an operator does, and returns its log.
    pub(crate) fn stop(mut self) -> String {
        self.running.signal(Signal::Term);
        self.running.wait();
        self.log()
    }
}

/// Returns an interpreter, and a directory with the modules.
pub(crate) fn python(script: &str) -> Option<(Command, TempDir)> {
    let files = modules();
    let path = files.path().join("script.py");
    fs::write(&path, script).expect("there is room");
    let mut command = Command::new(outside("python3")?);
    command
        .arg(path)
        .env("PYTHONPATH", files.path())
        .env("COOKIE_SECRET", SECRET);
    Some((command, files))
}

/// Returns the example `friendfeed` of squall, which the tests of the workspace build.
pub(crate) fn native() -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    let own = test.ancestors().nth(2).expect("it is in target/debug/deps");
    let workspace = Path::new(PACKAGE).join("../target/debug");
    let places = [own, &workspace].map(|place| place.join("examples/friendfeed"));
    let found = places.into_iter().find(|place| place.is_file());
    found.expect("the example is built: cargo build -p squall --example friendfeed")
}

const VALIDATED: &str = r#"
import socketserver
from wsgiref import simple_server, validate
from MODULE import CALLABLE as application

class Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True

simple_server.make_server("127.0.0.1", PORT, validate.validator(application), Server).serve_forever()
"#;

const APACHE: &str = r#"
ServerName site
ServerRoot FILES
PidFile FILES/apache2.pid
Listen 127.0.0.1:PORT
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule wsgi_module MODULE
ErrorLog FILES/error.log
AcceptPathInfo On
AllowEncodedSlashes NoDecode
WSGISocketPrefix FILES/wsgi
WSGIDaemonProcess site processes=PROCESSES threads=8 home=FILES python-path=FILES
WSGIProcessGroup site
WSGIApplicationGroup GROUP
WSGIScriptAlias / FILES/site.wsgi
<Directory FILES>
    Require all granted
</Directory>
"#;
