//! Error pages: the default ones by `Accept`, and those of a site.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use squall::{
    Application, Body, Cookies, CurrentUser, Error, ErrorPage, Form, IntoResponse, Locale, Page,
    Response, Translations, Xsrf, context, get,
    http::{HeaderValue, StatusCode},
    post,
};
use tower::util::MapResponseLayer;

use crate::{aborted::logged, ask, ask_with, request, service, site::folder};

const SECRET: &str = "XmkIdK0u3n8Sv1bhvGvLrL1a2JQhDT5qVnpB0kSjqXk";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[derive(serde::Deserialize)]
struct Entry {
    #[expect(dead_code, reason = "only its type is wrong")]
    age: u8,
}

fn routes() -> Application {
    Application::new()
        .route(
            "/refusal",
            get(async || {
                let error = Error::refusal(StatusCode::BAD_REQUEST, "<b>too old</b>");
                Err::<(), _>(error.with_field("user.age"))
            }),
        )
        .route(
            "/failure",
            get(async || Err::<(), _>(Error::new("confidential"))),
        )
        .route(
            "/conflict",
            get(async || {
                let error = Error::new("confidential").with_status(StatusCode::CONFLICT);
                Err::<(), _>(error)
            }),
        )
        .route("/form", post(async |_: Form<Entry>| ()))
}

#[tokio::test]
async fn default_page_has_the_accepted_format() {
    let app = service(routes());
    for (accept, media_type) in [
        (None, "text/plain; charset=utf-8"),
        (Some("*/*"), "text/plain; charset=utf-8"),
        (Some(BROWSER), "text/html; charset=utf-8"),
        (
            Some("application/json, text/plain, */*"),
            "application/problem+json",
        ),
        (Some("application/problem+json"), "application/problem+json"),
        (Some("text/html;q=9, ;;"), "text/plain; charset=utf-8"),
    ] {
        for (target, status, reason) in [
            ("/missing", 404, None),
            ("/refusal", 400, Some("too old")),
            ("/failure", 500, None),
            ("/conflict", 409, None),
        ] {
            let request = |method| {
                let request = request(method, target);
                match accept {
                    Some(accept) => request.header("accept", accept),
                    None => request,
                }
            };
            let answer = ask(&app, request("GET")).await;
            assert_eq!(answer.status, status, "{target}");
            assert_eq!(answer.header("content-type"), Some(media_type), "{target}");
            assert_eq!(answer.header("vary"), Some("accept"));
            assert!(answer.body.contains(&status.to_string()));
            assert!(!answer.body.contains("confidential"), "{}", answer.body);
            let has_reason = reason.is_none_or(|reason| answer.body.contains(reason));
            assert!(has_reason, "{}", answer.body);
            let has_policy = answer.headers.contains_key("content-security-policy");
            assert_eq!(has_policy, media_type.starts_with("text/html"));
            if has_policy {
                assert!(!answer.body.contains("<b>"), "{}", answer.body);
            }
            let head = ask(&app, request("HEAD")).await;
            let length = head.header("content-length").expect("a length");
            if status != 500 {
                assert_eq!(length, answer.body.len().to_string());
            }
            assert_eq!((head.status, &*head.body), (status, ""));
        }
    }
}

#[tokio::test]
async fn problem_has_reason_field_and_request_id() {
    // A request has an id if its failure is logged.
    let subscriber = tracing_subscriber::fmt()
        .with_writer(std::io::sink)
        .finish();
    let _log = tracing::subscriber::set_default(subscriber);
    let app = service(routes());
    let json = |target| request("GET", target).header("accept", "application/json");
    let refusal = ask(&app, json("/refusal")).await;
    assert_eq!(
        refusal.body,
        "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\
         \"detail\":\"<b>too old</b>\",\"field\":\"user.age\"}\n"
    );
    let failure = ask(&app, json("/failure")).await;
    let id = failure.header("x-request-id").expect("an id");
    assert_eq!(
        failure.body,
        format!(
            "{{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,\
             \"request_id\":\"{id}\"}}\n"
        )
    );
    let form = request("POST", "/form")
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded");
    let form = ask_with(&app, form, "age=old").await;
    let read: serde_json::Value = serde_json::from_str(&form.body).expect("JSON");
    assert_eq!(
        (&read["status"], &read["field"]),
        (&422.into(), &"age".into())
    );
}

