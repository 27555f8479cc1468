//! The example over HTTPS: alone, under a supervisor, and with new certificates.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use testkit::{Running, Signal, outside, temp_dir, wait_until};

use crate::program::{address_by, command};

/// Creates a self-signed certificate for localhost in these files.
fn issue(chain: &Path, key: &Path) -> Option<()> {
    let mut openssl = Command::new(outside("openssl")?);
    openssl
        .args(["req", "-x509", "-nodes", "-newkey", "ec", "-days", "2"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .arg("-out")
        .arg(chain)
        .arg("-keyout")
        .arg(key);
    let output = openssl.output().expect("openssl can be run");
    assert!(output.status.success(), "{output:?}");
    Some(())
}

/// Returns the response of `/whoami` to a client that trusts only this certificate, or `None`.
fn whoami(curl: &Path, trusts: &Path, address: SocketAddr) -> Option<String> {
    let port = address.port();
    let output = Command::new(curl)
        .args(["--silent", "--show-error", "--max-time", "30", "--cacert"])
        .arg(trusts)
        .args(["--resolve", &format!("localhost:{port}:127.0.0.1")])
        .arg(format!("https://localhost:{port}/whoami"))
        .output()
        .expect("curl can be run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

pub(crate) struct Site {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
    chain: PathBuf,
    key: PathBuf,
}

pub(crate) fn start(dir: &Path, flags: &[&str]) -> Option<Site> {
    let (chain, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    issue(&chain, &key)?;
    let running = Running::spawn(
        command()
            .args(["--port", "0"])
            .args(flags)
            .arg("--tls-cert")
            .arg(&chain)
            .arg("--tls-key")
            .arg(&key),
    );
    let address = address_by(&running, "https://");
    Some(Site {
        running,
        address,
        chain,
        key,
    })
}

#[test]
fn scheme_is_https_and_sighup_reloads_certificates() {
    let Some(curl) = outside("curl") else { return };
    for flags in [&[][..], &["--processes", "2"]] {
        let dir = temp_dir();
        let Some(mut site) = start(dir.path(), flags) else {
            return;
        };
        let old = dir.path().join("old.pem");
        std::fs::copy(&site.chain, &old).expect("it was written");
        let text = whoami(&curl, &old, site.address).expect("it is served");
        assert!(text.contains("\"scheme\":\"https\""), "{text}");
        issue(&site.chain, &site.key).expect("openssl was there before");
        site.running.signal(Signal::Hup);
        wait_until("all workers show the new certificate", || {
            (0..8).all(|_| whoami(&curl, &site.chain, site.address).is_some())
        });
        assert_eq!(whoami(&curl, &old, site.address), None);
        site.running.signal(Signal::Term);
        assert!(site.running.wait().success());
    }
}

#[test]
fn unusable_certificates_end_the_start() {
    let dir = temp_dir();
    let (chain, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    if issue(&chain, &key).is_none() {
        return;
    }
    let missing = dir.path().join("missing.pem");
    for (chain, key, said) in [
        (&missing, &key, "missing.pem"),
        (&chain, &missing, "missing.pem"),
        (&key, &key, "no certificate in"),
        (&chain, &chain, "no private key in"),
    ] {
        for processes in ["1", "2"] {
            let output = command()
                .args(["--port", "0", "--processes", processes, "--tls-cert"])
                .arg(chain)
                .arg("--tls-key")
                .arg(key)
                .output()
                .expect("it can be run");
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && error.contains(said), "{error}");
        }
    }
}
