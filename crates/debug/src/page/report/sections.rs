//! Sections: the values of the request and of the process.

use std::{env, process};

use http::header;

use super::{MAX_ROWS, cut};
use crate::{
    mask::{MASK, Mask},
    printable::one_line,
    request::{RequestSnapshot, masked_target},
    tracebacks::Tracebacks,
};

/// A heading with rows of names and values.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<(String, String)>,
}

/// Returns the sections of a request and of the process, without empty ones.
pub(super) fn of_request(tracebacks: &Tracebacks, request: &RequestSnapshot) -> Vec<Section> {
    let mask = &tracebacks.mask;
    let metadata = request.metadata.get();
    let masked = |pairs: &[(String, String)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(name, value)| (name.clone(), mask.value(name, value)));
        pairs.collect()
    };
    let query = request.uri.query().unwrap_or_default();
    let query: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let all = [
        ("Request", request_rows(tracebacks, request)),
        ("Route parameters", masked(&metadata.params)),
        ("Query", masked(&query)),
        ("Form", masked(&metadata.form)),
        ("Cookies", cookies(mask, request)),
        ("Headers", headers(mask, request, &metadata.params)),
        ("Process", process_rows(tracebacks)),
    ];
    let filled = all.into_iter().filter(|(_, rows)| !rows.is_empty());
    filled
        .map(|(title, mut rows)| {
            rows.truncate(MAX_ROWS);
            let rows = rows
                .iter()
                .map(|(name, value)| (one_line(name), cut(value)));
            Section {
                title,
                rows: rows.collect(),
            }
        })
        .collect()
}

fn request_rows(tracebacks: &Tracebacks, request: &RequestSnapshot) -> Vec<(String, String)> {
    let metadata = request.metadata.get();
    let host = request.headers.get(header::HOST);
    let host = host.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    [
        ("Method", Some(request.method.to_string())),
        (
            "Target",
            Some(masked_target(&tracebacks.mask, &request.uri, &metadata)),
        ),
        ("Route", metadata.route),
        (
            "Host",
            host.or_else(|| request.uri.host().map(str::to_owned)),
        ),
        ("Peer", request.peer.map(|peer| peer.to_string())),
        ("Version", Some(format!("{:?}", request.version))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// Cookies that are not `name=value` are masked, since they may be secret.
fn cookies(mask: &Mask, request: &RequestSnapshot) -> Vec<(String, String)> {
    let lines = request.headers.get_all(header::COOKIE).iter();
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    let all = lines.collect::<Vec<_>>().join(";");
    let all = all
        .split(';')
        .map(str::trim)
        .filter(|cookie| !cookie.is_empty());
    all.map(|cookie| match cookie.split_once('=') {
        Some((name, value)) => (name.to_owned(), mask.cookie(name, value)),
        None => ("malformed".to_owned(), MASK.to_owned()),
    })
    .collect()
}

fn headers(
    mask: &Mask,
    request: &RequestSnapshot,
    params: &[(String, String)],
) -> Vec<(String, String)> {
    // Cookies have their own section.
    let headers = request
        .headers
        .iter()
        .filter(|(name, _)| *name != header::COOKIE);
    headers
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            let value = mask.value(name.as_str(), &value);
            // A `Referer` may contain the same path.
            (name.to_string(), mask.path(&value, params))
        })
        .collect()
}

fn process_rows(tracebacks: &Tracebacks) -> Vec<(String, String)> {
    let mut rows = tracebacks.process_info.clone();
    rows.push(("process id".to_owned(), process::id().to_string()));
    let system = format!("{} on {}", env::consts::OS, env::consts::ARCH);
    rows.push(("system".to_owned(), system));
    rows
}