/// A site: templates, languages, users, forms, and a page of its own for every error.
fn site(templates: &std::path::Path) -> Application {
    let translations = Translations::new().csv("de", "\"Sorry\",\"Leider\"".as_bytes());
    routes()
        .template_path(templates)
        .translations(translations.expect("it is CSV"))
        .cookie_secret(SECRET)
        .xsrf_cookies(true)
        .route(
            "/cookie",
            get(async |cookies: Cookies| {
                cookies.set_cookie(("handler", "1"))?;
                Err::<(), _>(Error::refusal(StatusCode::BAD_REQUEST, "no"))
            }),
        )
        .layer(MapResponseLayer::new(|mut response: Response| {
            let vary = HeaderValue::from_static("origin");
            response.headers_mut().insert("vary", vary);
            response
        }))
        .error_pages(
            async |error: ErrorPage,
                   user: Option<CurrentUser>,
                   locale: Locale,
                   xsrf: Xsrf,
                   cookies: Cookies,
                   page: Page| {
                cookies.set_cookie(("page", "2"))?;
                if !error.prefers_html() {
                    return Ok::<_, Error>(error.into_response());
                }
                assert!(!xsrf.xsrf_token().is_empty());
                let values = context! {
                    status => error.status().as_u16(),
                    reason => error.reason(),
                    code => locale.code(),
                    is_signed_in => user.is_some(),
                };
                Ok(page.render("error.html", values)?.into_response())
            },
        )
}

#[tokio::test]
async fn page_of_a_site_has_templates_locale_user_and_forms() {
    let templates = folder(&[(
        "error.html",
        "{{ _('Sorry') }} {{ code }} {{ status }} {{ reason }} {{ current_user }} \
         {{ is_signed_in }} {{ request.path }}{{ xsrf_form_html() }}",
    )]);
    let app = service(site(templates.path()));
    let secret = squall::CookieSecret::new(SECRET).expect("a good secret");
    let user = secret.create_signed_value("user", "Ada", std::time::SystemTime::now());
    let page = |method, target| {
        request(method, target)
            .header("accept", BROWSER)
            .header("accept-language", "de")
            .header("cookie", format!("user={user}"))
    };
    for (request, status, begins) in [
        (
            page("GET", "/missing"),
            404,
            "Leider de 404 None Ada True &#x2f;missing<input",
        ),
        (
            page("GET", "/refusal"),
            400,
            "Leider de 400 &lt;b&gt;too old&lt;&#x2f;b&gt; Ada True ",
        ),
        (page("GET", "/failure"), 500, "Leider de 500 None Ada True "),
        // The page itself is not subject to the check that the request failed.
        (
            page("POST", "/form"),
            403,
            "Leider de 403 the _xsrf token is missing Ada True ",
        ),
        (
            request("GET", "/missing").header("accept", BROWSER),
            404,
            "Sorry en_US 404 None None False ",
        ),
    ] {
        let answer = ask(&app, request).await;
        assert_eq!(answer.status, status);
        assert!(answer.body.starts_with(begins), "{}", answer.body);
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
    }

    let answer = ask(&app, page("GET", "/cookie")).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    let cookies: Vec<_> = cookies
        .iter()
        .map(|cookie| cookie.to_str().unwrap())
        .collect();
    for name in ["handler=1", "page=2", "_xsrf=2|"] {
        let set = cookies.iter().filter(|cookie| cookie.starts_with(name));
        assert_eq!(set.count(), 1, "{name}: {cookies:?}");
    }
    let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
    for name in ["origin", "accept-language", "cookie"] {
        assert!(vary.iter().any(|value| *value == name), "{name}: {vary:?}");
    }

    // A client of an API gets problem details from the same handler.
    let api = page("GET", "/refusal").header("accept", "application/json;q=1");
    let mut api = api;
    api.headers_mut()
        .expect("a request")
        .insert("accept", HeaderValue::from_static("application/json"));
    let answer = ask(&app, api).await;
    let read: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(answer.status, 400);
    assert_eq!(read["field"], "user.age");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
}

