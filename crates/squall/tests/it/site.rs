//! Tornado's settings: their configuration errors, and their effect on requests.

use std::{fs, time::SystemTime};

use squall::{
    Application, CookieSecret, Cookies, CurrentUser, Error, ErrorPage, Form, Locale, Page,
    Templates, Translations, Xsrf, context, get, http::StatusCode, post,
};
use testkit::{TempDir, temp_dir};

use crate::{Answer, ask, ask_with, request, service};

const SECRET: &str = "XmkIdK0u3n8Sv1bhvGvLrL1a2JQhDT5qVnpB0kSjqXk";

pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = temp_dir();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).expect("an empty directory");
    }
    dir
}

fn signed(name: &str, value: &str) -> String {
    let secret = CookieSecret::new(SECRET).expect("a good secret");
    let value = secret.create_signed_value(name, value, SystemTime::now());
    format!("{name}={value}")
}

#[test]
fn configuration_errors_precede_listening() {
    let bad = folder(&[("a.html", "line one\n{{ 1 +")]);
    let bad = bad.path().to_str().expect("a path in UTF-8");
    let app = Application::new;
    for (application, reasons) in [
        (app().cookie_secret(""), &["secret"][..]),
        (app().cookie_secret("short"), &["secret", "5"]),
        (
            app().cookie_secret("__TODO:_GENERATE_YOUR_OWN_RANDOM_VALUE_HERE__"),
            &["secret"],
        ),
        (app().login_url("login"), &["login"]),
        (app().login_url("//evil.example"), &["//evil.example"]),
        (
            app().login_url("javascript:alert(1)"),
            &["javascript:alert(1)"],
        ),
        (app().template_path(bad), &["a.html:2"]),
        (app().template_path("there/is/none"), &["there/is/none"]),
        (app().static_path("there/is/none"), &["there/is/none"]),
    ] {
        let error = application
            .into_service()
            .expect_err("a configuration error");
        let error = format!("{error:?}");
        for reason in reasons {
            assert!(error.contains(reason), "{reason:?} in {error}");
        }
        assert!(
            !error.contains("__TODO"),
            "a secret is never shown: {error}"
        );
    }
}

#[tokio::test]
async fn missing_settings_are_named_in_the_error() {
    let app = service(
        Application::new()
            .route("/cookies", get(async |_: Cookies| ()))
            .route("/xsrf", get(async |_: Xsrf| ()))
            .error_page(
                StatusCode::INTERNAL_SERVER_ERROR,
                async |page: ErrorPage| page.error().to_string(),
            ),
    );
    for (path, setting) in [("/cookies", "cookie_secret"), ("/xsrf", "xsrf_cookies")] {
        let answer = ask(&app, request("GET", path)).await;
        assert_eq!(answer.status, 500, "{path}");
        assert!(answer.body.contains(setting), "{path}: {}", answer.body);
    }
}

#[test]
fn handlers_that_no_setting_supports_are_configuration_errors() {
    let users = async |(): ()| Ok(Some("Ada".to_owned()));
    let get_user = || get(async |CurrentUser(name): CurrentUser| name);
    let get_number = || get(async |_: squall::Urls, _: Option<CurrentUser<u64>>| ());
    for (application, words) in [
        (
            Application::new().route("/user", get_user()),
            &[
                "/user",
                "CurrentUser",
                "current_user(…)",
                "cookie_secret(…)",
            ][..],
        ),
        (
            Application::new()
                .cookie_secret(SECRET)
                .route("/user", get_number()),
            &["/user", "CurrentUser<u64>", "alloc::string::String"],
        ),
        (
            Application::new()
                .current_user(users)
                .route("/user", get_number()),
            &["/user", "CurrentUser<u64>", "alloc::string::String"],
        ),
        (
            Application::new().route("/page", get(async |page: Page| page.render("a.html", ()))),
            &["/page", "Page", "template_path(…)"],
        ),
    ] {
        let Err(error) = application.into_service() else {
            panic!("no error with {words:?}");
        };
        let error = error.to_string();
        for word in words {
            assert!(error.contains(word), "{word:?} in {error}");
        }
    }
    service(
        Application::new()
            .current_user(users)
            .route("/user", get_user()),
    );
    service(
        Application::new()
            .cookie_secret(SECRET)
            .route("/user", get_user()),
    );
}

