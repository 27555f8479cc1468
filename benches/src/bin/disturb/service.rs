//! The services that are disturbed, each with two workers.

use std::{
    env,
    fs::{self, OpenOptions},
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use benches::{
    Result,
    process::{children, signal},
};
use rustix::process::Signal;
use squall_prefork::control::{Client, find_in};
use testkit::{TempDir, find_outside, free_port, temp_dir, wait_until};

use crate::process::Process;

/// Appended to an executable to make another build of it.
const MARK: &[u8] = b"another build";

/// A service on a port of 127.0.0.1.
pub(crate) struct Service {
    process: Process,
    pub(crate) address: SocketAddr,
    directory: TempDir,
    reload: fn(&Self) -> Result<()>,
}

impl Service {
    fn start(
        command: &mut Command,
        port: u16,
        directory: TempDir,
        reload: fn(&Self) -> Result<()>,
    ) -> Result<Self> {
        let service = Self {
            process: Process::start(command.stdout(Stdio::null()))?,
            address: ([127, 0, 0, 1], port).into(),
            directory,
            reload,
        };
        wait_until("the service to listen with two workers", || {
            // Python's `multiprocessing` may have a helper beside them.
            TcpStream::connect(service.address).is_ok()
                && children(service.process.pid()).is_ok_and(|workers| workers.len() >= 2)
        });
        Ok(service)
    }

    /// Replaces all workers, by the method that the service's manual documents.
    pub(crate) fn reload(&self) -> Result<()> {
        (self.reload)(self)
    }

    pub(crate) fn oldest_worker(&self) -> Result<u32> {
        let workers = children(self.process.pid())?;
        Ok(*workers.first().ok_or("there is no worker")?)
    }

    /// Puts another build in the place of squall's program, and sees both of them answer.
    pub(crate) fn upgrade(&self) -> Result<()> {
        if self.is_another_build()? {
            return Err("the first build is the second one".into());
        }
        let beside = self.path("new");
        fs::copy(self.path("program"), &beside)?;
        OpenOptions::new()
            .append(true)
            .open(&beside)?
            .write_all(MARK)?;
        fs::rename(beside, self.path("program"))?;
        self.supervisor()?.upgrade()?;
        // A worker of the first build may still answer who was in its queue.
        wait_until("the second build to answer", || {
            self.is_another_build().unwrap_or(false)
        });
        Ok(())
    }

    /// Whether the process that answers runs the other build.
    fn is_another_build(&self) -> Result<bool> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET /whoami HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        let whoami: serde_json::Value = serde_json::from_str(body)?;
        let executable = fs::read(format!("/proc/{}/exe", whoami["pid"]))?;
        Ok(executable.ends_with(MARK))
    }

    /// Of squall alone.
    fn supervisor(&self) -> Result<Client> {
        let found = find_in(self.directory.path());
        let path = found.first().ok_or("no supervisor answers")?;
        Ok(Client::connect(path)?)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// The example `friendfeed` in a place where it can be replaced.
pub(crate) fn squall() -> Result<Option<Service>> {
    let (directory, port) = (temp_dir(), free_port());
    let built = env::current_exe()?.with_file_name("examples/friendfeed");
    let program = directory.path().join("program");
    fs::copy(&built, &program).map_err(|error| format!("{}: {error}", built.display()))?;
    let mut command = Command::new(program);
    command
        .args(["--processes", "2", "--port", &port.to_string()])
        .env("RUNTIME_DIRECTORY", directory.path());
    Service::start(&mut command, port, directory, reload_squall).map(Some)
}

fn reload_squall(service: &Service) -> Result<()> {
    service.supervisor()?.reload()?;
    Ok(())
}

/// As Debian has it.
pub(crate) fn nginx() -> Result<Option<Service>> {
    let Some(nginx) = find_outside("nginx") else {
        return Ok(None);
    };
    let (directory, port) = (temp_dir(), free_port());
    let settings = format!(
        "worker_processes 2;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 \"Hello, world\\n\"; }}
    }}
}}
"
    );
    fs::write(directory.path().join("nginx.conf"), settings)?;
    let mut command = of_nginx(&nginx, directory.path());
    command.args(["-g", "daemon off;"]);
    let reload = |service: &Service| {
        let nginx = find_outside("nginx").ok_or("nginx was here")?;
        let mut command = of_nginx(&nginx, service.directory.path());
        let status = command
            .args(["-s", "reload"])
            .stderr(Stdio::null())
            .status()?;
        status
            .success()
            .then_some(())
            .ok_or("nginx does not reload".into())
    };
    Service::start(&mut command, port, directory, reload).map(Some)
}

