//! Real nginx and HAProxy, configured as documented: forged headers change nothing.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

use axum::{Router, extract::Extension, routing::get};
use squall_xheaders::{Client, Contradictions, Peer, XHeaders};
use testkit::{Running, Wire, free_port, outside, temp_dir, wait_until};
use tokio::net::UnixListener;

use crate::case::{tell, trust};

const NGINX: &str = "
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Scheme $scheme;
";

const NGINX_ALL: &str = "
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Scheme $scheme;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
";

const HAPROXY: &str = "
    option forwardfor
    http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
";

const HAPROXY_ALL: &str = "
    option forwardfor
    http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
    http-request set-header X-Real-IP %[src]
    http-request del-header X-Scheme
";

const FORGED: [&str; 8] = [
    "X-Forwarded-For: 6.6.6.6\r\n",
    "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7, unix:\r\n",
    "X-Real-IP: 6.6.6.6\r\n",
    "X-Scheme: https\r\n",
    "X-Forwarded-Proto: https\r\n",
    "Forwarded: for=6.6.6.6;proto=https;host=evil\r\n",
    "X-Forwarded-Host: evil\r\nX-Forwarded-Port: 666\r\n",
    "X_Real_IP: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\nX_Scheme: https\r\n",
];

#[tokio::test]
async fn nginx() {
    let cases = [
        (XHeaders::nginx(), NGINX),
        (XHeaders::nginx(), NGINX_ALL),
        (XHeaders::new(), NGINX_ALL),
    ];
    for (xheaders, lines) in cases {
        ask(xheaders, lines, start_nginx, |forged, status, text| {
            assert_eq!((status, text), (200, "127.0.0.1 @a"), "{forged}");
        })
        .await;
    }
}

#[tokio::test]
async fn haproxy() {
    for (xheaders, lines) in [
        (XHeaders::haproxy(), HAPROXY),
        (XHeaders::haproxy(), HAPROXY_ALL),
        (XHeaders::new(), HAPROXY_ALL),
    ] {
        ask(xheaders, lines, start_haproxy, |forged, status, text| {
            assert_eq!((status, text), (200, "127.0.0.1 @a"), "{forged}");
        })
        .await;
    }
}

/// The default with Tornado's own file: headers of the client, which nginx passes on, make the
/// value unknown.
#[tokio::test]
async fn forgeries_that_nginx_passes_on_make_the_address_unknown() {
    let check = |forged: &str, status: u16, text: &str| {
        let has = |name| forged.contains(name);
        let addr = if has("X-Forwarded-For") {
            "unknown"
        } else {
            "127.0.0.1"
        };
        let scheme = if has("X-Forwarded-Proto") {
            " https"
        } else {
            ""
        };
        assert_eq!(status, 200, "{forged}");
        assert_eq!(text, format!("{addr}{scheme} @a"), "{forged}");
    };
    ask(XHeaders::new(), NGINX, start_nginx, check).await;
    let refuse = XHeaders::new().contradictions(Contradictions::Refuse);
    ask(refuse, NGINX, start_nginx, |forged, status, _| {
        let contradicts = ["X-Forwarded-For", "X-Forwarded-Proto"];
        let is_refused = contradicts.iter().any(|name| forged.contains(name));
        assert_eq!(status, if is_refused { 400 } else { 200 }, "{forged}");
    })
    .await;
}

/// Runs an application on a unix socket behind a proxy, and sends it each forged request.
async fn ask(
    xheaders: XHeaders,
    lines: &'static str,
    start: impl FnOnce(&Path, &Path, &str, u16) -> Option<Running> + Send + 'static,
    check: impl Fn(&str, u16, &str) + Send + 'static,
) {
    let dir = temp_dir();
    let socket = dir.path().join("app.sock");
    let whoami = async |Extension(client): Extension<Client>| tell(&client);
    let layer = xheaders
        .trusted_proxies(trust(&["unix:"]))
        .layer(|_| Some(Peer::Unix));
    let app = Router::new().route("/", get(whoami)).layer(layer);
    let listener = UnixListener::bind(&socket).unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let asking = tokio::task::spawn_blocking(move || {
        let port = free_port();
        let Some(_running) = start(dir.path(), &socket, lines, port) else {
            return;
        };
        let address = ([127, 0, 0, 1], port).into();
        wait_until("the proxy listens", || TcpStream::connect(address).is_ok());
        for forged in FORGED.into_iter().chain([""]) {
            let mut wire = Wire::connect(address);
            wire.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{forged}\r\n"));
            let reply = wire.response();
            check(forged, reply.status, reply.text());
        }
    });
    asking.await.unwrap();
    server.abort();
}

// One process: as root, its workers would be another user, who may not open our socket.
fn start_nginx(dir: &Path, socket: &Path, lines: &str, port: u16) -> Option<Running> {
    let nginx = outside("nginx")?;
    let config = format!(
        "daemon off; master_process off; pid nginx.pid; error_log stderr;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
            uwsgi_temp_path t4; scgi_temp_path t5;
            server {{
                listen 127.0.0.1:{port};
                underscores_in_headers on;
                location / {{ {lines} proxy_pass http://unix:{}:; }}
            }}
        }}",
        socket.display()
    );
    let config = written(dir, "nginx.conf", &config);
    let mut command = Command::new(nginx);
    command.arg("-p").arg(dir).arg("-c").arg(config);
    Some(Running::spawn(command.args(["-e", "stderr"])))
}

fn start_haproxy(dir: &Path, socket: &Path, lines: &str, port: u16) -> Option<Running> {
    let haproxy = outside("haproxy")?;
    let config = format!(
        "defaults\n mode http\n timeout connect 30s\n timeout client 30s\n timeout server 30s\n\
        listen app\n bind 127.0.0.1:{port}\n{lines}\n server app unix@{}\n",
        socket.display()
    );
    let config = written(dir, "haproxy.cfg", &config);
    Some(Running::spawn(
        Command::new(haproxy).arg("-db").arg("-f").arg(config),
    ))
}

fn written(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}
