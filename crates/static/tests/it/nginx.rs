//! The same questions to nginx, over the same files: where it answers otherwise is written down.

use std::{fs, net::SocketAddr, process::Command};

use testkit::{Running, TempDir};

use crate::{preconditions, ranges, site::SITE, transcript::ask};

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
        // The folder is for its owner only, and that is whoever runs the tests.
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

/// What matters of an answer: status, `Content-Range`, date, whether there is a tag, and the body.
fn answer(address: SocketAddr, request: &str) -> String {
    let reply = ask(address, request);
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

/// The beginning of the line that the guide has on a request which the two answer otherwise.
fn row(request: &str, ours: &str, theirs: &str) -> String {
    let request = request
        .replace(" /static/", " ")
        .replace("{etag:/static/data.txt}", "its tag")
        .replace("{date}", "its date")
        .replace('\n', "`, `");
    let status = |answer: &str| answer.split(' ').next().unwrap().to_owned();
    format!("| `{request}` | {} | {} |", status(ours), status(theirs))
}

/// nginx may come to answer as we do; but no difference may be left out of the guide.
#[test]
fn differences_are_in_the_guide() {
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
                answer(SITE.address, request),
                answer(nginx.address, request),
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