fn of_nginx(nginx: &Path, directory: &Path) -> Command {
    let mut command = Command::new(nginx);
    command.arg("-p").arg(directory).args(["-c", "nginx.conf"]);
    command
}

/// A server on hyper too, with a supervisor in Python. Its flags make it replace workers at once, the
/// dead ones as well: by itself it takes 3.5 s for each, or ends.
pub(crate) fn granian() -> Result<Option<Service>> {
    let Some(granian) = find_outside("granian") else {
        return Ok(None);
    };
    let (directory, port) = (temp_dir(), free_port());
    fs::write(directory.path().join("app.py"), ASGI)?;
    let mut command = Command::new(granian);
    command
        .args([
            "--workers",
            "2",
            "--host",
            "127.0.0.1",
            "--port",
            &port.to_string(),
        ])
        .args(["--respawn-failed-workers", "--respawn-interval", "0.1"])
        .args(["--interface", "asginl", "app:app"])
        .current_dir(directory.path());
    let reload = |service: &Service| signal(service.process.pid(), Signal::HUP);
    Service::start(&mut command, port, directory, reload).map(Some)
}

const ASGI: &str = "async def app(scope, receive, send):
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'13')]})
    await send({'type': 'http.response.body', 'body': b'Hello, world\\n'})
";

const WSGI: &str = "def app(environ, start_response):
    start_response('200 OK', [('Content-Length', '13')])
    return [b'Hello, world\\n']
";

/// With threads, since its usual worker closes each connection.
const GUNICORN: &[&str] = &["--no-control-socket", "--threads", "4", "app:app"];
const UVICORN: &[&str] = &["--no-access-log", "--log-level", "error", "app:app"];

pub(crate) fn gunicorn() -> Result<Option<Service>> {
    by_itself(
        find_outside("gunicorn"),
        WSGI,
        &["--workers", "2", "--bind"],
        GUNICORN,
    )
}

pub(crate) fn supervised_gunicorn() -> Result<Option<Service>> {
    supervised(find_outside("gunicorn"), WSGI, "listening", GUNICORN)
}

pub(crate) fn uvicorn() -> Result<Option<Service>> {
    by_itself(
        find_outside("uvicorn"),
        ASGI,
        &["--workers", "2", "--port"],
        UVICORN,
    )
}

pub(crate) fn supervised_uvicorn() -> Result<Option<Service>> {
    let arguments = [&["--fd", "3"], UVICORN].concat();
    supervised(find_outside("uvicorn"), ASGI, "http:/", &arguments)
}

/// Reloaded by SIGHUP, as its manual documents it. The last of `options` wants the port.
fn by_itself(
    program: Option<PathBuf>,
    source: &str,
    options: &[&str],
    arguments: &[&str],
) -> Result<Option<Service>> {
    let Some(program) = program else {
        return Ok(None);
    };
    let (directory, port) = (temp_dir(), free_port());
    fs::write(directory.path().join("app.py"), source)?;
    let address = if options.ends_with(&["--bind"]) {
        format!("127.0.0.1:{port}")
    } else {
        port.to_string()
    };
    let mut command = Command::new(program);
    command
        .args(options)
        .arg(address)
        .args(arguments)
        .current_dir(directory.path());
    let reload = |service: &Service| signal(service.process.pid(), Signal::HUP);
    Service::start(&mut command, port, directory, reload).map(Some)
}

/// Two processes under `squall supervise`.
fn supervised(
    program: Option<PathBuf>,
    source: &str,
    ready_when: &str,
    arguments: &[&str],
) -> Result<Option<Service>> {
    let Some(program) = program else {
        return Ok(None);
    };
    let (directory, port) = (temp_dir(), free_port());
    fs::write(directory.path().join("app.py"), source)?;
    let mut command = Command::new(env::current_exe()?.with_file_name("squall"));
    command
        .args(["supervise", "--processes", "2", "--listen"])
        .arg(format!("127.0.0.1:{port}"))
        .args(["--ready-when", ready_when, "--"])
        .arg(program)
        .args(arguments)
        .current_dir(directory.path())
        .env("RUNTIME_DIRECTORY", directory.path());
    Service::start(&mut command, port, directory, reload_squall).map(Some)
}
