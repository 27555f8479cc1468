//! `CookiesLayer`: cookies read by a handler, and cookies sent to the client.

use std::fmt::Write;

use http::{Request, Response};
use squall_cookies::{Cookies, CookiesLayer, Validity};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::site::{respond, secret};

#[test]
fn get_cookie_returns_the_value_that_the_client_sent() {
    for (headers, wanted) in [
        (&[][..], None),
        (&[""], None),
        (&["b=1"], None),
        (&["a=1"], Some("1")),
        (&["a="], Some("")),
        (&["a"], None),
        (&["A=1"], None),
        (&["b=2; a=1;c=3"], Some("1")),
        (&["a=1; a=2"], Some("2")),
        (&["a=1", "b=1"], Some("1")),
        (&["a=1", "a=2"], Some("2")),
        (&["a=\"x", "y\""], Some("\"x")),
        (&["a=\"b c\""], Some("b c")),
        (&["a=b=c"], Some("b=c")),
        (&["\ta\t=\t1\t"], Some("1")),
        (&["a=1; =2; ;;3; (=4"], Some("1")),
        (&["a=é"], Some("é")),
    ] {
        let (value, sent) = respond(CookiesLayer::new(), headers, |cookies| {
            cookies.get_cookie("a")
        });
        assert_eq!(value.as_deref(), wanted, "{headers:?}");
        assert!(sent.is_empty(), "{sent:?}");
    }
}

#[test]
fn get_cookie_reads_a_header_of_4096_pairs() {
    let mut header = String::new();
    for number in 0..4_096 {
        write!(header, "name{number}=\"value\\073{number}\"; ").unwrap();
    }
    let (values, _) = respond(CookiesLayer::new(), &[&header], |cookies| {
        [0, 2_048, 4_095].map(|number| cookies.get_cookie(&format!("name{number}")))
    });
    let values = values.map(Option::unwrap);
    assert_eq!(values, ["value;0", "value;2048", "value;4095"]);
}

#[test]
fn set_cookie_affects_the_response_only() {
    let layer = || CookiesLayer::new().secret(secret());
    let ((), sent) = respond(layer(), &[], |cookies| {
        cookies.set_signed_cookie(("user", "Zoë \"; ,")).unwrap();
        cookies.set_cookie(("theme", "dark")).unwrap();
        assert_eq!(cookies.get_signed_cookie("user"), None);
        assert_eq!(cookies.get_cookie("theme"), None);
    });
    let header: Vec<_> = sent
        .iter()
        .filter_map(|sent| sent.split(';').next())
        .collect();
    let header = header.join("; ");
    respond(layer(), &[&header], |cookies| {
        assert_eq!(cookies.get_signed_cookie("user").unwrap(), "Zoë \"; ,");
        assert_eq!(cookies.get_cookie("theme").unwrap(), "dark");
        assert!(
            cookies
                .get_signed_cookie_with("theme", Validity::new())
                .unwrap()
                .is_err()
        );
        assert!(
            cookies
                .get_signed_cookie_with("none", Validity::new())
                .is_none()
        );
    });
    // The signed value of one cookie under another name.
    let swapped = header.replace("user=", "admin=");
    respond(layer(), &[&swapped], |cookies| {
        assert_eq!(cookies.get_signed_cookie("admin"), None);
        let read = cookies.get_signed_cookie_with("admin", Validity::new());
        assert!(read.unwrap().unwrap_err().is_name());
    });
}

#[test]
fn signed_values_can_be_binary() {
    let layer = || CookiesLayer::new().secret(secret());
    let ((), sent) = respond(layer(), &[], |cookies| {
        let now = std::time::SystemTime::now();
        let signed = cookies
            .secret()
            .unwrap()
            .create_signed_value("a", [0, 255], now);
        cookies.set_cookie(("a", signed)).unwrap();
    });
    let header = sent[0].split(';').next().unwrap();
    respond(layer(), &[header], |cookies| {
        assert_eq!(cookies.get_signed_cookie("a"), None);
        let read = cookies.get_signed_cookie_with("a", Validity::new());
        assert_eq!(read.unwrap().unwrap(), [0, 255]);
    });
}

#[tokio::test]
async fn concurrent_requests_have_separate_cookies() {
    let service = service_fn(async |request: Request<()>| {
        let cookies: &Cookies = request.extensions().get().unwrap();
        let is_https = request.extensions().get::<bool>().is_some();
        cookies.set_cookie(("https", is_https.to_string())).unwrap();
        assert!(!format!("{cookies:?}").contains("secret-value"));
        if request.uri() == "/error" {
            return Err("broken");
        }
        // A `Set-Cookie` header of the handler is kept.
        Ok(Response::builder()
            .header("set-cookie", "own=1")
            .body(())
            .unwrap())
    });
    let layer = CookiesLayer::new().is_https(|extensions| extensions.get::<bool>().is_some());
    let mut service = layer.layer(service);
    for (is_https, wanted) in [
        (true, "https=true; HttpOnly; SameSite=Lax; Secure; Path=/"),
        (false, "https=false; HttpOnly; SameSite=Lax; Path=/"),
    ] {
        let mut request = Request::builder().header("cookie", "a=secret-value");
        if is_https {
            request = request.extension(true);
        }
        let request = request.body(()).unwrap();
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        let sent = Vec::from_iter(response.headers().get_all("set-cookie"));
        assert_eq!(sent, ["own=1", wanted]);
    }
    let request = Request::builder().uri("/error").body(()).unwrap();
    assert_eq!(service.oneshot(request).await.unwrap_err(), "broken");
}
