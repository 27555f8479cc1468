//! The files of `deploy/` with their real programs. Tests read the files themselves and change only
//! ports, paths and users, and the settings that a file's comments offer to change.

mod containers;
mod haproxy;
mod installed;
mod nginx;
mod sign_in;
mod supervisord;
mod systemd;
mod uploads;
mod websockets;

use std::{fs, net::SocketAddr, path::Path, process::Command};

/// The client address of [`whoami`], which no proxy has.
const CLIENT: &str = "127.0.0.7";

/// Headers with which a client claims another address.
const FORGERIES: &[&[&str]] = &[
    &["X-Real-IP: 6.6.6.6"],
    &["X-Real-IP: 6.6.6.6", "X-Real-IP: 7.7.7.7"],
    &["X-Real-IP;"],
    &["X_Real_IP: 6.6.6.6"],
    &["X-Forwarded-For: 6.6.6.6"],
    &["X-Forwarded-For: 127.0.0.1"],
    &[
        "X-Forwarded-For: 6.6.6.6",
        "X-Forwarded-For: 7.7.7.7, 127.0.0.1",
    ],
    &["X-Forwarded-For: nonsense, [::1"],
    &["X-Forwarded-For;"],
    &["X-Real-IP: 6.6.6.6", "X-Forwarded-For: 6.6.6.6"],
    &["X-Scheme: ftp"],
    &["X-Forwarded-Proto: ftp"],
    &["X-Scheme: http", "X-Forwarded-Proto: https"],
    &["X-Scheme: https", "X-Forwarded-Proto: http"],
    &["Forwarded: for=6.6.6.6;proto=https"],
    &["X-Forwarded-Host: 6.6.6.6", "X-Forwarded-Port: 6666"],
    &["Connection: close, X-Real-IP, X-Forwarded-For"],
];

/// Returns a file of `deploy/` with substitutions.
#[track_caller]
fn file(name: &str, substitutions: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy")
        .join(name);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    substitute(text, substitutions)
}

/// Panics if a substitution changes nothing: the test or the file is wrong.
#[track_caller]
fn substitute(text: String, substitutions: &[(&str, &str)]) -> String {
    substitutions.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "there is no {from:?} in:\n{text}");
        text.replace(from, to)
    })
}

#[test]
#[should_panic(expected = "there is no \"port 81\" in:\nport 80")]
fn a_substitution_that_does_not_apply() {
    substitute(
        "port 80".to_owned(),
        &[("80", "80"), ("port 81", "port 82")],
    );
}

fn local(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

/// Returns the name of the user of this test for `-un`, of its group for `-gn`.
fn id(which: &str) -> String {
    let id = Command::new("id").arg(which).output();
    let name = id.expect("every system has id").stdout;
    String::from_utf8(name)
        .expect("a name in UTF-8")
        .trim()
        .to_owned()
}

/// Creates a self-signed certificate and its key in one file.
fn certificate(directory: &Path) -> Option<String> {
    let openssl = testkit::outside("openssl")?;
    let path = directory.join("friendfeed.pem").display().to_string();
    let output = Command::new(openssl)
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args(["-subj", "/CN=localhost", "-keyout", &path, "-out"])
        .arg(directory.join("certificate"))
        .output()
        .expect("it is there");
    assert!(output.status.success(), "{output:?}");
    let certificate = fs::read(directory.join("certificate")).expect("it is made");
    let key = fs::read(&path).expect("it is made");
    fs::write(&path, [key, certificate].concat()).expect("it is ours");
    Some(path)
}

/// Returns address and scheme from `/whoami` of `site`, for a client at [`CLIENT`] with these
/// headers.
#[track_caller]
fn whoami(curl: &Path, site: &str, headers: &[&str]) -> String {
    let mut command = Command::new(curl);
    command.args(["--disable", "--silent", "--show-error", "--insecure"]);
    command.args(["--interface", CLIENT]);
    for header in headers {
        command.args(["--header", header]);
    }
    let output = command
        .arg(format!("{site}/whoami"))
        .output()
        .expect("it is there");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{site} with {headers:?}: {output:?}"));
    let of = |name: &str| said[name].as_str().unwrap_or("?").to_owned();
    format!("{} {}", of("remote_ip"), of("scheme"))
}

/// Asserts that no header of a client changes its address.
#[track_caller]
fn cannot_be_forged(curl: &Path, site: &str) {
    let (scheme, _) = site.split_once(':').expect("a URL");
    let truth = format!("{CLIENT} {scheme}");
    assert_eq!(whoami(curl, site, &[]), truth, "{site}");
    for headers in FORGERIES {
        assert_eq!(
            whoami(curl, site, headers),
            truth,
            "{site} with {headers:?}"
        );
    }
}