#[tokio::test]
async fn page_that_fails_is_replaced_by_the_default_page_once() {
    let calls = Arc::new(AtomicUsize::new(0));
    let templates = folder(&[("error.html", "{{ nothing }}")]);
    for kind in ["error", "panic", "status", "template", "extractor"] {
        let seen = Arc::clone(&calls);
        let app = routes()
            .template_path(templates.path())
            .error_pages(async move |page: Page| {
                seen.fetch_add(1, Ordering::Relaxed);
                match kind {
                    "error" => Err(Error::new("confidential")),
                    "status" => Err(Error::status(StatusCode::NOT_FOUND)),
                    "template" => page.render("error.html", ()),
                    _ => panic!("confidential"),
                }
            });
        let app = match kind {
            // Without `cookie_secret`.
            "extractor" => app.error_pages(async |_: Cookies| ()),
            _ => app,
        };
        let app = service(app);
        for (target, status, body) in [
            ("/missing", 404, "404 Not Found\n"),
            ("/refusal", 400, "400 Bad Request\n<b>too old</b>\n"),
            ("/failure", 500, "500 Internal Server Error\n"),
        ] {
            calls.store(0, Ordering::Relaxed);
            let answer = ask(&app, request("GET", target)).await;
            assert_eq!((answer.status, &*answer.body), (status, body), "{kind}");
            let expected = usize::from(kind != "extractor");
            assert_eq!(calls.load(Ordering::Relaxed), expected, "{kind} {target}");
        }
    }
}

#[tokio::test]
async fn error_page_has_the_request_id_of_a_failure() {
    let app = routes()
        .error_pages(async |error: ErrorPage| error.request_id().unwrap_or("none").to_owned());
    let app = service(app);
    let answer = ask(&app, request("GET", "/failure")).await;
    assert_eq!(Some(&*answer.body), answer.header("x-request-id"));
    let answer = ask(&app, request("GET", "/refusal")).await;
    assert_eq!(answer.body, "none");
}

/// The page gets GET without the body, which may be gone.
#[tokio::test]
async fn error_page_of_a_large_post_gets_no_body() {
    let app = Application::new()
        .route("/form", post(async |_: Form<Entry>| ()).body_limit(10))
        .error_pages(async |request: squall::Request| {
            let (head, body) = request.into_parts();
            let length = http_body::Body::size_hint(&body).exact();
            format!(
                "{} {} {length:?} {:?}",
                head.method,
                head.uri,
                head.headers.get("content-type")
            )
        });
    let request = request("POST", "/form").header("content-type", "text/plain");
    let answer = ask_with(&service(app), request, Body::from("x".repeat(11))).await;
    assert_eq!(
        (answer.status, &*answer.body),
        (413, "GET /form Some(0) None")
    );
}

#[test]
fn refusal_is_one_line_of_the_log_without_a_backtrace() {
    for (target, start, end) in [
        (
            "/missing",
            " WARN squall::access: 404 GET /missing (-) ",
            "ms",
        ),
        (
            "/refusal",
            " WARN squall::access: 400 GET /refusal (-) ",
            "ms: <b>too old</b>",
        ),
        (
            "/conflict",
            " WARN squall::access: 409 GET /conflict (-) ",
            "ms: confidential",
        ),
    ] {
        for debug in [false, true] {
            let lines = logged(routes().debug(debug), target);
            let [line] = &lines[..] else {
                panic!("{target}: {lines:?}");
            };
            assert!(line.starts_with(start) && line.ends_with(end), "{line}");
        }
    }
    let lines = logged(routes(), "/failure");
    let failure = lines.iter().find(|line| line.contains("confidential"));
    assert!(
        failure.is_some_and(|line| line.starts_with("ERROR ")),
        "{lines:?}"
    );
}
