//! `LocaleLayer`: the locale of a request, and the headers of its response.

use std::convert::Infallible;

use http::{HeaderMap, HeaderValue, Request, Response, header};
use squall_locale::{Locale, LocaleLayer, Translations};
use tower::{Layer, ServiceExt, service_fn};

fn translations() -> Translations {
    let translations = Translations::new().csv("fr", b"Home,Accueil").unwrap();
    translations.csv("pt_BR", "Home,Início".as_bytes()).unwrap()
}

fn by_cookie() -> LocaleLayer {
    translations()
        .layer()
        .user_locale([header::COOKIE], |request| {
            let cookie = request.headers.get(header::COOKIE)?;
            Some(cookie.to_str().ok()?.strip_prefix("locale=")?.to_owned())
        })
}

/// Sends a request; `respond` builds the response from the locale.
async fn send(
    layer: &LocaleLayer,
    headers: &[(&'static str, &str)],
    answer: fn(&Locale) -> Response<String>,
) -> Response<String> {
    let service = layer.layer(service_fn(async |request: Request<()>| {
        let locale = request.extensions().get::<Locale>();
        Ok::<_, Infallible>(answer(locale.unwrap()))
    }));
    let mut request = Request::new(());
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).unwrap();
        request.headers_mut().append(*name, value);
    }
    service.oneshot(request).await.unwrap()
}

fn home(locale: &Locale) -> Response<String> {
    Response::new(locale.clone().translate("Home").to_owned())
}

fn vary(headers: &HeaderMap) -> Vec<&str> {
    let vary = headers.get_all(header::VARY).into_iter();
    vary.map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn user_locale_takes_precedence_over_accept_language() {
    for (headers, wanted, language) in [
        (&[][..], "Home", "en-US"),
        (&[("accept-language", "fr-CH, fr;q=0.9")], "Accueil", "fr"),
        (
            &[
                ("accept-language", "ja"),
                ("accept-language", "pt-br;q=0.1"),
            ],
            "Início",
            "pt-BR",
        ),
        (&[("accept-language", "fr;q=0")], "Home", "en-US"),
        (
            &[("accept-language", "fr"), ("cookie", "locale=pt-BR")],
            "Início",
            "pt-BR",
        ),
        (
            &[("accept-language", "fr"), ("cookie", "locale=tlh")],
            "Accueil",
            "fr",
        ),
        (
            &[("accept-language", "fr"), ("cookie", "locale=")],
            "Accueil",
            "fr",
        ),
    ] {
        let response = send(&by_cookie(), headers, home).await;
        assert_eq!(response.body(), wanted, "{headers:?}");
        assert_eq!(
            response.headers()["content-language"],
            language,
            "{headers:?}"
        );
        assert_eq!(
            vary(response.headers()),
            ["accept-language", "cookie"],
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn response_varies_only_if_the_locale_was_used() {
    let french = [("accept-language", "fr")];
    let response = send(&by_cookie(), &french, |_| {
        Response::new("a file".to_owned())
    })
    .await;
    assert!(response.headers().is_empty(), "{:?}", response.headers());

    let asks: [fn(&Locale) -> Response<String>; 4] = [
        |locale| Response::new(locale.code().to_owned()),
        |locale| Response::new(locale.name().to_owned()),
        |locale| Response::new(locale.is_rtl().to_string()),
        |locale| Response::new(locale.pgettext("law", "right").to_owned()),
    ];
    for answer in asks {
        let response = send(&translations().layer(), &french, answer).await;
        assert_eq!(vary(response.headers()), ["accept-language"]);
    }
    // The usage flag is per request.
    let layer = translations().layer();
    send(&layer, &french, home).await;
    let response = send(&layer, &french, |_| Response::default()).await;
    assert!(response.headers().is_empty());
}

#[tokio::test]
async fn handlers_content_language_is_kept() {
    let response = send(&translations().layer(), &[], |locale| {
        let mut response = home(locale);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("la"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    })
    .await;
    assert_eq!(response.headers()["content-language"], "la");
    assert_eq!(
        vary(response.headers()),
        ["accept-encoding", "accept-language"]
    );
}

#[tokio::test]
async fn code_that_is_no_header_value_is_omitted() {
    let odd = Translations::new().default_locale("no\nheader").layer();
    let response = send(&odd, &[], home).await;
    assert!(!response.headers().contains_key("content-language"));
}
