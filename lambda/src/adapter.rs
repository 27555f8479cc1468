//! The adapter between `lambda_http` and an application.

use std::{future::Future, net::IpAddr, pin::Pin};

use http_body_util::BodyExt;
use lambda_http::{
    Body, Error, IntoResponse, Request, RequestExt, Response, Service,
    http::{StatusCode, header::HeaderMap, uri::PathAndQuery},
    request::RequestContext,
    service_fn,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use squall::{Address, Application, ApplicationService, ConnectionInfo, MountPrefix};

/// Runs an application whose responses are sent whole.
///
/// # Errors
///
/// A configuration error of the application, or the end of the Runtime API.
pub async fn run(application: Application) -> Result<(), Error> {
    let service = application
        .into_service()
        .map_err(|error| error.to_string())?;
    lambda_http::run(service_fn(move |request| {
        let response = call(service.clone(), request);
        async { Ok::<_, Error>(Whole(response.await?)) }
    }))
    .await
}

/// Runs an application whose responses are streamed, in a function URL with the invoke mode
/// `RESPONSE_STREAM`.
///
/// # Errors
///
/// As [`run`].
pub async fn run_streamed(application: Application) -> Result<(), Error> {
    let service = application
        .into_service()
        .map_err(|error| error.to_string())?;
    let service = service_fn(move |request| call(service.clone(), request));
    lambda_http::run_with_streaming_response(service).await
}

async fn call(
    mut service: ApplicationService,
    mut request: Request,
) -> Result<squall::Response, Error> {
    adapt(&mut request)?;
    Ok(service.call(request).await?)
}

/// Sets what an event has, and a request of `lambda_http` has not: the client's address, the path as
/// the client has sent it, and the stage before it.
fn adapt(request: &mut Request) -> Result<(), Error> {
    let (source_ip, prefix, is_https) = {
        let headers = request.headers();
        let raw_path = request.raw_http_path();
        match request.request_context_ref() {
            // The path of the event has no stage, and that of its context has one, but for own domains.
            Some(RequestContext::ApiGatewayV1(context)) => {
                let path = context.path.as_deref().unwrap_or_default();
                let prefix = path.strip_suffix(raw_path).unwrap_or_default();
                (context.identity.source_ip.clone(), prefix.to_owned(), true)
            }
            Some(RequestContext::ApiGatewayV2(context)) => {
                let prefix = stage_of(context.stage.as_deref(), raw_path);
                (context.http.source_ip.clone(), prefix, true)
            }
            // An Application Load Balancer appends the client to the field, and sets the scheme.
            _ => {
                let client = last(headers, "x-forwarded-for");
                let is_https = last(headers, "x-forwarded-proto").as_deref() == Some("https");
                (client, String::new(), is_https)
            }
        }
    };
    let path = request.raw_http_path();
    let path = path.strip_prefix(&prefix).unwrap_or(path);
    let mut target =
        utf8_percent_encode(if path.is_empty() { "/" } else { path }, OUTSIDE).to_string();
    if let Some(query) = request.uri().query() {
        target = format!("{target}?{query}");
    }
    *request.uri_mut() = PathAndQuery::try_from(target)?.into();
    let extensions = request.extensions_mut();
    extensions.insert(MountPrefix::new(&prefix).map_err(|error| error.to_string())?);
    let client: Option<IpAddr> = source_ip.and_then(|address| address.parse().ok());
    if let Some(client) = client {
        let [client, local] = [(client, 0), ([127, 0, 0, 1].into(), 0)]
            .map(|end| Address::from(std::net::SocketAddr::from(end)));
        extensions.insert(ConnectionInfo::new(client, local, 0).with_encryption(is_https));
    }
    Ok(())
}

/// What a path cannot have: an HTTP API decodes it.
const OUTSIDE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Returns the stage as the beginning of the path, where it is one: own domains and `$default` have
/// none.
fn stage_of(stage: Option<&str>, path: &str) -> String {
    let prefix = format!("/{}", stage.unwrap_or_default());
    let rest = path.strip_prefix(&prefix);
    let is_whole = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if prefix.len() > 1 && is_whole {
        prefix
    } else {
        String::new()
    }
}

fn last(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    Some(value.rsplit(',').next()?.trim().to_owned())
}

/// A response that is sent whole: as text if it is UTF-8, else in base64. `lambda_http` decides that
/// by Content-Type, and damages what has another encoding or none.
struct Whole(squall::Response);

impl IntoResponse for Whole {
    fn into_response(self) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        Box::pin(async {
            let (parts, body) = self.0.into_parts();
            match body.collect().await {
                Ok(body) => {
                    let body = match String::from_utf8(body.to_bytes().into()) {
                        Ok(text) => Body::Text(text),
                        Err(other) => Body::Binary(other.into_bytes()),
                    };
                    Response::from_parts(parts, body)
                }
                Err(error) => {
                    tracing::error!(%error, "the body of the response has ended early");
                    let mut response = Response::new(Body::Empty);
                    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                    response
                }
            }
        })
    }
}
