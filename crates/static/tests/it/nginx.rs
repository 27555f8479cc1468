//! Comparison with nginx: the same requests on the same files; differences are listed in the guide.

use std::{fs, net::SocketAddr, process::Command};

use testkit::{Running, TempDir};

use crate::{preconditions, ranges, site::SITE, transcript::send};

struct Nginx {
    address: SocketAddr,
    _process: Running,
    _folder: TempDir,
}

impl Nginx {
    fn start() -> Option<Self> {
        let program = testkit::outside("nginx")?;
        let folder = testkit::temp_dir();
        let address = SocketAddr::from(([127, 0, 0, 1], testkit::free_port()));
        let path = folder.path().display();
        let root = SITE.root();
        let root = root.display();
        // The temporary directory is only accessible to the user who runs the tests.
        let configuration = format!(
            "daemon off; master_process off; user root; pid {path}/pid; error_log stderr notice;
             events {{ }}
             http {{
                 access_log off;
                 types {{ text/plain txt; }}
                 client_body_temp_path {path}/body; proxy_temp_path {path}/proxy; fastcgi_temp_path {path}/fastcgi;
                 uwsgi_temp_path {path}/uwsgi; scgi_temp_path {path}/scgi;
                 server {{ listen {address}; location /static/ {{ alias {root}/; }} }}
             }}"
        );
        fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let process = Running::spawn(Command::new(program).arg("-p").arg(folder.path()).args([
            "-c",
            "nginx.conf",
            "-e",
            "stderr",
        ]));
        process.wait_line("getrlimit");
        Some(Self {
            address,
            _process: process,
            _folder: folder,
        })
    }
}

/// Summarizes a response: status, `Content-Range`, date, whether there is an entity tag, and the
/// body.
fn summary(address: SocketAddr, request: &str) -> String {
    let reply = send(address, request);
    let header = |name| reply.header(name).unwrap_or("-");
    let is_error = reply.status >= 400;
    let body = if is_error {
        String::new()
    } else {
        String::from_utf8(reply.body.clone()).unwrap()
    };
    let date = if is_error {
        "-"
    } else {
        header("last-modified")
    };
    let tagged = reply.header("etag").is_some() && !is_error;
    format!(
        "{} {} {date} {tagged} {body}",
        reply.status,
        header("content-range")
    )
}

/// The start of the guide's table row for a request with different responses.
fn row(request: &str, ours: &str, theirs: &str) -> String {
    let request = request
        .replace(" /static/", " ")
        .replace("{etag:/static/data.txt}", "its tag")
        .replace("{date}", "its date")
        .replace('\n', "`, `");
    let status = |summary: &str| summary.split(' ').next().unwrap().to_owned();
    format!("| `{request}` | {} | {} |", status(ours), status(theirs))
}

/// A difference that disappears in a newer nginx is accepted, one that the guide does not list is
/// not.
#[test]
fn differences_from_nginx_are_in_the_guide() {
    let Some(nginx) = Nginx::start() else { return };
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../squall/docs/static-files.md"
    );
    let page = fs::read_to_string(page).unwrap();
    let cases = preconditions::CASES.iter().chain(ranges::CASES);
    let missing: Vec<String> = cases
        .filter_map(|(request, _)| {
            let (ours, theirs) = (
                summary(SITE.address, request),
                summary(nginx.address, request),
            );
            (ours != theirs).then(|| row(request, &ours, &theirs))
        })
        .filter(|row| !page.lines().any(|line| line.starts_with(row)))
        .collect();
    assert!(
        missing.is_empty(),
        "static-files.md lacks:\n{}",
        missing.join("\n")
    );
}
