//! The peers: how each is built and run.

use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use benches::{Result, outside};

/// The peers that cargo builds, which have no other name in the package `benches/peers`.
const BUILT: &[&str] = &[
    "actix",
    "axum",
    "hyper",
    "may",
    "ntex",
    "squall",
    "squall-mimalloc",
    "squall-server",
    "xitca",
];

/// Name and length of the files that the scene `files` serves.
pub(crate) const FILES: &[(&str, usize)] = &[
    ("1KiB", KIB),
    ("100KiB", 100 * KIB),
    ("10MiB", 10 * KIB * KIB),
    ("50MiB", 50 * KIB * KIB),
];

const KIB: usize = 1024;

/// Builds each of these peers alone, so that cargo does not unify the features of one with those of another.
pub(crate) fn build(peers: &BTreeSet<&str>) -> Result<()> {
    for peer in peers.iter().filter(|peer| BUILT.contains(peer)) {
        let status = Command::new("cargo")
            .args(["build", "--release", "--features", peer])
            .args(["--bin", peer, "--target-dir"])
            .arg(target())
            .current_dir(package())
            .status()?;
        if !status.success() {
            return Err(format!("cargo cannot build {peer}").into());
        }
    }
    Ok(())
}

/// Writes the files that all peers serve.
pub(crate) fn write_files(site: &Path) -> Result<()> {
    fs::create_dir(site.join("static"))?;
    for (name, length) in FILES {
        let path = site.join("static").join(format!("{name}.txt"));
        fs::write(path, vec![b'x'; *length])?;
    }
    // nghttpd has files only.
    Ok(fs::write(site.join("index.html"), "Hello, world!")?)
}

/// Returns the command that runs a peer in the folder of the site.
pub(crate) fn command(
    peer: &str,
    scene: &str,
    address: SocketAddr,
    site: &Path,
) -> Result<Command> {
    let mut command = match peer {
        "nginx" => {
            fs::write(site.join("nginx.conf"), nginx_conf(scene, address, site))?;
            let mut command = Command::new(outside("nginx")?);
            command.arg("-p").arg(site).args(["-c", "nginx.conf"]);
            command
        }
        "nghttpd" => {
            let mut command = Command::new(outside("nghttpd")?);
            command.args(["--no-tls", "--address", "127.0.0.1", "--htdocs", "."]);
            command.arg(address.port().to_string());
            command
        }
        "tornado" => {
            let mut command = Command::new(outside("python-with-tornado")?);
            command.arg(package().join("python/tornado_app.py"));
            command.arg(scene).arg(address.port().to_string());
            command
        }
        "granian" => {
            let mut command = Command::new(outside("granian")?);
            command
                .args(["--host", "127.0.0.1", "--port"])
                .arg(address.port().to_string())
                .args(["--no-log", "--interface", "rsgi", "--working-dir"])
                .arg(package().join("python"))
                .arg("granian_app:app");
            command
        }
        built => {
            let mut command = Command::new(binary(built));
            command.arg(scene).arg(address.port().to_string());
            command
        }
    };
    command.current_dir(site);
    Ok(command)
}

/// Returns the file of a peer that cargo builds.
pub(crate) fn binary(peer: &str) -> PathBuf {
    target().join("release").join(peer)
}

/// The settings of its guide to serving files. Without a master, it is a single process.
fn nginx_conf(scene: &str, address: SocketAddr, site: &Path) -> String {
    let site = site.display();
    let master = match scene.strip_prefix("workers:") {
        Some(count) => format!("worker_processes {count};"),
        None => "master_process off;".to_owned(),
    };
    let http2 = if scene == "http2" { " http2" } else { "" };
    format!(
        "daemon off; {master} user root; pid {site}/pid; error_log /dev/null;
         events {{ worker_connections 16384; }}
         http {{
             access_log off;
             types {{ text/plain txt; }}
             sendfile on; tcp_nopush on; open_file_cache max=1000;
             keepalive_requests 1000000000;
             client_body_temp_path {site}/body; proxy_temp_path {site}/proxy;
             fastcgi_temp_path {site}/fastcgi; uwsgi_temp_path {site}/uwsgi; scgi_temp_path {site}/scgi;
             server {{
                 listen {address}{http2};
                 root {site};
                 location = / {{ default_type text/plain; return 200 'Hello, world!'; }}
             }}
         }}"
    )
}

fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers")
}