#[tokio::test]
async fn templates_have_tornados_functions() {
    let templates = folder(&[(
        "home.html",
        r#"{{ _("Home") }}|{{ static_url("a.css") }}|{{ reverse_url("user", 7, "x/y") }}|{{ current_user }}|{{ request.method }} {{ request.uri }} {{ request.path }} {{ request.query }} {{ request.protocol }} {{ request.host }} {{ request.remote_ip }}|{{ locale.code }} {{ locale.language_tag }} {{ locale.name }} {{ locale.is_rtl }} {{ locale|length }}|{{ ngettext("%d book", "%d books", 2)|format(2) }}|{{ title }}|{{ xsrf_form_html() }}"#,
    )]);
    let app = service(
        Application::new()
            .template_path(templates.path())
            .translations(
                Translations::new()
                    .csv("fr", b"\"Home\",\"Accueil\"")
                    .expect("it is CSV"),
            )
            .cookie_secret(SECRET)
            .xsrf_cookies(true)
            .route("/users/{id}/{name}", get(async || ()).name("user"))
            .route(
                "/",
                get(async |page: Page| page.render("home.html", context! { title => "<b>" })),
            ),
    );
    let visit = request("GET", "/?a=%3Cb")
        .header("host", "example.com")
        .header("accept-language", "fr-CA")
        .header("cookie", signed("user", "<Ada>"));
    let answer = ask(&app, visit).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (page, form) = answer
        .body
        .rsplit_once('|')
        .map(|(page, _)| page.rsplit_once("|<input").expect("a form"))
        .expect("a page");
    assert_eq!(
        page,
        "Accueil|/static/a.css|/users/7/x%2Fy|&lt;Ada&gt;|\
         GET &#x2f;?a=%3Cb &#x2f; a=%3Cb http example.com None|fr fr Français False 4|2 books|&lt;b&gt;"
    );
    assert!(form.contains("name=\"_xsrf\" value=\"2"), "{form}");
    assert_eq!(answer.header("content-language"), Some("fr"));
    let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
    assert_eq!(vary, ["accept-language", "cookie"]);
    let token = answer.header("set-cookie").expect("a token was asked for");
    assert!(token.starts_with("_xsrf=2|"), "{token}");
}

#[tokio::test]
async fn template_errors_are_not_shown_to_clients() {
    let templates = folder(&[
        ("undefined.html", "one\n{{ nothing }}"),
        ("endless.html", "{% include 'endless.html' %}"),
        ("missing.html", "{% include 'other.html' %}"),
        (
            "loop.html",
            "{% for i in range(100000) %}{% for j in range(100000) %}{{ j }}{% endfor %}{% endfor %}",
        ),
    ]);
    let app = service(Application::new().template_path(templates.path()).route(
        "/{name}",
        get(async |page: Page, squall::Path(name): squall::Path<String>| page.render(&name, ())),
    ));
    for name in [
        "undefined.html",
        "endless.html",
        "missing.html",
        "loop.html",
        "no.html",
        "..%2Fmain.rs",
    ] {
        let answer = ask(&app, request("GET", &format!("/{name}"))).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (500, "500 Internal Server Error\n"),
            "{name}"
        );
    }
}

#[derive(serde::Deserialize)]
struct Entry {
    text: String,
}

#[tokio::test]
async fn cross_site_forms_are_rejected() {
    let app = service(
        Application::new()
            .xsrf_cookies(true)
            .route("/form", get(async |xsrf: Xsrf| xsrf.xsrf_token()))
            .route("/post", post(async |Form(entry): Form<Entry>| entry.text))
            .route("/hook", post(async || "called").without_xsrf())
            .error_page(StatusCode::FORBIDDEN, async |page: ErrorPage| {
                format!("no: {}", page.error())
            }),
    );
    let form = ask(&app, request("GET", "/form")).await;
    let cookie = form.header("set-cookie").expect("a token").to_owned();
    let cookie = cookie.split(';').next().expect("a pair");
    let token = form.body;
    let post = |cookie: &str| {
        request("POST", "/post")
            .header("cookie", cookie)
            .header("host", "a")
            .header("content-type", "application/x-www-form-urlencoded")
    };
    let good = format!("text=hello&_xsrf={}", token.replace('|', "%7C"));
    let table: [(&str, Answer, (u16, &str)); 7] = [
        (
            "form",
            ask_with(&app, post(cookie), good.clone()).await,
            (200, "hello"),
        ),
        (
            "header",
            ask_with(
                &app,
                post(cookie).header("x-xsrftoken", &token),
                "text=hello",
            )
            .await,
            (200, "hello"),
        ),
        (
            "no token",
            ask_with(&app, post(cookie), "text=hello").await,
            (403, "no: the _xsrf token is missing"),
        ),
        (
            "no cookie",
            ask_with(&app, post("a=b"), good.clone()).await,
            (403, "no: "),
        ),
        (
            "another origin",
            ask_with(
                &app,
                post(cookie).header("origin", "http://evil.example"),
                good.clone(),
            )
            .await,
            (403, "no: "),
        ),
        (
            "another site",
            ask_with(
                &app,
                post(cookie).header("sec-fetch-site", "cross-site"),
                good,
            )
            .await,
            (403, "no: "),
        ),
        (
            "exempt",
            ask(&app, request("POST", "/hook")).await,
            (200, "called"),
        ),
    ];
    for (case, answer, (status, begins)) in table {
        assert_eq!(answer.status, status, "{case}: {}", answer.body);
        assert!(answer.body.starts_with(begins), "{case}: {}", answer.body);
    }
    // A missing route is 404, with or without a token.
    assert_eq!(ask(&app, request("POST", "/nothing")).await.status, 404);
}

