//! Debug mode's page about a refused request: the reason, what to do, and the routes.

use axum_core::response::Response;
use http::{Method, StatusCode, header};
use squall_debug::{Details, Refusal};

use super::{built::BuiltApplication, find::Unrouted};
use crate::{Error, debug::Observed, xsrf};

/// Replaces a response by the page, if the client may see it.
pub(super) fn show(
    observed: &Observed,
    response: Response,
    error: &Error,
    application: &BuiltApplication,
) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let unrouted = response.extensions().get::<Unrouted>().cloned();
    let allow = response.headers().get(header::ALLOW).cloned();
    observed.refuse(response, || match (unrouted, allow) {
        (Some(unrouted), _) if status == StatusCode::NOT_FOUND => not_found(application, &unrouted),
        (_, Some(allow)) if status == StatusCode::METHOD_NOT_ALLOWED => {
            not_allowed(observed.method(), allow.to_str().unwrap_or_default())
        }
        _ => by_handler(error, status),
    })
}

fn not_found(application: &BuiltApplication, unrouted: &Unrouted) -> Refusal {
    let path = &unrouted.path;
    let routes: Vec<_> = application
        .router
        .routes(unrouted.host.as_deref())
        .collect();
    let tried = routes.iter().filter(|route| route.is_tried);
    let nearest = squall_routing::nearest(path, tried.map(|route| route.pattern));
    let mut tried = Details::new("Routes, in the order in which they were tried");
    let mut others = Details::new("Routes of other hosts");
    for (i, route) in routes.iter().enumerate() {
        let methods = route.endpoint.allow();
        let methods = methods.map_or("any method", |allow| allow.to_str().unwrap_or_default());
        let rule = format!("{}{}", route.host.unwrap_or_default(), route.pattern);
        if !route.is_tried {
            others = others.row(rule, methods);
        } else if nearest == Some(i) {
            tried = tried.marked_row(rule, methods, "nearest");
        } else {
            tried = tried.row(rule, methods);
        }
    }
    let mut refusal = Refusal::new(format!("no route matches {path}"));
    refusal = match nearest {
        Some(nearest) => refusal.advice(format!("Did you mean `{}`?", routes[nearest].pattern)),
        None => refusal.advice("Add a route with `Application::route`."),
    };
    if routes.iter().any(|route| route.is_tried) {
        refusal = refusal.details(tried);
    }
    if routes.iter().any(|route| !route.is_tried) {
        refusal = refusal.details(others);
    }
    refusal
}

fn not_allowed(method: &Method, allow: &str) -> Refusal {
    let lower = method.as_str().to_ascii_lowercase();
    let is_common = ["get", "head", "post", "put", "patch", "delete", "options"];
    let advice = match is_common.contains(&&*lower) {
        true => format!("Send one of the methods below, or add `{lower}(…)` to the route."),
        false => {
            format!("Send one of the methods below, or add `on(\"{method}\", …)` to the route.")
        }
    };
    let methods = allow.split(',').map(str::trim);
    let methods = methods.fold(Details::new("Methods of this route"), |methods, name| {
        let source = match name {
            "HEAD" => "as GET, without the body, unless it has a handler",
            "OPTIONS" => "automatic, unless it has a handler",
            _ => "a handler",
        };
        methods.row(name, source)
    });
    Refusal::new(format!("the route has no handler for {method}"))
        .advice(advice)
        .details(methods)
}

/// Explains an error of a handler, of one of its extractors, of its guard or of a layer.
fn by_handler(error: &Error, status: StatusCode) -> Refusal {
    let reason = error.reason();
    let cause = error.failure().map(|failure| failure.error().to_string());
    let title = reason.clone().or(cause);
    let mut refusal =
        Refusal::new(title.unwrap_or_else(|| format!("the handler returned {status}")));
    if let Some(field) = error.field() {
        refusal = refusal.field(field);
    }
    if let Some(failure) = error.failure() {
        return refusal.failure(failure.clone()).advice(
            "Clients get the status only. `Error::refusal(status, reason)` has a reason that they \
             may see, and no backtrace.",
        );
    }
    let xsrf = error.source().and_then(xsrf::advice);
    let has_reason = reason.is_some();
    match xsrf.or_else(|| advice(status, has_reason)) {
        Some(advice) => refusal.advice(advice),
        None if has_reason => refusal,
        None => {
            refusal.advice("`Error::refusal(status, reason)` adds a reason, which clients see.")
        }
    }
}

/// Returns what to do about a status that a handler or an extractor returned.
fn advice(status: StatusCode, has_reason: bool) -> Option<&'static str> {
    Some(match status {
        StatusCode::BAD_REQUEST => "The request is malformed: change it in the client.",
        StatusCode::FORBIDDEN if !has_reason => {
            "A handler returns this status, and so does `CurrentUser` if no user has signed in and \
             `Application::login_url` is not set."
        }
        StatusCode::NOT_FOUND if has_reason => {
            "A route matches, and `Path` cannot take a value of its parameters. Request another \
             value, or put the rule into the pattern: `{id:[0-9]+}`."
        }
        StatusCode::NOT_FOUND => "A route matches, and its handler found nothing.",
        StatusCode::REQUEST_TIMEOUT => {
            "The body stopped arriving. `Limits::body_timeout` is the time without progress."
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            "Send less, or raise the limit with `Route::body_limit`, `Routes::body_limit` or \
             `Limits::max_body_size`."
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "Set `Content-Type` to the type that the handler's extractor reads, and send the body \
             without a content coding."
        }
        StatusCode::UNPROCESSABLE_ENTITY => {
            "The body is well-formed, and does not have the type of the handler's argument. Change \
             the field, or the type: `Option<T>` and `#[serde(default)]` accept a missing field."
        }
        StatusCode::SERVICE_UNAVAILABLE if has_reason => {
            "Make the handler faster, or raise its limit with `Route::timeout` or `Routes::timeout`."
        }
        _ => return None,
    })
}