#[derive(Clone, serde::Serialize)]
struct User {
    name: String,
}

#[tokio::test]
async fn users_of_any_type() {
    let templates = folder(&[("me.html", "{{ current_user.name }}")]);
    let app = service(
        Application::with_state("Dr ".to_owned())
            .cookies(true)
            .template_path(templates.path())
            .login_url("/login")
            .current_user(
                async |(cookies, squall::State(title)): (Cookies, squall::State<String>)| {
                    match cookies.get_cookie("name").as_deref() {
                        Some("broken") => Err(Error::status(StatusCode::BAD_GATEWAY)),
                        Some(name) => Ok(Some(User {
                            name: format!("{title}{name}"),
                        })),
                        None => Ok(None),
                    }
                },
            )
            .route(
                "/me",
                get(async |CurrentUser(user): CurrentUser<User>| user.name)
                    .post(async |_: CurrentUser<User>| ()),
            )
            .route("/page", get(async |page: Page| page.render("me.html", ())))
            .route(
                "/maybe",
                get(async |user: Option<CurrentUser<User>>| match user {
                    Some(CurrentUser(user)) => user.name,
                    None => "nobody".to_owned(),
                }),
            ),
    );
    for (method, path, cookie, status, body) in [
        ("GET", "/me", "name=Ada", 200, "Dr Ada"),
        ("GET", "/page", "name=Ada", 200, "Dr Ada"),
        ("GET", "/maybe", "name=Ada", 200, "Dr Ada"),
        ("GET", "/maybe", "", 200, "nobody"),
        ("GET", "/me", "", 302, ""),
        ("POST", "/me", "", 403, "403 Forbidden\n"),
        ("GET", "/me", "name=broken", 502, "502 Bad Gateway\n"),
        ("GET", "/page", "name=broken", 502, "502 Bad Gateway\n"),
    ] {
        let answer = ask(&app, request(method, path).header("cookie", cookie)).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (status, body),
            "{path} {cookie}"
        );
    }
    let answer = ask(&app, request("GET", "/me?tab=1")).await;
    assert_eq!(
        answer.header("location"),
        Some("/login?next=%2Fme%3Ftab%3D1")
    );
}

#[tokio::test]
async fn cookie_then_accept_language_selects_the_locale() {
    let translations = Translations::new()
        .csv("fr", b"\"Home\",\"Accueil\"")
        .and_then(|fr| fr.csv("de", b"\"Home\",\"Startseite\""));
    let app = service(
        Application::new()
            .cookies(true)
            .translations(translations.expect("it is CSV"))
            .route(
                "/",
                get(async |locale: Locale| locale.translate("Home").to_owned()),
            ),
    );
    for (cookie, accept, home) in [
        ("", "", "Home"),
        ("", "de", "Startseite"),
        ("", "xx, fr;q=0.5, de;q=0.4", "Accueil"),
        ("locale=fr", "de", "Accueil"),
        ("locale=en_US", "de", "Home"),
        ("locale=klingon", "de", "Startseite"),
        ("locale=../../etc/passwd", "", "Home"),
    ] {
        let visit = request("GET", "/")
            .header("cookie", cookie)
            .header("accept-language", accept);
        assert_eq!(ask(&app, visit).await.body, home, "{cookie} {accept}");
    }
}

#[tokio::test]
async fn safe_html_is_not_escaped_twice() {
    let templates = folder(&[("a.html", "{{ reverse_url('a', \"it's\") }} {{ bold() }}")]);
    let more = Templates::new(templates.path()).function("bold", || squall::html("<b>bold</b>"));
    let app = service(Application::new().templates(more).route(
        "/a/{x}",
        get(async |page: Page| page.render("a.html", ())).name("a"),
    ));
    let answer = ask(&app, request("GET", "/a/1")).await;
    assert!(answer.body.ends_with(" <b>bold</b>"), "{}", answer.body);
    assert!(!answer.body.contains("it's"), "{}", answer.body);
}
